/**
 * A connection to a port inside a Pod, through the API server's port-forward.
 *
 * client-node speaks the WebSocket protocol; here its streams become one socket that can be read, written and closed. An error that
 * the far side reports, such as that nothing listens on the port, ends the socket with that error.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-connect-portforward-requests-to-proxy-of-pod
 */
import type { ObjectKey } from "@capstan/api"
import type { KubeConfig } from "@kubernetes/client-node"
import { Effect, type Scope } from "effect"
import { Duplex, PassThrough } from "node:stream"
import { NetworkFailure, networkFailureOf } from "./NetworkFailure.ts"

/** Open until the scope closes. `origin` names the API server in messages. */
export const openTunnel = (options: {
  readonly config: KubeConfig
  readonly origin: string
  readonly pod: ObjectKey
  readonly port: number
}): Effect.Effect<Duplex, NetworkFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { config, origin, pod, port } = options
    const { PortForward } = yield* Effect.promise(() => import("@kubernetes/client-node"))
    const [fromPod, complaints, toPod] = [new PassThrough(), new PassThrough(), new PassThrough()]
    const socket = Duplex.from({ readable: fromPod, writable: toPod })
    // Whoever reads or writes learns of it from the socket.
    socket.on("error", () => undefined)
    complaints.on("data", (words: Buffer) => {
      if (words.length > 0)
        socket.destroy(new Error(`nothing answers on port ${port} of Pod ${pod.namespace}/${pod.name}`))
    })
    const opened = Effect.tryPromise({
      try: () => new PortForward(config).portForward(pod.namespace, pod.name, [port], fromPod, complaints, toPod),
      catch: (event) => whyNot(origin, pod, event)
    })
    yield* Effect.acquireRelease(
      Effect.map(opened, (made) => {
        // Without retries, which are not asked for, it is the WebSocket itself.
        const tunnel = typeof made === "function" ? made() : made
        tunnel?.addEventListener("close", () => fromPod.end())
        tunnel?.addEventListener("error", () => socket.destroy())
        return tunnel
      }),
      (tunnel) =>
        Effect.sync(() => {
          socket.destroy()
          tunnel?.close()
        })
    )
    return socket
  })

const whyNot = (origin: string, pod: ObjectKey, event: unknown): NetworkFailure => {
  const error = typeof event === "object" && event !== null && "error" in event ? event.error : event
  const refused = error instanceof Error ? /Unexpected server response: (\d{3})/.exec(error.message)?.[1] : undefined
  return refused === undefined
    ? networkFailureOf(origin, error)
    : new NetworkFailure({
        kind: "Unreachable",
        message: `${origin} does not forward to Pod ${pod.namespace}/${pod.name}: it answered with ${refused}`
      })
}
