/**
 * AWSMachine as the provider contract wants it: observe, ensure, remove.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/infra-machine
 */
import type { Ec2Client, ElbClient, SecretsManagerClient } from "@capstan/aws"
import type { MachineOutcome, MachineScope, ProviderReconciler } from "@capstan/provider"
import { Clock, Effect } from "effect"
import { fails, machineConditions, markMachine } from "../Conditions.ts"
import type { AWSClusterBody } from "../kinds/AWSCluster.ts"
import type { AWSMachineBody } from "../kinds/AWSMachine.ts"
import type { RetryPace } from "../RetryPace.ts"
import { ensureAwsMachine } from "./AwsMachineEnsure.ts"
import { removeAwsMachine } from "./AwsMachineRemove.ts"
import { makeImageCache } from "./ImageLookup.ts"
import { type InstanceLookup, lookupInstance } from "./InstanceLookup.ts"
import type { MachineContext } from "./MachineContext.ts"

export interface MachineServices {
  readonly ec2: Ec2Client
  readonly elb: ElbClient
  readonly secretsManager: SecretsManagerClient
  readonly pace: RetryPace
}

type Scope = MachineScope<AWSMachineBody, AWSClusterBody>

/** The reconciler over its services. */
export const awsMachineReconciler = (
  services: MachineServices
): ProviderReconciler<Scope, InstanceLookup, MachineOutcome> => {
  const images = makeImageCache(services.ec2)
  const contextOf = (scope: Scope): MachineContext => ({
    ...services,
    images,
    scope,
    cluster: scope.cluster.metadata.name
  })
  return {
    observe: (scope) => lookupInstance(contextOf(scope)),
    ensure: (scope, lookup) => ensureAwsMachine(contextOf(scope), lookup),
    remove: (scope, lookup) => removeAwsMachine(contextOf(scope), lookup),
    gate: (scope, { message, reason, severity }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const complaint = { reason, message, severity: severity ?? "Info" } as const
        markMachine(scope.infrastructure, fails(machineConditions.instance, complaint), now)
      })
  }
}
