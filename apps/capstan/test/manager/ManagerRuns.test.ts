/**
 * Manager processes against a world in another process: the cluster comes up through HTTPS and AWS's wire, whatever is killed,
 * and goes with nothing left.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { run, type Running } from "../CommandLine.ts"
import { eventually, type Document, openOutsideWorld } from "./OutsideWorld.ts"

const machines = "/apis/cluster.x-k8s.io/v1beta2/namespaces/capi-quickstart/machines"
const cluster = "/apis/cluster.x-k8s.io/v1beta2/namespaces/capi-quickstart/clusters/capi-quickstart"

const isAvailable = ({ status }: Document): boolean =>
  status?.conditions?.some(({ status, type }) => type === "Available" && status === "True") === true

/** What a manager serves at the address that it has logged. */
const served = Effect.fnUntraced(function* (manager: Running, what: string, path: string) {
  const log = yield* manager.says(`${what} at http`)
  const [, address = ""] = new RegExp(`${what} at (http://[\\d.:]+)`).exec(log) ?? []
  return yield* Effect.promise(async () => (await fetch(`${address}${path}`)).text())
})

const isUp = (machine: Document): boolean => machine.status?.nodeRef !== undefined

describe("capstan manager run", () => {
  it.live(
    "brings the quick start up and down, while leaders are killed at odd moments",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const world = yield* openOutsideWorld({ controlPlanes: 3, workers: 3, speed: 30, leaseSeconds: 3 })
          const installed = yield* world.install
          assert.strictEqual(installed.code, 0, installed.err)
          assert.include(installed.out, "CustomResourceDefinition machines.cluster.x-k8s.io: created")

          const running = new Map<string, Running>()
          let count = 0
          const startOne = Effect.gen(function* () {
            const name = `manager-${++count}`
            running.set(name, yield* world.manager(name))
          })
          /** The one that holds all four Leases. */
          const leader = eventually(
            "one manager leads",
            world.holders,
            (holders) => holders.length === 4 && new Set(holders).size === 1 && running.has(holders[0] ?? "")
          )
          yield* startOne
          yield* startOne
          // Before the first machine, between two, and while the last ones boot.
          for (const millis of [1500, 5000, 2500]) {
            const [name = ""] = yield* leader
            yield* Effect.sleep(millis)
            running.get(name)?.child.kill("SIGKILL")
            running.delete(name)
            yield* startOne
          }

          const up = yield* eventually(
            "all machines are nodes",
            world.items(machines),
            (items) => items.length === 6 && items.every(isUp)
          )
          yield* eventually("the cluster is available", world.ask(cluster), isAvailable)
          const instances = yield* world.instances
          assert.deepStrictEqual(
            instances.map(({ InstanceId }) => InstanceId).sort(),
            up.map(({ spec }) => String(spec?.providerID).split("/").at(-1)).sort(),
            "one instance a machine, and no other was ever launched"
          )

          // The way in is the cluster's own kubeconfig with the world's proxy.
          const told = yield* run(world.place, "cluster", "kubeconfig", "capi-quickstart", "-n", "capi-quickstart")
          assert.strictEqual(told.code, 0, told.err)
          assert.match(told.out, /server: https:\/\/capi-quickstart-apiserver-[^:]+\.elb\.amazonaws\.com:6443/)
          assert.match(told.out, /proxy-url: http:\/\/127\.0\.0\.1:\d+/)
          const inside = join(world.place, "workload.kubeconfig")
          writeFileSync(inside, told.out, { mode: 0o600 })
          const nodes = spawnSync("kubectl", ["--kubeconfig", inside, "get", "nodes", "-o", "name"], {
            encoding: "utf8"
          })
          if (nodes.error !== undefined)
            process.stderr.write("kubectl is not on the PATH: the way through the proxy is SKIPPED\n")
          else assert.lengthOf(nodes.stdout.trim().split("\n"), 6, nodes.stderr)

          const [last = ""] = yield* leader
          const leading = running.get(last)
          assert.isDefined(leading)
          if (leading === undefined) return
          yield* eventually(
            "the leader is ready",
            served(leading, "health", "/readyz"),
            (text) => text === "ok: leading\n"
          )
          const metrics = yield* served(leading, "metrics", "/metrics")
          for (const series of [
            /^controller_runtime_reconcile_total\{.*controller="machine".*result="success".*\} [1-9]/m,
            /^workqueue_adds_total\{.*name="awsmachine".*\} [1-9]/m,
            /^rest_client_requests_total\{.*code="200".*\} [1-9]/m,
            /^aws_api_requests_total_v2\{.*controller="awsmachine".*\} [1-9]/m,
            /^leader_election_master_status\{name="controller-leader-election-capi"\} 1$/m
          ]) {
            assert.match(metrics, series)
          }

          yield* world.ask(cluster, { method: "DELETE" })
          yield* eventually("the cluster is gone", world.ask(cluster), ({ code }) => code === 404)
          assert.deepStrictEqual(yield* world.leftovers, [])
          for (const { State } of yield* world.instances) assert.strictEqual(State?.Name, "terminated")

          for (const { child, ended } of running.values()) {
            child.kill("SIGTERM")
            const { code, err } = yield* ended
            assert.strictEqual(code, 0, err)
            assert.include(err, '"msg":"stopped"')
            assert.notMatch(err, /BEGIN [A-Z ]*PRIVATE KEY|client-key-data|eyJ/)
          }
          assert.deepStrictEqual([...new Set(yield* world.holders)], [""])
        })
      ),
    600_000
  )
})
