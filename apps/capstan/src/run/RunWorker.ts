/** Entry of a worker thread: takes requests one by one, runs them with a {@link RunHost}, posts the answers. */
import { parentPort } from "node:worker_threads"
import { RunHost } from "./RunHost.ts"
import type { Reply, Request } from "./Messages.ts"

const host = new RunHost()

const replyTo = (request: Request): Reply => {
  try {
    return { id: request.id, answer: host.handle(request) }
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    return { id: request.id, thrown: { message: error.message, stack: error.stack, atMillis: undefined } }
  }
}

parentPort?.on("message", (request: Request) => {
  parentPort?.postMessage(replyTo(request))
})
