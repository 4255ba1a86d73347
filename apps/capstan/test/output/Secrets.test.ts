/** Reports, traces and error output of a run whose secrets are known: none of them is in any of it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { folder, run } from "../CommandLine.ts"

const quickStart = fileURLToPath(
  new URL("../../../../scenarios/catalogue/quick-start/capi-quickstart-v1alpha3.yaml", import.meta.url)
)

/** Goes from a Secret into the user data of every machine. */
const canary = "canary-of-a-secret"

const secret = `---
apiVersion: v1
kind: Secret
metadata: { name: somebody, namespace: capi-quickstart }
stringData: { password: ${canary} }
`

/** One expectation fails, so that everything that is told of failures is told. */
const scenario = `apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: secrets }
spec:
  seeds: { from: 1, count: 1 }
  given:
    world: { region: ap-northeast-2 }
    manifests: [{ file: ./manifests.yaml }]
    ready: { let: cluster, is: Available, within: 40m }
  let:
    cluster: { kind: Cluster, name: capi-quickstart, one: true }
    machines: { kind: Machine, cluster: capi-quickstart }
    secrets: { kind: Secret }
  steps:
    - { id: calm, hold: 5m }
  expect:
    - { id: fails, never: "machines.size() == 6 && secrets.size() > 0" }
`

describe("what a run leaves behind", () => {
  it.live("holds no secret, token or user data", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const place = yield* folder
        const manifests = readFileSync(quickStart, "utf8").replaceAll(
          /^( +)(joinConfiguration:)$/gm,
          "$1files: [{ path: /etc/canary, contentFrom: { secret: { name: somebody, key: password } } }]\n$1$2"
        )
        assert.include(manifests, "contentFrom")
        writeFileSync(join(place, "manifests.yaml"), manifests + secret)
        writeFileSync(join(place, "secrets.yaml"), scenario)
        const reporters = ["json=run.json", "junit=run.xml", "story=run.txt", "list"].flatMap((each) => [
          "--reporter",
          each
        ])
        const tested = yield* run(place, "test", "secrets.yaml", ...reporters)
        assert.strictEqual(tested.code, 1, tested.err)
        const replayed = yield* run(
          place,
          "replay",
          "secrets.yaml",
          "--seed",
          "1",
          "--until",
          "20m",
          "--trace",
          "run.ndjson"
        )
        assert.strictEqual(replayed.code, 1, replayed.err)
        const files = ["run.json", "run.xml", "run.txt", "run.ndjson"]
        const written = [
          ["test, stdout", tested.out],
          ["test, stderr", tested.err],
          ["replay, stdout", replayed.out],
          ["replay, stderr", replayed.err],
          ...files.map((file) => [file, readFileSync(join(place, file), "utf8")])
        ] as const
        for (const [where = "", text = ""] of written) {
          assert.notInclude(text, canary, where)
          for (const shift of [0, 1, 2]) {
            assert.notInclude(text, Buffer.from(canary).subarray(shift).toString("base64").slice(0, -4), where)
          }
          assert.notMatch(text, /PRIVATE KEY|client-key-data/, where)
          // A bootstrap token as kubeadm writes it.
          assert.notMatch(text, /token["']?: ?["']?[a-z0-9]{6}\.[a-z0-9]{16}\b/, where)
        }
        assert.include(readFileSync(join(place, "run.ndjson"), "utf8"), "CreateSecret")
      })
    )
  )
})
