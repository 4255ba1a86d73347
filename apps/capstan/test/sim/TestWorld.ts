/** An API server of an empty world, open to real sockets on loopback for as long as a test's scope. */
import { clusterApiKinds } from "@capstan/api"
import { Kernel } from "@capstan/kernel"
import { ApiServer, type User } from "@capstan/simulator-kubernetes"
import { Effect } from "effect"
import type { IncomingMessage } from "node:http"
import { request } from "node:https"
import { openDoor, type OpenedDoor } from "../../src/sim/OpenDoor.ts"
import { RealTime } from "@capstan/engine"

export const openTestDoor = (users: ReadonlyMap<string, User> = new Map()) =>
  Effect.gen(function* () {
    const kernel = new Kernel({ seed: 0, keep: "hash", epochMillis: yield* realMillis })
    const server = new ApiServer(kernel, { name: "door", kinds: clusterApiKinds })
    const time = new RealTime(kernel, 1)
    yield* Effect.forkScoped(time.run)
    const door = yield* openDoor({ server, enter: (act) => time.enter(act), users })
    return { door, server }
  })

const realMillis = Effect.sync(() => Date.now())

export interface Sent {
  readonly method?: string
  readonly body?: string | Uint8Array
  readonly headers?: { readonly [name: string]: string }
}

/** Sends a request and gives the head of the answer, its body still to come. */
export const send = (door: OpenedDoor, path: string, sent: Sent = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const asked = request(
      `${door.url}${path}`,
      {
        method: sent.method ?? "GET",
        ca: door.authority,
        agent: false,
        headers: { authorization: `Bearer ${door.token}`, "content-type": "application/json", ...sent.headers }
      },
      resolve
    )
    asked.on("error", reject)
    asked.end(sent.body)
  })

export const bodyOf = async (message: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString("utf8")
}
