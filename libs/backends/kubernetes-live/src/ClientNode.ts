/**
 * What is used of client-node: kubeconfigs and WebSockets. A bundle leaves out the rest, the API's models above all.
 *
 * Its own `PortForward` knows those models, so port-forwards are put together from the WebSocket below it (`PodTunnel.ts`), which
 * is not among the package's exports. Loading this module loads the library.
 *
 * @source https://github.com/kubernetes-client/javascript
 */
export { KubeConfig } from "@kubernetes/client-node/dist/config.js"
export { WebSocketHandler } from "@kubernetes/client-node/dist/web-socket-handler.js"
