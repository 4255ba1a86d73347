/**
 * The worlds that are measured: plans made from YAML, and how long a world takes until all of its Machines are Ready.
 *
 * Fleets are brought up without a scenario's expectations: asking a thousand Machines after each event would measure the question.
 */
import { catalogue, catalogueFolder } from "@capstan/catalogue"
import {
  formatDiagnostic,
  loadScenarios,
  type Plan,
  refusalOf,
  simulatedKinds,
  SimulatedWorld,
  type Stage
} from "@capstan/engine"
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const planOf = (file: string, text: string): Plan => {
  const { diagnostics, plans } = loadScenarios({
    file,
    text,
    kinds: simulatedKinds,
    manifests: {
      read: (path) => {
        const absolute = resolve(dirname(file), path)
        return { path: absolute, text: readFileSync(absolute, "utf8") }
      }
    }
  })
  const [plan] = plans
  if (plan === undefined) throw new Error(diagnostics.map(formatDiagnostic).join("\n"))
  return plan
}

/** The first cell of a built-in scenario. */
export const cataloguePlan = (name: string): Plan => {
  const entry = catalogue.find((each) => each.name === name)
  if (entry === undefined) throw new Error(`there is no built-in scenario ${name}`)
  const file = fileURLToPath(new URL(entry.file, catalogueFolder))
  return planOf(file, readFileSync(file, "utf8"))
}

/** The five faults of `five-faults.yaml`. */
export const fiveFaultsPlan = (): Plan => {
  const file = fileURLToPath(new URL("./five-faults.yaml", import.meta.url))
  return planOf(file, readFileSync(file, "utf8"))
}

/** So many clusters of three control-plane machines and so many workers, in one AWS account whose quotas allow for it. */
export const fleetPlan = (options: { readonly clusters: number; readonly workers: number }): Plan => {
  const { clusters, workers } = options
  const machines = clusters * (workers + 3)
  const names = Array.from({ length: clusters }, (_, index) => `fleet-${String(index + 1).padStart(4, "0")}`)
  const quotas = {
    vpcs: clusters + 5,
    addresses: 3 * clusters + 5,
    natGatewaysPerZone: clusters + 5,
    loadBalancers: clusters + 20,
    standardVcpus: 4 * machines,
    securityGroups: 10 * clusters + 100
  }
  const scenario = {
    apiVersion: "scenario.capstan.dev/v1alpha1",
    kind: "Scenario",
    metadata: { name: "bench-fleet" },
    spec: {
      given: {
        world: { provider: "aws", region: "eu-west-1", zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"], quotas },
        manifests: names.map((name) => ({
          file: "aws-cluster.yaml",
          substitute: { CLUSTER_NAME: name, WORKER_MACHINE_COUNT: workers }
        }))
      },
      steps: [],
      expect: []
    }
  }
  // JSON is YAML.
  return planOf(fileURLToPath(new URL("./manifests/fleet.yaml", catalogueFolder)), JSON.stringify(scenario))
}

const lookMillis = 15_000
const virtualMillisMax = 6 * 3_600_000

interface Conditioned {
  readonly status?: { readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }> }
}

const isReady = (object: unknown): boolean =>
  (object as Conditioned).status?.conditions?.some(({ status, type }) => type === "Ready" && status === "True") === true

/** AWS calls in a steady world, by the controller that made them, over so many hours; `reconciles` counts looks at a cluster. */
export const steadyCalls = (
  plan: Plan,
  hours: number
): { readonly machines: number; readonly clusters: number; readonly clusterLooks: number } => {
  const world = new SimulatedWorld({ plan, seed: 1, keepTrace: "all" })
  const { kernel, stage } = world
  for (const object of plan.objects) {
    const refusal = refusalOf(stage.apply(object))
    if (refusal !== undefined) throw new Error(refusal)
  }
  world.start()
  const settledMillis = kernel.now() + 2 * 3_600_000
  kernel.run({ untilMillis: settledMillis })
  const seen = kernel.trace.events.length
  kernel.run({ untilMillis: settledMillis + hours * 3_600_000 })
  world.stop()
  const controllers = new Map<number, string>()
  const calls = { awsmachine: 0, awscluster: 0 }
  let clusterLooks = 0
  for (const event of kernel.trace.events.slice(seen)) {
    if (event.kind === "reconcile") {
      controllers.set(event.seq, String(event["controller"]))
      if (event["controller"] === "awscluster") clusterLooks++
    }
    if (event.kind !== "aws") continue
    const controller = controllers.get(event.cause)
    if (controller === "awsmachine" || controller === "awscluster") calls[controller]++
  }
  return { machines: calls.awsmachine, clusters: calls.awscluster, clusterLooks }
}

export const readyMachines = (stage: Stage): number => stage.members({ kind: "Machine" }).filter(isReady).length

/** Brings a plan's world up until so many Machines are Ready. Gives virtual milliseconds. */
export const bringUp = (plan: Plan, machines: number): number => {
  const world = new SimulatedWorld({ plan, seed: 1, keepTrace: "hash" })
  const { kernel, stage } = world
  const start = kernel.now()
  for (const object of plan.objects) {
    const refusal = refusalOf(stage.apply(object))
    if (refusal !== undefined) throw new Error(refusal)
  }
  world.start()
  for (let until = start + lookMillis; until <= start + virtualMillisMax; until += lookMillis) {
    kernel.run({ untilMillis: until })
    const defect = world.defect()
    if (defect !== undefined) throw new Error(defect)
    if (readyMachines(stage) === machines) {
      world.stop()
      return kernel.now() - start
    }
  }
  throw new Error(`not all of ${machines} Machines became Ready`)
}
