/** Entry of a worker thread: takes requests one by one, runs them with a {@link RunHost}, posts what it tells, then the answer. */
import { parentPort } from "node:worker_threads"
import { RunHost } from "./RunHost.ts"
import type { Reply, Request, Telling } from "./Messages.ts"

const host = new RunHost()

const replyTo = async (request: Request): Promise<Reply> => {
  try {
    const tell = (told: ReadonlyArray<string>): void => {
      const telling: Telling = { id: request.id, told }
      parentPort?.postMessage(telling)
    }
    return { id: request.id, answer: await host.handle(request, tell) }
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    return { id: request.id, thrown: { message: error.message, stack: error.stack, atMillis: undefined } }
  }
}

parentPort?.on("message", (request: Request) => {
  void replyTo(request).then((reply) => parentPort?.postMessage(reply))
})
