/**
 * The launch of an instance as it was decided, written to the object before `RunInstances` is called. Pure.
 *
 * The token is made of the object's uid and never changes, so that a repeat can only ever give the same instance. EC2 counts
 * tokens by zone and refuses other inputs under a known token: a repeat therefore sends what stands here, and a refusal
 * means that the instance exists and has to be looked for.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Run_Instance_Idempotency.html
 */
import { Option, Schema } from "effect"

/** JSON of `LaunchIntent`. */
export const launchIntentAnnotation = "capstan.dev/launch-intent"

export const LaunchIntent = Schema.Struct({
  clientToken: Schema.String,
  zone: Schema.String,
  subnetId: Schema.String,
  imageId: Schema.String,
  instanceType: Schema.String,
  securityGroupIds: Schema.Array(Schema.String),
  /** Empty when the instance gets no key. */
  keyName: Schema.String,
  /** SHA-256 of the user data as sent. */
  userDataHash: Schema.String,
  /** SHA-256 of the bootstrap data that the secrets hold; equal to the other hash when there are none. */
  bootstrapDataHash: Schema.String
})
export interface LaunchIntent extends Schema.Schema.Type<typeof LaunchIntent> {}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(LaunchIntent))

/** The intent in an annotation; nothing when there is none or somebody has spoilt it. */
export const parseLaunchIntent = (annotation: string | undefined): LaunchIntent | undefined =>
  annotation === undefined ? undefined : Option.getOrUndefined(decode(annotation))

export const formatLaunchIntent = (intent: LaunchIntent): string => JSON.stringify(intent)

/** The token of every launch for the object with this uid: at most 64 ASCII characters. */
export const clientTokenOf = (uid: string): string => uid

/**
 * What to launch: the place and image of an earlier intent, since they may have been carried out; the rest as it is now.
 *
 * Where anything but the place has changed, an instance of the earlier attempt shows itself by EC2's refusal.
 */
export const reconcileIntent = (earlier: LaunchIntent | undefined, planned: LaunchIntent): LaunchIntent =>
  earlier === undefined
    ? planned
    : {
        ...planned,
        clientToken: earlier.clientToken,
        zone: earlier.zone,
        subnetId: earlier.subnetId,
        imageId: earlier.imageId,
        securityGroupIds: earlier.securityGroupIds,
        keyName: earlier.keyName
      }

/** Refusals after which the plan is made anew: what it names is gone, full or wrong. The others leave it as it stands. */
const planBreakers: ReadonlySet<string> = new Set([
  "InsufficientFreeAddressesInSubnet",
  "InvalidAMIID.NotFound",
  "InvalidAMIID.Unavailable",
  "InvalidAMIID.Malformed",
  "InvalidSubnetID.NotFound",
  "InvalidSubnet",
  "InvalidGroup.NotFound",
  "InvalidSecurityGroupID.NotFound",
  "InvalidKeyPair.NotFound"
])

export const breaksPlan = (code: string): boolean => planBreakers.has(code)

/** Refusals that mean: the token is known, so an instance exists or existed. */
export const isTokenKnown = (code: string): boolean =>
  code === "IdempotentParameterMismatch" || code === "IdempotentInstanceTerminated"
