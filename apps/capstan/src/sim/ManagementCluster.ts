/**
 * One question to a management cluster over HTTPS, for commands that need no more than that.
 *
 * @source https://nodejs.org/api/https.html
 */
import { ExitCode, Stop } from "@capstan/command-line"
import * as Effect from "effect/Effect"
import { request } from "node:https"
import type { Access } from "./Kubeconfig.ts"

const deadlineMillis = 10_000
const bytesMax = 8 * 1024 * 1024

/** GET of a path below the server's own. Fails with a sentence when nobody answers whom the authority vouches for. */
export const ask = (
  access: Access,
  path: string
): Effect.Effect<{ readonly status: number; readonly body: string }, Stop> =>
  Effect.callback((resume) => {
    const fail = (why: string): void =>
      resume(
        Effect.fail(new Stop({ code: ExitCode.cannotRun, message: `${access.server} cannot be reached: ${why}.` }))
      )
    if (!URL.canParse(`${access.server}${path}`) || !access.server.startsWith("https://")) {
      return fail("it is no https address")
    }
    const asked = request(
      `${access.server}${path}`,
      {
        ca: access.authority,
        timeout: deadlineMillis,
        headers: { accept: "application/json", authorization: `Bearer ${access.token}` }
      },
      (response) => {
        const chunks: Array<Buffer> = []
        let bytes = 0
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > bytesMax) asked.destroy(new Error("its answer is too long"))
          else chunks.push(chunk)
        })
        response.on("end", () =>
          resume(Effect.succeed({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }))
        )
        response.on("error", (error) => fail(error.message))
      }
    )
    asked.on("timeout", () => asked.destroy(new Error(`no answer for ${deadlineMillis / 1000} seconds`)))
    asked.on("error", (error: NodeJS.ErrnoException) =>
      fail(error.code === "ECONNREFUSED" ? "nobody listens there; is the world still up" : error.message)
    )
    asked.end()
    return Effect.sync(() => void asked.destroy())
  })
