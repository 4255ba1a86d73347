/**
 * The simulated account over the wire, apart from sockets.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
export * from "./Keyring.ts"
export * from "./Wire.ts"
export type * from "./WireMessage.ts"
