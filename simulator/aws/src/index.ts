/**
 * A simulated AWS account: the AWS waist's other side, in virtual time.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
 */
export type { AccountState, CallCount } from "./Account.ts"
export type { AccountEvent } from "./AccountEvent.ts"
export { type CallSummary, summarize } from "./CallSummary.ts"
export type { AccountView, SecretView } from "./AccountView.ts"
export type { Instances, InstanceView } from "./InstanceView.ts"
export * from "./Latencies.ts"
export * from "./Lifecycle.ts"
export * from "./Quotas.ts"
export * from "./Regions.ts"
export type * from "./Resources.ts"
export * from "./Seeds.ts"
export * from "./SimulatedAws.ts"
export { throttledAnswer } from "./Throttling.ts"
