/**
 * The server's end of a port-forward: a WebSocket as one socket to a port inside a Pod.
 *
 * One port: channel 0 carries its bytes, channel 1 what is wrong, and each begins with the port's number.
 *
 * @source https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-connect-portforward-requests-to-proxy-of-pod
 */
import type { IncomingMessage } from "node:http"
import { Duplex } from "node:stream"
import { type WebSocket, WebSocketServer } from "ws"

const dataChannel = 0
const errorChannel = 1
const protocols = ["v4.channel.k8s.io", "portforward.k8s.io"]
/** Largest message that is taken, bytes. */
const messageBytesMax = 1024 * 1024

const tunnels = new WebSocketServer({
  noServer: true,
  maxPayload: messageBytesMax,
  handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false
})

const asBuffer = (data: unknown): Buffer =>
  Array.isArray(data) ? Buffer.concat(data as ReadonlyArray<Buffer>) : Buffer.from(data as Buffer)

/** The Pod and port that a request wants to be forwarded to; `undefined` for other requests. */
export const forwardIn = (
  target: string
): { readonly namespace: string; readonly pod: string; readonly port: number } | undefined => {
  const [, namespace, pod, port] =
    /^\/api\/v1\/namespaces\/([a-z0-9.-]+)\/pods\/([a-z0-9.-]+)\/portforward\?ports=(\d{1,5})$/.exec(target) ?? []
  return namespace === undefined || pod === undefined ? undefined : { namespace, pod, port: Number(port) }
}

const socketOver = (tunnel: WebSocket): Duplex => {
  const socket = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) =>
      tunnel.send(Buffer.concat([Buffer.from([dataChannel]), chunk]), { binary: true }, (error) => done(error ?? null)),
    final: (done) => {
      tunnel.close()
      done()
    },
    destroy: (error, done) => {
      tunnel.terminate()
      done(error)
    }
  })
  tunnel.on("message", (data) => {
    const message = asBuffer(data)
    if (message[0] === dataChannel) socket.push(message.subarray(1))
  })
  tunnel.on("close", () => socket.push(null))
  tunnel.on("error", () => socket.destroy())
  return socket
}

/** Takes the request; `open` gets the socket, or its sentence goes out on the error channel. */
export const acceptTunnel = (
  request: IncomingMessage,
  connection: Duplex,
  head: Buffer,
  port: number,
  open: (socket: Duplex) => string | undefined
): void =>
  tunnels.handleUpgrade(request, connection, head, (tunnel) => {
    const number = [port & 0xff, port >> 8]
    for (const channel of [dataChannel, errorChannel]) tunnel.send(Buffer.from([channel, ...number]))
    const problem = open(socketOver(tunnel))
    if (problem === undefined) return
    tunnel.send(Buffer.concat([Buffer.from([errorChannel]), Buffer.from(problem)]))
    tunnel.close()
  })
