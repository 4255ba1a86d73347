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

/** The protocol's numbers for the one port that is asked for. */
const [dataStream, errorStream] = [0, 1]
const portBytes = 2

/** Open until the scope closes. `origin` names the API server in messages. */
export const openTunnel = (options: {
  readonly config: KubeConfig
  readonly origin: string
  readonly pod: ObjectKey
  readonly port: number
}): Effect.Effect<Duplex, NetworkFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { config, origin, pod, port } = options
    const { WebSocketHandler } = yield* Effect.promise(() => import("./ClientNode.ts"))
    const [fromPod, toPod] = [new PassThrough(), new PassThrough()]
    const socket = Duplex.from({ readable: fromPod, writable: toPod })
    // Whoever reads or writes learns of it from the socket.
    socket.on("error", () => undefined)
    const begun = new Set<number>()
    const received = (stream: number, frame: Buffer): boolean => {
      if (stream > errorStream) return false
      // Each stream begins with its port, in two bytes.
      const words = begun.has(stream) ? frame : frame.subarray(portBytes)
      begun.add(stream)
      if (stream === dataStream) fromPod.write(words)
      else if (words.length > 0)
        socket.destroy(new Error(`nothing answers on port ${port} of Pod ${pod.namespace}/${pod.name}`))
      return true
    }
    const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/portforward?ports=${port}`
    const opened = Effect.tryPromise({
      try: async () => {
        const tunnel = await new WebSocketHandler(config).connect(path, null, received)
        WebSocketHandler.handleStandardInput(tunnel, toPod, dataStream)
        return tunnel
      },
      catch: (event) => whyNot(origin, pod, event)
    })
    yield* Effect.acquireRelease(
      Effect.map(opened, (tunnel) => {
        tunnel.addEventListener("close", () => fromPod.end())
        tunnel.addEventListener("error", () => socket.destroy())
        return tunnel
      }),
      (tunnel) =>
        Effect.sync(() => {
          socket.destroy()
          tunnel.close()
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
