/** The AWS waist on AWS's own SDK. */
export { awsLive, type AwsLiveOptions } from "./AwsLive.ts"
export { resetEmulator, seedEmulator } from "./EmulatorSeeds.ts"
export { CallingController } from "./CallMetrics.ts"
export {
  endpointProblem,
  parseServiceEndpoints,
  type ServiceEndpoint,
  type ServiceEndpoints
} from "./ServiceEndpoints.ts"
