import { clusterApiKinds, makeKindRegistry } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { formatDiagnostic } from "../../src/language/Diagnostic.ts"
import { loadScenarios } from "../../src/plan/ScenarioFile.ts"

const kinds = makeKindRegistry(clusterApiKinds)

const manifests: { readonly [file: string]: string } = {
  "cluster.yaml": `apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: { name: "\${CLUSTER_NAME:-demo}", namespace: default }
spec: { clusterNetwork: { serviceDomain: "\${DOMAIN:=cluster.local}" } }
`,
  "typo.yaml": `apiVersion: cluster.x-k8s.io/v1beta2
kind: Clutser
metadata: { name: demo }
`,
  "version.yaml": `apiVersion: cluster.x-k8s.io/v1alpha1
kind: Cluster
metadata: { name: demo }
`,
  "number.yaml": `apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: { name: 5 }
`,
  "unclosed.yaml": "metadata:\n  name: ${CLUSTER\n  labels: {}\n",
  "variable.yaml": `apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata:
  name: \${CLUSTR_NAME}
`
}

const load = (text: string) =>
  loadScenarios({
    file: "a.yaml",
    text,
    kinds,
    manifests: {
      read: (path) => {
        if (path === "folder") return "'folder' cannot be read: it is a folder."
        const found = manifests[path]
        return found === undefined ? undefined : { path, text: found }
      }
    }
  })

const scenario = (spec: string): string =>
  `apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: a }
spec:
${spec
  .split("\n")
  .map((line) => `  ${line}`)
  .join("\n")}
`

const sound = `given: { manifests: [{ file: cluster.yaml, substitute: { CLUSTER_NAME: demo } }], ready: { let: cluster, is: Available, within: 25m } }
let:
  cluster: { kind: Cluster, name: demo, one: true }
  workers: { kind: Machine, cluster: demo, role: worker }
  vms: { resource: instance, cluster: demo }
steps:
  - { id: kill, at: +5m, fault: compute.terminate, target: { from: vms, where: "it.state == 'running'", pick: { count: 1 } } }
  - { wait: "workers.all(m, ready(m))", timeout: 15m }
expect:
  - { id: healed, eventually: "workers.all(m, ready(m))", after: kill, within: 20m }`

const first = (text: string): string => {
  const { diagnostics } = load(text)
  return diagnostics[0] === undefined ? "sound" : formatDiagnostic(diagnostics[0])
}

describe("a sound scenario", () => {
  const { diagnostics, plans } = load(scenario(sound))
  const plan = plans[0]

  it("has no diagnostics and gives one plan", () => {
    assert.deepStrictEqual(diagnostics, [])
    assert.strictEqual(plans.length, 1)
  })

  it("fills in variables and their defaults", () => {
    assert.deepStrictEqual(plan?.objects[0]?.object["metadata"], { name: "demo", namespace: "default" })
    assert.deepStrictEqual(plan?.objects[0]?.object["spec"], { clusterNetwork: { serviceDomain: "cluster.local" } })
  })

  it("names unnamed steps by place and reads durations", () => {
    assert.deepStrictEqual(
      plan?.steps.map((step) => [step.id, step.atMillis, step.timeoutMillis]),
      [
        ["kill", 300_000, 3_600_000],
        ["step-2", undefined, 900_000]
      ]
    )
  })

  it("asks for the capabilities of its faults", () => {
    assert.deepStrictEqual(plan?.capabilities, ["compute.terminate"])
  })
})

describe("a matrix", () => {
  const text = scenario(`vars: { zone: { type: string, default: a }, outage: { type: duration, default: 4m } }
matrix: { axes: { zone: [a, b], outage: [4m, 45m] }, exclude: [{ zone: b, outage: 4m }] }
given: { manifests: [], world: { provider: "\${{ vars.zone == 'a' ? 'aws' : 'dev' }}" } }
steps: [{ hold: "\${{ vars.outage }}" }]
expect: [{ id: x, if: "duration(vars.outage) < duration('5m')", never: "1 > 2" }]`)

  it("gives a plan a cell, without the excluded ones, values filled in everywhere", () => {
    const { diagnostics, plans } = load(text)
    assert.deepStrictEqual(diagnostics, [])
    assert.deepStrictEqual(
      plans.map((plan) => [plan.cell["zone"], plan.world.provider, plan.steps[0]?.action, plan.expectations.length]),
      [
        ["a", "aws", { _tag: "Hold", millis: 240_000 }, 1],
        ["a", "aws", { _tag: "Hold", millis: 2_700_000 }, 0],
        ["b", "dev", { _tag: "Hold", millis: 2_700_000 }, 0]
      ]
    )
  })
})

describe("bad input", () => {
  const cases = [
    {
      rule: "broken YAML",
      given: "a: [",
      expected:
        "a.yaml:1:5 error YAML001 Flow sequence in block collection must be sufficiently indented and end with a ]."
    },
    {
      rule: "an unknown field",
      given: scenario(sound.replace("timeout: 15m", "timeuot: 15m")),
      expected: "a.yaml:12:43 error SCN002 Unknown field 'timeuot'. Did you mean 'timeout'?"
    },
    {
      rule: "an impossible duration",
      given: scenario(sound.replace("timeout: 15m", "timeout: 15 minutes")),
      expected:
        'a.yaml:12:52 error SCN004 spec.steps.1.timeout: Not a duration. Given: "15 minutes". Write a number and a unit, such as 90s, 45m or 1h30m.'
    },
    {
      rule: "an unknown fault",
      given: scenario(sound.replace("compute.terminate", "compute.terminat")),
      expected: "a.yaml:11:35 error FLT001 Unknown fault 'compute.terminat'. Did you mean 'compute.terminate'?"
    },
    {
      rule: "an unknown kind in let",
      given: scenario(sound.replace("kind: Machine,", "kind: Machin,")),
      expected: "a.yaml:8:22 error SCN006 Unknown kind 'Machin'. Did you mean 'Machine'?"
    },
    {
      rule: "an unknown function",
      given: scenario(sound.replace('workers.all(m, ready(m))", timeout', 'workers.all(m, redy(m))", timeout')),
      expected: "a.yaml:12:31 error CEL003 'redy' is not a function. Did you mean 'ready'?"
    },
    {
      rule: "an unknown name",
      given: scenario(sound.replace('"workers.all(m, ready(m))", timeout', '"workrs.all(m, ready(m))", timeout')),
      expected: "a.yaml:12:16 error CEL002 'workrs' is not bound in let, vars or matrix. Did you mean 'workers'?"
    },
    {
      rule: "broken CEL",
      given: scenario(sound.replace('"workers.all(m, ready(m))", timeout', '"workers.all(m ready(m))", timeout')),
      expected: "a.yaml:12:30 error CEL001 Expected RPAREN, got IDENTIFIER."
    },
    {
      rule: "a missing manifest",
      given: scenario(sound.replace("file: cluster.yaml", "file: clutser.yaml")),
      expected: "a.yaml:5:32 error MAN001 There is no file 'clutser.yaml'. Paths are relative to the scenario file."
    },
    {
      rule: "a manifest of an unknown kind",
      given: scenario(sound.replace("file: cluster.yaml", "file: typo.yaml")),
      expected:
        'typo.yaml:2:7 error MAN004 no matches for kind "Clutser" in version "cluster.x-k8s.io/v1beta2". Did you mean \'Cluster\'?'
    },
    {
      rule: "a manifest of an unsupported version",
      given: scenario(sound.replace("file: cluster.yaml", "file: version.yaml")),
      expected:
        'version.yaml:2:7 error MAN004 no matches for kind "Cluster" in version "cluster.x-k8s.io/v1alpha1". Cluster is served as cluster.x-k8s.io/v1beta2, cluster.x-k8s.io/v1beta1, cluster.x-k8s.io/v1alpha4, cluster.x-k8s.io/v1alpha3.'
    },
    {
      rule: "a variable without a value",
      given: scenario(sound.replace("file: cluster.yaml", "file: variable.yaml")),
      expected: "variable.yaml:4:9 error VAR001 Variable CLUSTR_NAME has no value. Did you mean 'CLUSTER_NAME'?"
    },
    {
      rule: "an unknown capability",
      given: scenario(`requires: { capabilities: [zone.outrage] }\n${sound}`),
      expected: "a.yaml:5:30 error SCN014 Unknown capability 'zone.outrage'. Did you mean 'zone.outage'?"
    },
    {
      rule: "a step that does two things",
      given: scenario(sound.replace("timeout: 15m", "hold: 15m")),
      expected:
        "a.yaml:12:7 error SCN008 A step does one thing; this one has wait and hold. One of: fault, heal, wait, check, hold, mark, apply, patch, delete, parallel."
    },
    {
      rule: "an anchor that is no step",
      given: scenario(sound.replace("after: kill", "after: kil")),
      expected: "a.yaml:14:68 error SCN017 There is no step 'kil'. Did you mean 'kill'?"
    },
    {
      rule: "eventually without end",
      given: scenario(sound.replace(", within: 20m }", " }")),
      expected: "a.yaml:14:7 error SCN016 'eventually' needs 'within': nothing is waited for without end."
    },
    {
      rule: "a fault that cannot heal by itself",
      given: scenario(sound.replace("at: +5m,", "at: +5m, for: 3m,")),
      expected: "a.yaml:11:28 error FLT003 'compute.terminate' does not heal by itself: it is irreversible."
    },
    {
      rule: "an unknown parameter of a fault",
      given: scenario(sound.replace("at: +5m,", "at: +5m, with: { zne: a },")),
      expected: "a.yaml:11:36 error SCN002 Unknown field 'zne'. compute.terminate takes no parameters."
    },
    {
      rule: "an API version of the future",
      given: scenario(sound).replace("v1alpha1", "v1alpha9"),
      expected:
        'a.yaml:1:13 error SCN004 apiVersion: Expected "scenario.capstan.dev/v1alpha1". Given: "scenario.capstan.dev/v1alpha9". Did you mean \'scenario.capstan.dev/v1alpha1\'?'
    },
    {
      rule: "an alias that leads nowhere",
      given: "a: *b",
      expected: "a.yaml:1:4 error YAML002 Unresolved alias (the anchor must be set before the alias): b."
    },
    {
      rule: "a file that is no text",
      given: "kind: Scen\u0000ario",
      expected: "a.yaml:1:11 error YAML003 This is no text in UTF-8: a control character, or bytes that mean nothing."
    },
    {
      rule: "bytes that are not UTF-8",
      given: "kind: Scenario\nspec: \ufffd\ufffd",
      expected: "a.yaml:2:7 error YAML003 This is no text in UTF-8: a control character, or bytes that mean nothing."
    },
    {
      rule: "a tag that nobody knows",
      given: scenario(sound).replace("name: a", "name: !secret a"),
      expected: "a.yaml:3:19 error YAML001 Unresolved tag: !secret."
    },
    {
      rule: "a document that is no map",
      given: "- a",
      expected: "a.yaml:1:1 error SCN004 A scenario is a map with apiVersion, kind, metadata and spec."
    },
    {
      rule: "a name in let that cannot be one",
      given: scenario(sound.replace("vms: {", "v-ms: {")),
      expected: "a.yaml:9:5 error SCN002 'v-ms' is no name. Names consist of letters, digits and _."
    },
    {
      rule: "a name in let that expressions cannot use",
      given: scenario(sound.replace("vms: {", "__proto__: { kind: Machine }\n  vms: {")),
      expected: "a.yaml:9:5 error SCN020 '__proto__' cannot be a name in expressions. Choose another one."
    },
    {
      rule: "a name in let that means something already",
      given: scenario(sound.replace("vms: {", "it: { kind: Machine }\n  vms: {")),
      expected: "a.yaml:9:5 error SCN020 'it' has a meaning of its own in expressions. Choose another one."
    },
    {
      rule: "a name that only objects of JavaScript have",
      given: scenario(sound.replace("from: vms", "from: toString")),
      expected: "a.yaml:11:70 error SCN007 'toString' is not bound in let. Known: cluster, workers, vms."
    },
    {
      rule: "no seeds",
      given: scenario(`seeds: []\n${sound}`),
      expected: "a.yaml:5:10 error SCN004 spec.seeds: Expected a value with a length of at least 1."
    },
    {
      rule: "a seed below zero",
      given: scenario(`seeds: [-1]\n${sound}`),
      expected: "a.yaml:5:11 error SCN004 spec.seeds.0: Expected a value between 0 and 4294967295. Given: -1."
    },
    {
      rule: "more seeds than anybody runs",
      given: scenario(`seeds: { from: 1, count: 1000000000 }\n${sound}`),
      expected: "a.yaml:5:28 error SCN004 spec.seeds.count: Expected a value between 1 and 100000. Given: 1000000000."
    },
    {
      rule: "a matrix without bounds",
      given: scenario(
        `matrix: { axes: { ${["a", "b", "c", "d", "e", "f"].map((axis) => `${axis}: [1, 2, 3, 4, 5, 6, 7, 8, 9]`).join(", ")} } }\n${sound}`
      ),
      expected: "a.yaml:5:11 error SCN010 The matrix has 531441 cells; 100000 are the most."
    },
    {
      rule: "a duration beyond all bounds",
      given: scenario(sound.replace("within: 25m", `within: ${"9".repeat(400)}s`)),
      expected:
        "a.yaml:5:131 error SCN019 '99999999999999999999999999999999999999999999999999999999999…' is too long: no time in a scenario is longer than 366d."
    },
    {
      rule: "a step that the scenario does not last for",
      given: scenario(sound.replace("at: +5m", "at: +7h")),
      expected:
        "a.yaml:11:23 error SCN019 '+7h' is not over before the scenario's own time-out. That is 6h, unless spec.timeouts.scenario says otherwise."
    },
    {
      rule: "picking less than one",
      given: scenario(sound.replace("count: 1", "count: 0")),
      expected:
        "a.yaml:11:122 error SCN004 spec.steps.0.target.pick.count: Expected a value greater than or equal to 1. Given: 0."
    },
    {
      rule: "an expectation's id used twice",
      given: scenario(`${sound}\n  - { id: healed, never: "1 > 2" }`),
      expected: "a.yaml:15:13 error SCN012 Expectation id 'healed' is used twice."
    },
    {
      rule: "a condition that is none",
      given: scenario(sound.replace('"workers.all(m, ready(m))", timeout', '"workers.size()", timeout')),
      expected: "a.yaml:12:16 error CEL004 This gives a value of type int, not true or false."
    },
    {
      rule: "a string compared with a number",
      given: scenario(sound.replace('"workers.all(m, ready(m))", timeout', "\"workers.size() == 'three'\", timeout")),
      expected:
        "a.yaml:12:16 error CEL004 There is no int == string. Convert one side with int(), double() or string()."
    },
    {
      rule: "too many arguments",
      given: scenario(sound.replace('ready(m))", timeout', 'ready(m, 1))", timeout')),
      expected: "a.yaml:12:31 error CEL003 found no matching overload for 'ready(dyn, int)'. Write ready(dyn): bool."
    },
    {
      rule: "a fault step that is none",
      given: scenario(sound.replace('"workers.all(m, ready(m))", timeout', "\"faultEnded('kil')\", timeout")),
      expected: "a.yaml:12:27 error CEL005 There is no fault step 'kil'. Did you mean 'kill'?"
    },
    {
      rule: "a step that is none",
      given: scenario(sound.replace('"workers.all(m, ready(m))", timeout', "\"now() > stepEnd('step-3')\", timeout")),
      expected: "a.yaml:12:32 error CEL005 There is no step 'step-3'. Did you mean 'step-2'?"
    },
    {
      rule: "a workload that is not declared",
      given: scenario(
        sound.replace('"workers.all(m, ready(m))", timeout', "\"workload('web').available > 1\", timeout")
      ),
      expected: "a.yaml:12:25 error CEL005 There is no workload 'web'."
    },
    {
      rule: "a cloud call that does not exist",
      given: scenario(
        sound.replace('"workers.all(m, ready(m))", timeout', "\"calls('ec2.RunInstance') > 1\", timeout")
      ),
      expected: "a.yaml:12:22 error CEL005 'ec2' has no operation 'RunInstance'. Did you mean 'RunInstances'?"
    },
    {
      rule: "a duration in CEL that is none",
      given: scenario(
        sound.replace('"workers.all(m, ready(m))", timeout', "\"age(cluster) > duration('5 min')\", timeout")
      ),
      expected: "a.yaml:12:40 error CEL005 '5 min' is not a duration. CEL knows h, m, s and ms: write 90s or 1h30m."
    },
    {
      rule: "a regular expression that is none",
      given: scenario(sound.replace('"workers.all(m, ready(m))", timeout', "\"zone(cluster).matches('(')\", timeout")),
      expected: "a.yaml:12:38 error CEL005 '(' is not a regular expression."
    },
    {
      rule: "a fault at an operation that does not exist",
      given: scenario(
        sound.replace(/fault: compute.*$/m, "fault: api.throttle, with: { service: ec2, operations: [RunInstance] } }")
      ),
      expected: "a.yaml:11:84 error FLT004 'ec2' has no operation 'RunInstance'. Did you mean 'RunInstances'?"
    },
    {
      rule: "a crash at a call that does not exist",
      given: scenario(
        sound.replace(/fault: compute.*$/m, "fault: controller.crash, with: { call: ec3.RunInstances } }")
      ),
      expected: "a.yaml:11:67 error FLT004 There is no service 'ec3'. Did you mean 'ec2'?"
    },
    {
      rule: "a manifest whose name is a number",
      given: scenario(sound.replace("file: cluster.yaml", "file: number.yaml")),
      expected: 'number.yaml:3:19 error MAN003 metadata.name has to be a string. Put it in quotes: "5".'
    },
    {
      rule: "a manifest that cannot be read",
      given: scenario(sound.replace("file: cluster.yaml", "file: folder")),
      expected: "a.yaml:5:32 error MAN001 'folder' cannot be read: it is a folder."
    },
    {
      rule: "a substitution that never ends",
      given: scenario(sound.replace("file: cluster.yaml", "file: unclosed.yaml")),
      expected:
        "unclosed.yaml:2:9 error VAR001 '${CLUSTER   labels: {}' is not a substitution that clusterctl manifests may use."
    },
    {
      rule: "a fault of instances aimed at objects",
      given: scenario(sound.replace("from: vms, where: \"it.state == 'running'\"", "from: workers")),
      expected:
        "a.yaml:11:70 error FLT002 'compute.terminate' hits instances, and 'workers' are objects. Bind the machines of the cloud in let: { resource: instance }."
    },
    {
      rule: "a budget that is neither count nor percentage",
      given: scenario(
        sound.replace("given: {", "given: { world: { workloads: [{ name: web, replicas: 3, minAvailable: half }] },")
      ),
      expected:
        'a.yaml:5:73 error SCN004 spec.given.world.workloads.0.minAvailable: Expected a whole number or a percentage such as 50%. Given: "half".'
    },
    {
      rule: "a target for a fault that has none",
      given: scenario(sound.replace("compute.terminate", "zone.outage, with: { zone: a }")),
      expected: "a.yaml:11:67 error FLT002 'zone.outage' takes no target."
    },
    {
      rule: "a template that cannot be filled in, once",
      given: scenario(sound.replace("at: +5m", 'at: "${{ 1 + }}"')),
      expected: "a.yaml:11:23 error CEL001 Unexpected token: EOF."
    },
    {
      rule: "excluding an axis that there is not",
      given: scenario(`matrix: { axes: { zone: [a, b] }, exclude: [{ zon: b }] }\n${sound}`),
      expected: "a.yaml:5:49 error SCN010 The matrix has no axis 'zon'. Did you mean 'zone'?"
    },
    {
      rule: "excluding a value that there is not",
      given: scenario(`matrix: { axes: { zone: [first, second] }, exclude: [{ zone: secnd }] }\n${sound}`),
      expected: "a.yaml:5:64 error SCN010 Axis 'zone' has no value 'secnd'. Did you mean 'second'?"
    },
    { rule: "an empty file", given: "", expected: "a.yaml error SCN001 The file holds no scenario." }
  ]
  it.each(cases)("$rule", ({ expected, given }) => {
    assert.strictEqual(first(given), expected)
  })

  it("finds everything in one pass", () => {
    const { diagnostics } = load(
      scenario(sound.replace("after: kill", "after: kil").replace("compute.terminate", "compute.terminat"))
    )
    assert.deepStrictEqual(diagnostics.map((diagnostic) => diagnostic.code).sort(), ["FLT001", "SCN017"])
  })

  it.prop("never throws, whatever the text", { text: Schema.String }, ({ text }) => {
    const { diagnostics, plans } = load(text)
    assert.isTrue(diagnostics.length > 0 || plans.length > 0)
  })
})
