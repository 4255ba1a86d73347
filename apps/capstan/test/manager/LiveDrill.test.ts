/**
 * A drill from its own process on a management cluster and an account that others serve: the world, its HTTPS door and AWS's wire in one
 * process, the controllers in a second one, the drill in a third.
 */
import { DescribeInstancesCommand, DescribeNetworkAclsCommand, EC2Client } from "@aws-sdk/client-ec2"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { run, startWith } from "../CommandLine.ts"
import { eventually, openOutsideWorld } from "./OutsideWorld.ts"

const account = "123456789012"

const guardrails = `aws:
  accounts: ["${account}"]
  regions: [ap-northeast-2]
  clusters: [capi-quickstart]
  maxTargets: 4
  maxDuration: 5h
`

/** A fleet grows by a Machine while EC2 refuses every launch for some minutes. */
const throttled = `
apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: grow-while-throttled }
spec:
  given: { manifests: [] }
  let:
    workers: { kind: Machine, cluster: capi-quickstart, role: worker }
    vms: { resource: instance, cluster: capi-quickstart, role: worker }
  steps:
    - { id: throttle, fault: api.throttle, with: { service: ec2, operations: [RunInstances] }, for: 6m }
    - id: grow
      patch: { kind: MachineDeployment, name: capi-quickstart-md-0, namespace: capi-quickstart, value: { spec: { replicas: 4 } } }
    - { id: made, wait: "workers.size() == 4", timeout: 5m }
    - { id: over, wait: "faultEnded('throttle')", timeout: 20m }
    - { id: up, wait: "workers.all(m, ready(m))", timeout: 2h }
  expect:
    - { id: no-launch, never: "vms.filter(v, v.state == 'running' || v.state == 'pending').size() > 3", until: over }
    - { id: refused, eventually: "workers.exists(m, isFalse(m, 'InfrastructureReady'))", after: grow, within: 10m }
`

/** One that goes on for as long as somebody lets it. */
const endless = throttled
  .replace("for: 6m", "for: 2h")
  .replace("grow-while-throttled", "endless")
  .replaceAll("4", "5")
  .replace("size() > 3", "size() > 4")

/** Instances and ACLs as AWS tells them. */
const accountNow = (environment: { readonly [name: string]: string }) =>
  Effect.promise(async () => {
    const client = new EC2Client({
      endpoint: environment["AWS_ENDPOINT_URL"] ?? "",
      region: environment["AWS_REGION"] ?? "",
      credentials: { accessKeyId: "test", secretAccessKey: "test" }
    })
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({}))
    const { NetworkAcls = [] } = await client.send(new DescribeNetworkAclsCommand({}))
    client.destroy()
    const instances = Reservations.flatMap(({ Instances = [] }) => Instances)
    return {
      states: instances.map(({ State }) => State?.Name ?? "").sort(),
      marks: instances.flatMap(({ Tags = [] }) => Tags.filter(({ Key }) => Key?.startsWith("capstan.dev/") === true)),
      acls: NetworkAcls.filter(({ IsDefault }) => IsDefault !== true)
    }
  })

describe("capstan test --backend aws --kubeconfig", () => {
  it.live(
    "runs a scenario of the catalogue as it stands, and puts the account back",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const world = yield* openOutsideWorld({ controlPlanes: 3, workers: 3, speed: 30, leaseSeconds: 3 })
          const { environment, place, route } = world
          assert.strictEqual((yield* world.install).code, 0)
          const file = (name: string, text: string): string => {
            writeFileSync(join(place, name), text)
            return name
          }
          const scenario = "catalogue:quick-start/kill-and-outage"
          const rails = ["--guardrails", file("guardrails.yaml", guardrails), "--state", "drills"]
          const [, proxy = ""] = route
          const clock = route.slice(route.indexOf("--world-clock"))
          const cluster = ["--kubeconfig", world.kubeconfig, "--workload-proxy", proxy, ...clock]
          const confirmed = ["--confirm", account]
          const drill = (...args: ReadonlyArray<string>) =>
            startWith(place, environment, "test", ...args, "--backend", "aws")
          const ended = (...args: ReadonlyArray<string>) => Effect.flatMap(drill(...args), (each) => each.ended)

          // What stands in the way is told before anything is done, with its place.
          const bare = yield* ended(scenario, ...cluster, ...confirmed)
          assert.strictEqual(bare.code, 7, bare.err)
          assert.match(bare.err, /kill-and-outage\.yaml:\d+:\d+ error GRD001/)
          const blind = yield* ended(scenario, ...rails, ...confirmed)
          assert.strictEqual(blind.code, 3, blind.err)
          assert.match(
            blind.err,
            /kill-and-outage\.yaml:\d+:\d+ error GRD002 'cluster' are objects of a management cluster/
          )
          const unheard = yield* ended(scenario, ...rails, ...cluster, ...confirmed)
          assert.strictEqual(unheard.code, 3, unheard.err)
          assert.match(unheard.err, /kill-and-outage\.yaml:\d+:\d+ error GRD005 Step 'dark': insufficient-capacity/)
          const others = file("others.yaml", guardrails.replace("[capi-quickstart]", "[other]"))
          const foreign = yield* ended(scenario, "--guardrails", others, ...cluster, ...confirmed)
          assert.strictEqual(foreign.code, 3, foreign.err)
          assert.match(foreign.err, /capi-quickstart-v1alpha3\.yaml:\d+:\d+ error GRD003 \w+ belongs to cluster/)
          const wrong = file("wrong.yaml", guardrails.replace("maxTargets", "maxTarget"))
          const misspelt = yield* ended(scenario, "--guardrails", wrong, ...cluster, ...confirmed)
          assert.strictEqual(misspelt.code, 2, misspelt.err)
          assert.match(misspelt.err, /wrong\.yaml:5:3 error SCN002 Unknown field 'maxTarget'/)

          const manager = yield* world.manager("one", undefined, "--drill-state", join(place, "drills"))
          yield* manager.says("drills may make calls to AWS fail")
          assert.strictEqual((yield* ended(scenario, ...rails, ...cluster)).code, 7, "nothing without --confirm")

          const { code, err, out } = yield* ended(scenario, ...rails, ...cluster, ...confirmed)
          assert.strictEqual(code, 0, out + err)
          for (const line of [
            "all six machines are ready",
            "kill: terminate i-",
            "the worker has been replaced",
            "dark: cut subnet-",
            "light: the zone is back",
            "everything is ready again",
            "✓ quorum",
            "✓ I1 an infrastructure machine has at most one live instance, ever",
            "everything that can be undone is undone"
          ]) {
            assert.include(out, line)
          }
          const after = yield* accountNow(environment)
          assert.deepStrictEqual(after.acls, [])
          assert.deepStrictEqual(after.marks, [])
          assert.notInclude(after.states, "stopped")

          // Steps on objects, and faults of the manager's own calls.
          const grown = yield* ended(file("throttled.yaml", throttled), ...rails, ...cluster, ...confirmed)
          assert.strictEqual(grown.code, 0, grown.out + grown.err)
          yield* manager.says("over: drill grow-while-throttled")

          // Whoever dies takes the faults with him at their end; the janitor does not wait for it.
          const mortal = yield* drill(file("endless.yaml", endless), ...rails, ...cluster, ...confirmed)
          yield* mortal.says("throttle: api.throttle: calls of the controllers fail")
          yield* manager.says("calls to AWS fail: drill endless")
          mortal.child.kill("SIGKILL")
          yield* mortal.ended
          const janitor = ["aws", "janitor", "--state", "drills"]
          const sweep = (...args: ReadonlyArray<string>) =>
            Effect.flatMap(startWith(place, environment, ...janitor, ...args), (each) => each.ended)
          const patient = yield* sweep()
          assert.strictEqual(patient.code, 8, patient.out + patient.err)
          assert.match(patient.out, /endless-.*ec2\.RunInstances: RequestLimitExceeded +folder +left alone/)
          const swept = yield* sweep("--now")
          assert.strictEqual(swept.code, 0, swept.out + swept.err)
          yield* manager.says("over: drill endless")
          yield* eventually("the janitor finds nothing more", sweep(), ({ out }) =>
            out.includes("Drills left nothing behind.")
          )
        })
      ),
    600_000
  )

  it.live("names a kubeconfig that leads nowhere, and flags that go together", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const alone = yield* run(".", "test", "x.yaml", "--backend", "aws", "--context", "a")
        assert.strictEqual(alone.code, 2)
        assert.include(alone.err, "--context goes with --kubeconfig")
        const fast = yield* run(".", "test", "x.yaml", "--backend", "aws", "--world-clock", "fast")
        assert.strictEqual(fast.code, 2)
        assert.include(fast.err, "--world-clock 'fast' is none")
        const simulated = yield* run(".", "test", "--kubeconfig", "x")
        assert.strictEqual(simulated.code, 2)
        assert.include(simulated.err, "--kubeconfig")
      })
    )
  )
})
