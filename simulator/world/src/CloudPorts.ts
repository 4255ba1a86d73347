/**
 * The ports through which a cloud and the inside of its machines see each other.
 *
 * The world asks a cloud what machines there are and whom a name leads to; it tells the cloud who answers at which port.
 * Any cloud that has these few functions can be animated: a simulated account, the in-memory one, or an emulator.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */

export type InstanceState = "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated"

/** A machine as its cloud knows it. A value: a changed instance is another view. */
export interface InstanceView {
  /** Unique over all clouds of a world. */
  readonly id: string
  /** What the cloud controller writes on the Node, such as `aws:///us-east-1a/i-0123456789abcdef0`. */
  readonly providerId: string
  readonly state: InstanceState
  readonly zone: string
  readonly privateIp: string
  /** The machine's host name. */
  readonly privateDnsName: string
  readonly publicIp?: string
  /** Decoded; absent when there is none. */
  readonly userData?: string
  readonly imageId: string
  readonly instanceType: string
  /** Whether it has power and packets reach it. */
  readonly reachable: boolean
  /** Counts the times it began to boot; what ran before the number changed is gone. */
  readonly bootGeneration: number
}

export interface Instances {
  readonly list: () => ReadonlyArray<InstanceView>
  /** `undefined` once the cloud has forgotten it. */
  readonly get: (id: string) => InstanceView | undefined
  /** Calls the listener after every change of an instance, and when one is forgotten. */
  readonly onChange: (listener: (id: string) => void) => void
}

export interface Endpoints {
  /** The instances that a client which connects to this load balancer's name reaches now. */
  readonly resolve: (host: string) => "unresolved" | ReadonlyArray<string>
  /** The value as a client of the secret store gets it: text, or base64 of bytes; `undefined` when there is none. */
  readonly readSecret: (name: string) => string | undefined
  /** Whether packets from the instance find a way out of its network; always unless given. */
  readonly reachesInternet?: (instance: string) => boolean
}

/** One cloud, as it is plugged into a world. */
export interface CloudPorts {
  readonly instances: Instances
  readonly endpoints: Endpoints
  /** Takes the answer to "does this port of this instance answer now?". */
  readonly setServes: (serves: (instance: string, port: number) => boolean) => void
  /** Something on the instance began or ceased to answer. */
  readonly healthChanged: (instance: string) => void
  /** Name of an image, in which Kubernetes' version is looked for; the id itself is looked at unless given. */
  readonly imageName?: (imageId: string) => string | undefined
}
