/** The AWS waist on AWS's own SDK. */
export { awsLive, type AwsLiveOptions } from "./AwsLive.ts"
export { CallingController } from "./CallMetrics.ts"
export { endpointProblem, parseServiceEndpoints, type ServiceEndpoints } from "./ServiceEndpoints.ts"
