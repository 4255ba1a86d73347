/**
 * A program of its own: a world whose fleet is Ready already, open to a manager outside: `node managerWorld.ts <clusters> <workers> <speed>`.
 *
 * The world's own controllers bring the fleet up in virtual time and leave; its clock shows the wall's then, and goes on at the
 * given speed. Prints how to reach it as one line of JSON, and ends when its input does.
 */
import { RealTime, refusalOf, SimulatedWorld } from "@capstan/engine"
import * as Effect from "effect/Effect"
import { kubeconfigOf } from "../src/sim/Kubeconfig.ts"
import { openAwsDoor } from "../src/sim/OpenAwsDoor.ts"
import { openDoor } from "../src/sim/OpenDoor.ts"
import { managerRoute, openNetwork, workloadServer } from "../src/sim/OpenNetwork.ts"
import { fleetKeys } from "./FleetKeys.ts"
import { fleetPlan, readyMachines } from "./Loads.ts"

const [clusters = 1, workers = 3, speed = 1] = process.argv.slice(2).map(Number)

/** Long enough for every fleet to come up and calm down, virtual milliseconds. */
const pastMillis = 3 * 3_600_000

const yearMillis = 365 * 86_400_000
const keys = await Effect.runPromise(fleetKeys(`${new Date(Date.now() + yearMillis).toISOString().slice(0, 19)}Z`))
const plan = fleetPlan({ clusters, workers })
const world = new SimulatedWorld({
  plan,
  seed: 1,
  keepTrace: "hash",
  epochMillis: Date.now() - pastMillis,
  certificateAuthority: keys.layer
})
const { kernel, stage } = world
for (const object of plan.objects) {
  const refusal = refusalOf(stage.apply(object))
  if (refusal !== undefined) throw new Error(refusal)
}
world.start()
// The past takes some time to go by, too.
while (kernel.now() < Date.now() - 10) kernel.run({ untilMillis: Date.now() })
const ready = readyMachines(stage)
const machines = clusters * (workers + 3)
if (ready !== machines) throw new Error(`${ready} of ${machines} Machines are Ready: ${world.defect() ?? ""}`)
world.stop()
kernel.step()
keys.handOver(world.server)

const inputEnds = Effect.callback<void>((resume) => {
  process.stdin.on("end", () => resume(Effect.void))
  process.stdin.resume()
})

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const { account } = world.cloud
      if (account === undefined) throw new Error("the fleet is not on AWS")
      const time = new RealTime(kernel, speed)
      const door = yield* openDoor({
        server: world.server,
        workloadServer: (namespace, name) => workloadServer(world, namespace, name),
        enter: (act) => time.enter(act)
      })
      const awsKeys = { accessKeyId: "bench", secretAccessKey: "bench", shownSecret: "bench" }
      const aws = yield* openAwsDoor({ host: "127.0.0.1", port: 0, time, aws: account, keys: awsKeys })
      const network = yield* openNetwork(world, time)
      const route = managerRoute(network, { speed, sinceMillis: Date.now() })
      const kubeconfig = kubeconfigOf("bench", { server: door.url, authority: door.authority, token: door.token })
      process.stdout.write(`${JSON.stringify({ kubeconfig, aws, route })}\n`)
      yield* Effect.raceFirst(time.run, inputEnds)
    })
  )
)
process.exit(0)
