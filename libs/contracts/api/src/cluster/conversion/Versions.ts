/**
 * The older versions of the kinds of `cluster.x-k8s.io`: v1beta1 both ways, v1alpha4 and v1alpha3 as input only.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/versions
 */
import { Schema } from "effect"
import { oldVersions } from "../../conversion/OldVersion.ts"
import { ClusterSpec, ClusterStatus } from "../ClusterBody.ts"
import { MachineSpec, MachineStatus } from "../MachineBody.ts"
import { MachineDeploymentSpec, MachineDeploymentStatus } from "../MachineDeploymentBody.ts"
import { MachineHealthCheckSpec, MachineHealthCheckStatus } from "../MachineHealthCheckBody.ts"
import { MachineSetSpec, MachineSetStatus } from "../MachineSetBody.ts"
import { oldCluster, oldMachine, oldMachineHealthCheck, oldMachineOwner } from "./v1alpha3.ts"
import {
  clusterMoves,
  machineDeploymentMoves,
  machineHealthCheckMoves,
  machineMoves,
  machineSetMoves,
  withStrategyType
} from "./v1beta1.ts"

const storage = "cluster.x-k8s.io/v1beta2"

const body = (spec: Schema.Top, status: Schema.Top): Schema.Constraint => Schema.Struct({ spec, status })

export const clusterVersions = oldVersions({
  storage,
  body: body(ClusterSpec, ClusterStatus),
  moves: clusterMoves,
  fromAlpha3: oldCluster
})

export const machineVersions = oldVersions({
  storage,
  body: body(MachineSpec, MachineStatus),
  moves: machineMoves,
  fromAlpha3: oldMachine
})

export const machineSetVersions = oldVersions({
  storage,
  body: body(MachineSetSpec, MachineSetStatus),
  moves: machineSetMoves,
  fromAlpha3: oldMachineOwner
})

export const machineDeploymentVersions = oldVersions({
  storage,
  body: body(MachineDeploymentSpec, MachineDeploymentStatus),
  moves: machineDeploymentMoves,
  fromAlpha3: oldMachineOwner,
  after: withStrategyType("spec.rollout.strategy")
})

export const machineHealthCheckVersions = oldVersions({
  storage,
  body: body(MachineHealthCheckSpec, MachineHealthCheckStatus),
  moves: machineHealthCheckMoves,
  fromAlpha3: oldMachineHealthCheck
})
