/**
 * The body of a MachineHealthCheck: its spec and status as schemas.
 *
 * @source https://cluster-api.sigs.k8s.io/tasks/automated-machine-management/healthchecking
 */
import { Schema } from "effect"
import { int32, int64, IntOrString, list, struct, text, withRules } from "../StructuralSchema.ts"
import { Conditions, DnsSubdomain, KindName, LabelSelectorSchema, LegacyConditions } from "./SharedStructures.ts"

/** A condition of the Machine that makes it unhealthy when it holds this long. */
export const UnhealthyMachineCondition = Schema.Struct({
  status: Schema.Literals(["True", "False", "Unknown"]),
  timeoutSeconds: int32({ minimum: 0 }),
  type: withRules(
    text({
      minLength: 1,
      maxLength: 316,
      pattern:
        "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
    }),
    {
      message: "type must not be one of: Ready, Available, HealthCheckSucceeded, OwnerRemediated, ExternallyRemediated",
      rule: "!(self in ['Ready','Available','HealthCheckSucceeded','OwnerRemediated','ExternallyRemediated'])"
    }
  )
})
export interface UnhealthyMachineCondition extends Schema.Schema.Type<typeof UnhealthyMachineCondition> {}

/** A condition of the Node that makes the Machine unhealthy when it holds this long. */
export const UnhealthyNodeCondition = Schema.Struct({
  status: text({ minLength: 1 }),
  timeoutSeconds: int32({ minimum: 0 }),
  type: text({ minLength: 1 })
})
export interface UnhealthyNodeCondition extends Schema.Schema.Type<typeof UnhealthyNodeCondition> {}

/** What makes a Machine unhealthy; one check suffices. */
export const MachineHealthCheckChecks = struct(
  {
    nodeStartupTimeoutSeconds: Schema.optionalKey(int32({ minimum: 0 })),
    unhealthyMachineConditions: Schema.optionalKey(
      list(UnhealthyMachineCondition, { minItems: 1, maxItems: 100, type: "atomic" })
    ),
    unhealthyNodeConditions: Schema.optionalKey(
      list(UnhealthyNodeCondition, { minItems: 1, maxItems: 100, type: "atomic" })
    )
  },
  { minProperties: 1 }
)
export interface MachineHealthCheckChecks extends Schema.Schema.Type<typeof MachineHealthCheckChecks> {}

/** The template of the object that asks someone else to remediate. Keeps its version. */
export const MachineHealthCheckRemediationTemplateReference = Schema.Struct({
  apiVersion: text({
    minLength: 1,
    maxLength: 317,
    pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[a-z]([-a-z0-9]*[a-z0-9])?$"
  }),
  kind: KindName,
  name: DnsSubdomain
})
export interface MachineHealthCheckRemediationTemplateReference extends Schema.Schema.Type<
  typeof MachineHealthCheckRemediationTemplateReference
> {}

/** How many unhealthy Machines are still worth remediating. */
export const MachineHealthCheckTrigger = struct(
  {
    unhealthyInRange: Schema.optionalKey(text({ minLength: 1, maxLength: 32, pattern: "^\\[[0-9]+-[0-9]+\\]$" })),
    unhealthyLessThanOrEqualTo: Schema.optionalKey(IntOrString)
  },
  { minProperties: 1 }
)
export interface MachineHealthCheckTrigger extends Schema.Schema.Type<typeof MachineHealthCheckTrigger> {}

/** When unhealthy Machines are remediated, and by whom. */
export const MachineHealthCheckRemediation = struct(
  {
    templateRef: Schema.optionalKey(MachineHealthCheckRemediationTemplateReference),
    triggerIf: Schema.optionalKey(MachineHealthCheckTrigger)
  },
  { minProperties: 1 }
)
export interface MachineHealthCheckRemediation extends Schema.Schema.Type<typeof MachineHealthCheckRemediation> {}

/** Which Machines are watched, for what, and what follows. */
export const MachineHealthCheckSpec = Schema.Struct({
  checks: Schema.optionalKey(MachineHealthCheckChecks),
  clusterName: text({ minLength: 1, maxLength: 63 }),
  remediation: Schema.optionalKey(MachineHealthCheckRemediation),
  selector: LabelSelectorSchema
})
export interface MachineHealthCheckSpec extends Schema.Schema.Type<typeof MachineHealthCheckSpec> {}

/** The verdict over the watched Machines. */
export const MachineHealthCheckStatus = struct(
  {
    conditions: Schema.optionalKey(Conditions),
    currentHealthy: Schema.optionalKey(int32({ minimum: 0 })),
    deprecated: Schema.optionalKey(
      Schema.Struct({
        v1beta1: Schema.optionalKey(
          Schema.Struct({
            conditions: Schema.optionalKey(LegacyConditions)
          })
        )
      })
    ),
    expectedMachines: Schema.optionalKey(int32({ minimum: 0 })),
    observedGeneration: Schema.optionalKey(int64({ minimum: 1 })),
    remediationsAllowed: Schema.optionalKey(int32({ minimum: 0 })),
    targets: Schema.optionalKey(list(text({ minLength: 1, maxLength: 253 }), { maxItems: 10000, type: "atomic" }))
  },
  { minProperties: 1 }
)
export interface MachineHealthCheckStatus extends Schema.Schema.Type<typeof MachineHealthCheckStatus> {}

/** Body of a MachineHealthCheck. */
export interface MachineHealthCheckBody {
  readonly spec: MachineHealthCheckSpec
  readonly status?: MachineHealthCheckStatus
}
