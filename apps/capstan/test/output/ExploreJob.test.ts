/** The manifests of an exploration for a cluster; kubectl reads them, where there is one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { parseAllDocuments } from "yaml"
import { exploreJob } from "../../src/output/ExploreJob.ts"
import { partOf } from "../../src/commands/ExploreCommand.ts"

const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0
if (!hasKubectl) process.stderr.write("kubectl is not on the PATH: it does not read the Job's manifests, SKIPPED\n")

const options = {
  pods: 8,
  image: "registry.example/capstan:0.1.0",
  profile: "all",
  seed: 1,
  runs: 50_000,
  time: undefined,
  workers: 2
}

/** As much of an API server as kubectl asks before a dry run of its own: which kinds there are. */
const discovery: { readonly [path: string]: object } = {
  "/api": { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] },
  "/apis": {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: [
      {
        name: "batch",
        versions: [{ groupVersion: "batch/v1", version: "v1" }],
        preferredVersion: { groupVersion: "batch/v1", version: "v1" }
      }
    ]
  },
  "/api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [
      {
        name: "persistentvolumeclaims",
        namespaced: true,
        kind: "PersistentVolumeClaim",
        verbs: ["create", "get", "patch"]
      }
    ]
  },
  "/apis/batch/v1": {
    kind: "APIResourceList",
    groupVersion: "batch/v1",
    resources: [{ name: "jobs", namespaced: true, kind: "Job", verbs: ["create", "get", "patch"] }]
  }
}

const serveDiscovery = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer(({ url = "" }, response) => {
      const known = discovery[url.split("?")[0] ?? ""]
      const missing = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 }
      response.writeHead(known === undefined ? 404 : 200, { "content-type": "application/json" })
      response.end(JSON.stringify(known ?? missing))
    })
    server.listen(0, "127.0.0.1", () =>
      resume(
        Effect.succeed({
          port: (server.address() as AddressInfo).port,
          close: () => {
            server.closeAllConnections()
            server.close()
          }
        })
      )
    )
  }),
  ({ close }) => Effect.sync(close)
)

const kubectl = (port: number, input: string) =>
  Effect.callback<{ readonly code: number | null; readonly out: string }>((resume) => {
    const args = [`--server=http://127.0.0.1:${port}`, "--kubeconfig=/dev/null", "--cache-dir=/dev/null"]
    const apply = ["apply", "--dry-run=client", "--validate=false", "-o", "name", "-f", "-"]
    const child = spawn("kubectl", [...args, ...apply])
    let out = ""
    child.stdout.on("data", (data: Buffer) => (out += String(data)))
    child.stderr.on("data", (data: Buffer) => (out += String(data)))
    child.on("close", (code) => resume(Effect.succeed({ code, out })))
    child.stdin.end(input)
  })

describe("exploreJob", () => {
  const accepted = Effect.gen(function* () {
    const { port } = yield* serveDiscovery
    const { code, out } = yield* kubectl(port, exploreJob(options))
    assert.strictEqual(code, 0, out)
    assert.deepStrictEqual(out.trim().split("\n"), [
      "persistentvolumeclaim/capstan-explore",
      "job.batch/capstan-explore",
      "job.batch/capstan-explore-merge"
    ])
    const broken = yield* kubectl(port, exploreJob(options).replace("kind: Job", "kind: Jab"))
    assert.notStrictEqual(broken.code, 0)
  })
  if (hasKubectl) it.live("is accepted by kubectl apply --dry-run=client", () => accepted)

  it("gives each Pod its shard and its file on the volume that the merging one reads", () => {
    const [claim, job, merge] = parseAllDocuments(exploreJob(options)).map(
      (document) => document.toJS() as never
    ) as ReadonlyArray<{
      readonly metadata: { readonly name: string }
      readonly spec: {
        readonly completions: number
        readonly parallelism: number
        readonly template: {
          readonly spec: {
            readonly containers: ReadonlyArray<{
              readonly args: ReadonlyArray<string>
              readonly volumeMounts: ReadonlyArray<{ readonly mountPath: string }>
            }>
            readonly volumes: ReadonlyArray<{ readonly persistentVolumeClaim: { readonly claimName: string } }>
          }
        }
      }
    }>
    const [container] = job?.spec.template.spec.containers ?? []
    assert.strictEqual(job?.spec.completions, 8)
    assert.strictEqual(job?.spec.parallelism, 8)
    assert.include(container?.args.join(" "), "explore --profile all --seed 1 --runs 50000 --workers 2 --shard job/8")
    assert.include(container?.args.join(" "), "--blob /capstan/explore-$(JOB_COMPLETION_INDEX).ndjson")
    const [merging] = merge?.spec.template.spec.containers ?? []
    assert.include(merging?.args.join(" "), "report merge /capstan --wait 24h")
    for (const each of [job, merge]) {
      assert.strictEqual(each?.spec.template.spec.containers[0]?.volumeMounts[0]?.mountPath, "/capstan")
      assert.strictEqual(each?.spec.template.spec.volumes[0]?.persistentVolumeClaim.claimName, claim?.metadata.name)
    }
  })
})

describe("partOf", () => {
  it.each([
    { runs: 10, total: 3 },
    { runs: 7, total: 7 },
    { runs: 2, total: 5 },
    { runs: 50_000, total: 8 }
  ])("divides $runs runs among $total without a gap", ({ runs, total }) => {
    let next = 5
    for (let index = 1; index <= total; index++) {
      const part = partOf({ index, total }, { first: 5, runs })
      if (part.runs !== 0) assert.strictEqual(part.first, next)
      next += part.runs ?? 0
      assert.isAtMost(part.runs ?? 0, Math.ceil(runs / total))
    }
    assert.strictEqual(next, 5 + runs)
  })

  it("begins far apart where time is the limit", () => {
    const firsts = [1, 2, 3, 4].map(
      (index) => partOf({ index, total: 4 }, { first: 4_294_967_295, runs: undefined }).first
    )
    assert.deepStrictEqual(firsts, [4_294_967_295, 1_073_741_823, 2_147_483_647, 3_221_225_471])
  })
})
