/** The HTTP door of the simulated API server. */
export { ApiDoor, type ApiDoorOptions, internalError } from "./ApiDoor.ts"
export type { User } from "./Authorization.ts"
export { type HttpAnswer, type HttpRequest, plain, type StreamSink } from "./HttpExchange.ts"
export { bodyBytesMax } from "./RequestBody.ts"
export { refuse } from "./StatusAnswer.ts"
export type { After } from "./WatchStream.ts"
