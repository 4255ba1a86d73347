/**
 * Every fault that a scenario may name: what it may hit, what it takes, what undoes it. Data; the backends' injectors
 * say which of them they can do.
 *
 * @source docs/guides/faults.md
 */
import { Schema } from "effect"

/** What a fault is aimed at. */
export type TargetKind = "instances" | "resources" | "manager" | "none"

export interface FaultDefinition {
  readonly name: string
  readonly summary: string
  readonly target: TargetKind
  /** What a backend must be able to do. */
  readonly capability: string
  /** How it ends: by itself at the end of `for`, at once (nothing to undo), or never (the controllers must replace what is gone). */
  readonly undo: "heals" | "instant" | "irreversible"
  readonly with: Schema.Codec<Readonly<Record<string, unknown>>>
  /** The names that `with` may hold. */
  readonly parameters: ReadonlyArray<string>
}

/** EC2, ELB and Secrets Manager operation names, or `*`. */
const Operations = Schema.Array(Schema.String).annotate({
  description: "Operation names; all of the service when absent."
})
const Service = Schema.Literals(["ec2", "elb", "secretsmanager", "iam", "sts", "dev", "kubernetes", "etcd"])
const Probability = Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 1 })))
const Duration = Schema.String.annotate({ description: "A duration such as 30s." })

const fault = (
  definition: Omit<FaultDefinition, "with" | "parameters"> & { readonly with: Schema.Struct<Schema.Struct.Fields> }
): FaultDefinition => ({
  ...definition,
  // Only `Schema.is` and the issues of decoding are used of it.
  with: definition.with as unknown as FaultDefinition["with"],
  parameters: Object.keys(definition.with.fields)
})

export const faultCatalogue: ReadonlyArray<FaultDefinition> = [
  fault({
    name: "compute.terminate",
    summary: "The instance is terminated behind the controllers' back.",
    target: "instances",
    capability: "compute.terminate",
    undo: "irreversible",
    with: Schema.Struct({})
  }),
  fault({
    name: "compute.stop",
    summary: "The instance is stopped; healing starts it again.",
    target: "instances",
    capability: "compute.stop",
    undo: "heals",
    with: Schema.Struct({})
  }),
  fault({
    name: "compute.reboot",
    summary: "The machine is rebooted: what ran on it starts anew.",
    target: "instances",
    capability: "compute.reboot",
    undo: "instant",
    with: Schema.Struct({})
  }),
  fault({
    name: "compute.hang",
    summary: "The instance keeps running for the cloud, but nothing in it answers any more; healing wakes it up.",
    target: "instances",
    capability: "compute.hang",
    undo: "heals",
    with: Schema.Struct({})
  }),
  fault({
    name: "zone.outage",
    summary:
      "A zone goes dark: its instances stop, its network is cut, it has no capacity. Healing powers it up again.",
    target: "none",
    capability: "zone.outage",
    undo: "heals",
    with: Schema.Struct({
      zone: Schema.String,
      effects: Schema.optionalKey(
        Schema.Array(Schema.Literals(["instances-stop", "network-cut", "insufficient-capacity"]))
      )
    })
  }),
  fault({
    name: "zone.capacity",
    summary: "A zone has no capacity for new instances: RunInstances answers InsufficientInstanceCapacity.",
    target: "none",
    capability: "compute.capacity",
    undo: "heals",
    with: Schema.Struct({ zone: Schema.String })
  }),
  fault({
    name: "lb.deregister",
    summary: "The instance is taken out of its cluster's load balancers; healing puts it back.",
    target: "instances",
    capability: "lb.deregister",
    undo: "heals",
    with: Schema.Struct({})
  }),
  fault({
    name: "api.throttle",
    summary: "Calls are refused as too many, with the given probability.",
    target: "none",
    capability: "api.throttle",
    undo: "heals",
    with: Schema.Struct({
      service: Service,
      operations: Schema.optionalKey(Operations),
      probability: Schema.optionalKey(Probability),
      code: Schema.optionalKey(Schema.String)
    })
  }),
  fault({
    name: "api.error",
    summary:
      "Calls fail with a code, with the given probability; with `performed` they are carried out and only the answer is lost.",
    target: "none",
    capability: "api.error",
    undo: "heals",
    with: Schema.Struct({
      service: Service,
      operations: Schema.optionalKey(Operations),
      probability: Schema.optionalKey(Probability),
      code: Schema.String,
      performed: Schema.optionalKey(Schema.Boolean)
    })
  }),
  fault({
    name: "api.latency",
    summary: "Calls take longer.",
    target: "none",
    capability: "api.latency",
    undo: "heals",
    with: Schema.Struct({
      service: Service,
      operations: Schema.optionalKey(Operations),
      probability: Schema.optionalKey(Probability),
      delay: Duration
    })
  }),
  fault({
    name: "controller.crash",
    summary: "The manager dies, at once or before or after a call, and comes back with empty caches.",
    target: "manager",
    capability: "controller.crash",
    undo: "heals",
    with: Schema.Struct({
      /** Such as `ec2.RunInstances` or `kubernetes.patch`; at once when absent. */
      call: Schema.optionalKey(Schema.String),
      when: Schema.optionalKey(Schema.Literals(["before", "after"])),
      times: Schema.optionalKey(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 1000 })))),
      restartAfter: Schema.optionalKey(Duration)
    })
  }),
  fault({
    name: "cloud.delete",
    summary: "Somebody deletes a load balancer of the cluster by hand, with a principal of their own.",
    target: "resources",
    capability: "cloud.delete",
    undo: "irreversible",
    with: Schema.Struct({ resource: Schema.Literals(["load-balancer"]), cluster: Schema.String })
  })
]

export const faultNamed = (name: string): FaultDefinition | undefined =>
  faultCatalogue.find((definition) => definition.name === name)

/** Everything that a scenario may list under `requires.capabilities`. */
export const capabilities: ReadonlyArray<string> = [
  ...new Set([...faultCatalogue.map((definition) => definition.capability), "node.health"])
].sort()
