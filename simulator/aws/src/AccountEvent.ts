/**
 * What the account has set out to do later: tagged values, kept by the kernel as timers.
 *
 * A value names its resource and never holds it: when it falls due, the resource may be gone or have moved on, and then
 * nothing happens.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */

export type AccountEvent =
  | { readonly on: "vpc" | "subnet"; readonly id: string; readonly event: "ready" }
  | { readonly on: "nat"; readonly id: string; readonly event: "ready" | "gone" | "forget" }
  | { readonly on: "nat"; readonly id: string; readonly event: "fail"; readonly code: string; readonly message: string }
  | {
      readonly on: "instance"
      readonly id: string
      readonly event: "booted" | "halted" | "gone" | "forget" | "repowered"
      /** The boot that the event belongs to: a timer of an earlier boot says nothing about this one. */
      readonly boot: number
    }
  | {
      readonly on: "target"
      readonly loadBalancer: string
      readonly id: string
      readonly event: "passed" | "failed"
      readonly token: number
    }
  | { readonly on: "target"; readonly loadBalancer: string; readonly id: string; readonly event: "recheck" }
  | { readonly on: "interface"; readonly id: string; readonly event: "gone" }
  | { readonly on: "secret"; readonly id: string; readonly event: "purge"; readonly deletedAt: number }
