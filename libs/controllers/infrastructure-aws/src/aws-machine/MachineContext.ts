/**
 * What every step of an AWSMachine's reconcile is given.
 */
import type { Ec2Client, ElbClient, SecretsManagerClient } from "@capstan/aws"
import type { MachineScope } from "@capstan/provider"
import type { AWSClusterBody } from "../kinds/AWSCluster.ts"
import type { AWSMachineBody, AWSMachineSpec } from "../kinds/AWSMachine.ts"
import type { RetryPace } from "../RetryPace.ts"
import type { ImageCache } from "./ImageLookup.ts"

export interface MachineContext {
  readonly ec2: Ec2Client
  readonly elb: ElbClient
  readonly secretsManager: SecretsManagerClient
  readonly pace: RetryPace
  readonly images: ImageCache
  readonly scope: MachineScope<AWSMachineBody, AWSClusterBody>
  /** The Cluster's name: what tags and names at AWS are made of. */
  readonly cluster: string
}

export const specOf = (context: MachineContext): AWSMachineSpec => context.scope.infrastructure.get().spec

/** Changes the spec. Give back the same reference to change nothing. */
export const changeSpec = (context: MachineContext, change: (spec: AWSMachineSpec) => AWSMachineSpec): void =>
  context.scope.infrastructure.change((object) => {
    const spec = change(object.spec)
    return spec === object.spec ? object : { ...object, spec }
  })

/** Sets or, given nothing, removes an annotation. */
export const changeAnnotation = (context: MachineContext, name: string, value: string | undefined): void =>
  context.scope.infrastructure.change((object) => {
    const before = object.metadata.annotations ?? {}
    if (before[name] === value) return object
    const { [name]: _, ...others } = before
    const annotations = value === undefined ? others : { ...others, [name]: value }
    return { ...object, metadata: { ...object.metadata, annotations } }
  })

export const annotationOf = (context: MachineContext, name: string): string | undefined =>
  context.scope.infrastructure.get().metadata.annotations?.[name]

/** The name that ties an instance to its machine: `namespace/name`. */
export const machineTagValue = (context: MachineContext): string => {
  const { name, namespace } = context.scope.infrastructure.get().metadata
  return `${namespace ?? ""}/${name}`
}
