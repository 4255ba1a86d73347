/** kubectl itself against the door. Skipped, aloud, where there is none. */
import { clusterApiKinds } from "@capstan/api"
import { Effect, Fiber, type Scope } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { kubeconfigOf } from "../../src/sim/Kubeconfig.ts"
import { openTestDoor } from "./TestWorld.ts"

const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0
const told: Array<string> = []
const tellAloud = (text: string): void => {
  told.push(text)
  process.stderr.write(text)
}
if (!hasKubectl) tellAloud("kubectl is not on the PATH: its tests against the HTTP door are SKIPPED\n")

interface Told {
  readonly code: number
  readonly out: string
  readonly err: string
}

interface Kubectl {
  /** Runs to its end. */
  readonly run: (line: string, input?: string) => Effect.Effect<Told>
  /** Runs and must succeed; gives what it printed. */
  readonly told: (line: string, input?: string) => Effect.Effect<string>
}

const withKubectl: Effect.Effect<Kubectl, unknown, Scope.Scope> = Effect.gen(function* () {
  const { door } = yield* openTestDoor()
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "capstan-kubectl-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const kubeconfig = join(folder, "kubeconfig")
  const access = { server: door.url, authority: door.authority, token: door.token }
  writeFileSync(kubeconfig, kubeconfigOf("test", access), { mode: 0o600 })
  const run = (line: string, input = ""): Effect.Effect<Told> =>
    Effect.callback<Told>((resume) => {
      const child = spawn(
        "kubectl",
        ["--kubeconfig", kubeconfig, "--cache-dir", join(folder, "cache"), ...line.split(" ")],
        { env: { ...process.env, KUBECONFIG: kubeconfig } }
      )
      let [out, err] = ["", ""]
      child.stdout.on("data", (chunk: Buffer) => (out += String(chunk)))
      child.stderr.on("data", (chunk: Buffer) => (err += String(chunk)))
      child.on("close", (code) => resume(Effect.succeed({ code: code ?? -1, out, err })))
      child.stdin.end(input)
      return Effect.sync(() => void child.kill())
    })
  const told = (line: string, input = "") =>
    Effect.map(run(line, input), (answer) => {
      assert.strictEqual(answer.code, 0, `kubectl ${line}\n${answer.out}${answer.err}`)
      return answer.out
    })
  return { run, told }
})

const story = (name: string, body: (kubectl: Kubectl) => Effect.Effect<void, unknown>): void => {
  if (hasKubectl) it.live(name, () => Effect.scoped(Effect.flatMap(withKubectl, body)))
}

const configMap = (data: object, more: object = {}): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", ...more }, data })

const cluster = JSON.stringify({
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "Cluster",
  metadata: { name: "demo", namespace: "default" },
  spec: {
    paused: true,
    infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AWSCluster", name: "demo" }
  }
})

describe("kubectl", () => {
  it("is on the PATH, or the report says aloud that it was not asked", () => {
    assert.strictEqual(told.length, hasKubectl ? 0 : 1)
  })

  story("finds every kind by every name", (kubectl) =>
    Effect.gen(function* () {
      const resources = yield* kubectl.told("api-resources -o name")
      for (const kind of clusterApiKinds) assert.include(resources, `${kind.plural}.${kind.group}`)
      const versions = yield* kubectl.told("api-versions")
      assert.include(versions, "cluster.x-k8s.io/v1beta2")
      for (const name of ["cluster", "clusters", "cl", "clusters.cluster.x-k8s.io", "cluster-api"]) {
        yield* kubectl.told(`get ${name} -A`)
      }
      const unknown = yield* kubectl.run("get teapots")
      assert.include(unknown.err, `the server doesn't have a resource type "teapots"`)
    })
  )

  story("creates imperatively, which it does in protobuf", (kubectl) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* kubectl.told("create namespace shop"), "namespace/shop created\n")
      yield* kubectl.told("create configmap c -n shop --from-literal=a=1")
      yield* kubectl.told("create secret generic s -n shop --from-literal=password=x")
      yield* kubectl.told("create serviceaccount robot -n shop")
      const token = (yield* kubectl.told("create token robot -n shop --duration=1h")).trim()
      assert.include((yield* kubectl.run(`get pods -n shop --token=${token}`)).err, "system:serviceaccount:shop:robot")
      yield* kubectl.told("create role r -n shop --verb=get --resource=pods")
      yield* kubectl.told("create rolebinding b -n shop --role=r --serviceaccount=shop:robot")
      yield* kubectl.told("create clusterrole cr --verb=get,list --resource=clusters.cluster.x-k8s.io")
      yield* kubectl.told("create clusterrolebinding crb --clusterrole=cr --user=jane")
      yield* kubectl.told("create poddisruptionbudget p -n shop --selector=app=web --min-available=1")
      yield* kubectl.told("create deployment web -n shop --image=nginx --replicas=2")
      assert.match(yield* kubectl.told("get all,cm,secret,sa,pdb -n shop"), /deployment\.apps\/web +0\/2/)
      assert.strictEqual(yield* kubectl.told("auth can-i list clusters.cluster.x-k8s.io --as jane"), "yes\n")
      assert.strictEqual((yield* kubectl.run("auth can-i delete clusters.cluster.x-k8s.io --as jane")).out, "no\n")
      assert.include(yield* kubectl.told("auth whoami"), "capstan:admin")
      assert.include(yield* kubectl.told("auth can-i --list --as jane"), "clusters.cluster.x-k8s.io")
      const forbidden = yield* kubectl.run("get secrets -n shop --as jane")
      assert.include(forbidden.err, `User "jane" cannot list resource "secrets"`)
    })
  )

  story("applies, shows the difference, applies again and prunes what the file no longer has", (kubectl) =>
    Effect.gen(function* () {
      const apply = (data: object) => kubectl.told("apply -f -", configMap(data))
      assert.strictEqual(yield* apply({ a: "1", b: "2" }), "configmap/settings created\n")
      assert.strictEqual(yield* apply({ a: "1", b: "2" }), "configmap/settings unchanged\n")
      const diff = yield* kubectl.run("diff -f -", configMap({ a: "1", c: "3" }))
      assert.strictEqual(diff.code, 1)
      assert.include(diff.out, '+  c: "3"')
      assert.strictEqual(yield* apply({ a: "1", c: "3" }), "configmap/settings configured\n")
      assert.strictEqual(yield* kubectl.told("get cm settings -o jsonpath={.data}"), '{"a":"1","c":"3"}')
    })
  )

  story("applies on the server's side, takes over what it applied on its own, and sees conflicts", (kubectl) =>
    Effect.gen(function* () {
      yield* kubectl.told("apply -f -", configMap({ a: "1" }))
      const taken = yield* kubectl.told("apply --server-side -f -", configMap({ a: "1", b: "2" }))
      assert.strictEqual(taken, "configmap/settings serverside-applied\n")
      const managers = yield* kubectl.told(
        "get cm settings --show-managed-fields -o jsonpath={.metadata.managedFields[*].manager}"
      )
      assert.strictEqual(managers, "kubectl kubectl-last-applied")
      yield* kubectl.told("apply --server-side --field-manager=alice -f -", configMap({ c: "3" }))
      const conflict = yield* kubectl.run("apply --server-side --field-manager=alice -f -", configMap({ a: "9" }))
      assert.include(conflict.err, 'conflict with "kubectl": .data.a')
      yield* kubectl.told("apply --server-side --force-conflicts --field-manager=alice -f -", configMap({ a: "9" }))
      assert.strictEqual(yield* kubectl.told("get cm settings -o jsonpath={.data}"), '{"a":"9","b":"2"}')
      yield* kubectl.told("apply --server-side -f -", cluster)
      assert.strictEqual((yield* kubectl.run("diff --server-side -f -", cluster)).code, 0)
    })
  )

  story("shows objects as tables, YAML, JSON and in words", (kubectl) =>
    Effect.gen(function* () {
      yield* kubectl.told("apply -f -", cluster)
      const table = yield* kubectl.told("get clusters -A")
      assert.match(table, /^NAMESPACE +NAME +CLUSTERCLASS +AVAILABLE +.*AGE +VERSION/)
      assert.match(yield* kubectl.told("get cl demo -o wide"), /PAUSED/)
      assert.include(yield* kubectl.told("get cl demo -o yaml"), "paused: true")
      assert.strictEqual(JSON.parse(yield* kubectl.told("get cl demo -o json")).kind, "Cluster")
      assert.strictEqual(yield* kubectl.told("get cl -o name"), "cluster.cluster.x-k8s.io/demo\n")
      assert.match(yield* kubectl.told("describe cluster demo"), /Name: +demo\nNamespace: +default/)
      assert.include(yield* kubectl.told("get cl demo --show-labels"), "<none>")
      assert.include(yield* kubectl.told("get cl --sort-by=.metadata.name"), "demo")
      const missing = yield* kubectl.run("get cl nobody")
      assert.strictEqual(missing.err, 'Error from server (NotFound): clusters.cluster.x-k8s.io "nobody" not found\n')
    })
  )

  story("patches in every way, labels, annotates, edits and scales", (kubectl) =>
    Effect.gen(function* () {
      yield* kubectl.told("apply -f -", configMap({ a: "1" }))
      yield* kubectl.told("apply -f -", cluster)
      yield* kubectl.told(`patch cm settings -p {"data":{"b":"2"}}`)
      yield* kubectl.told(`patch cm settings --type=merge -p {"data":{"a":null}}`)
      yield* kubectl.told(`patch cm settings --type=json -p [{"op":"add","path":"/data/c","value":"3"}]`)
      yield* kubectl.told("label cm settings app=shop")
      yield* kubectl.told("annotate cl demo note=here")
      assert.strictEqual(yield* kubectl.told("get cm -l app=shop -o jsonpath={.items[*].data}"), '{"b":"2","c":"3"}')
      const strategic = yield* kubectl.run(`patch cl demo -p {"spec":{"paused":false}}`)
      assert.include(strategic.err, "is not supported by cluster.x-k8s.io/v1beta2, Kind=Cluster")
      yield* kubectl.told(`patch cl demo --type=merge --subresource=status -p {"status":{"phase":"Pending"}}`)
      assert.strictEqual(yield* kubectl.told("get cl demo -o jsonpath={.status.phase}"), "Pending")
      yield* kubectl.told("create deployment web --image=nginx")
      yield* kubectl.told("scale deployment web --replicas=3")
      yield* kubectl.told("scale deployment web --current-replicas=3 --replicas=5")
      assert.strictEqual(yield* kubectl.told("get deployment web -o jsonpath={.spec.replicas}"), "5")
      const replaced = configMap({ z: "9" })
      yield* kubectl.told("replace -f -", replaced)
      assert.strictEqual(yield* kubectl.told("get cm settings -o jsonpath={.data}"), '{"z":"9"}')
    })
  )

  story("refuses what no schema knows, by itself or by the server", (kubectl) =>
    Effect.gen(function* () {
      const bogus = cluster.replace('"paused":true', '"pausd":true')
      const refused = yield* kubectl.run("apply -f -", bogus)
      assert.include(refused.err, 'unknown field "spec.pausd"')
      const warned = yield* kubectl.run("apply --validate=warn -f -", bogus)
      assert.include(warned.err, 'Warning: unknown field "spec.pausd"')
      const invalid = yield* kubectl.run("apply -f -", cluster.replace('"demo","namespace"', '"Demo_1","namespace"'))
      assert.include(invalid.err, "a lowercase RFC 1123")
    })
  )

  story("waits for conditions and for deletion", (kubectl) =>
    Effect.gen(function* () {
      yield* kubectl.told("apply -f -", cluster)
      const ready = yield* Effect.forkChild(kubectl.told("wait --for=condition=Available cluster/demo --timeout=20s"))
      yield* Effect.sleep(500)
      const lastTransitionTime = "2030-01-01T00:00:00Z"
      const condition = { type: "Available", status: "True", reason: "A", message: "", lastTransitionTime }
      const status = JSON.stringify({ status: { conditions: [condition] } })
      yield* kubectl.told(`patch cl demo --type=merge --subresource=status -p ${status}`)
      assert.include(yield* Fiber.join(ready), "condition met")
      yield* kubectl.told(`patch cl demo --type=merge -p {"metadata":{"finalizers":["example.com/hold"]}}`)
      const gone = yield* Effect.forkChild(kubectl.told("delete cluster demo --timeout=20s"))
      yield* Effect.sleep(500)
      yield* kubectl.told(`patch cl demo --type=merge -p {"metadata":{"finalizers":null}}`)
      assert.include(yield* Fiber.join(gone), 'cluster.cluster.x-k8s.io "demo" deleted')
      yield* kubectl.told("create namespace shop")
      assert.strictEqual(yield* kubectl.told("delete namespace shop --timeout=20s"), 'namespace "shop" deleted\n')
    })
  )

  story("explains fields from the schema", (kubectl) =>
    Effect.gen(function* () {
      const text = yield* kubectl.told("explain machinedeployment.spec.replicas")
      assert.include(text, "GROUP:      cluster.x-k8s.io")
      assert.include(text, "FIELD: replicas <integer>")
      assert.include(yield* kubectl.told("explain configmap.metadata"), "ownerReferences")
    })
  )
})
