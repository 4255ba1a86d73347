import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { compileQuestion, type Unmet } from "../../src/language/WhyNot.ts"
import { emptyScene } from "../../src/plan/Templates.ts"

const machine = (name: string, ready: "True" | "False" | undefined, version = "v1.33.4") => ({
  kind: "Machine",
  metadata: { name, namespace: "default" },
  spec: { version },
  ...(ready === undefined
    ? {}
    : { status: { conditions: [{ type: "Ready", status: ready, reason: "Because", message: "* it is\n  so" }] } })
})

const world: { readonly [name: string]: unknown } = {
  machines: [machine("a", "True"), machine("b", "False"), machine("c", undefined)],
  vms: [{ id: "i-1", state: "stopped" }],
  none: [],
  kcp: { kind: "KubeadmControlPlane", metadata: { name: "cp", namespace: "default" }, spec: { replicas: 3 } }
}
const names = {
  bindings: Object.keys(world).map((name) => ({ name, one: name === "kcp" })),
  constants: { vars: { count: 3 } }
}
const scene = { ...emptyScene, nowMillis: Date.UTC(2030, 0, 1), binding: (name: string) => world[name] }

const shown = (parts: ReadonlyArray<Unmet>, depth = 0): ReadonlyArray<string> =>
  parts.flatMap(({ parts: inner, text }) => [`${"  ".repeat(depth)}${text}`, ...shown(inner, depth + 1)])
const unmet = (source: string) => shown(Result.getOrThrow(compileQuestion(source, names)).unmet(scene))

const notReady = ["Machine/default/b: Ready is False (Because): * it is so"]

const cases: ReadonlyArray<{ readonly rule: string; readonly source: string; readonly says: ReadonlyArray<string> }> = [
  { rule: "has nothing to say of what holds", source: "machines.size() == vars.count", says: [] },
  {
    rule: "names the failing side of 'and' alone, with both values",
    source: "machines.size() == 3 && kcp.spec.replicas > vars.count",
    says: ["kcp.spec.replicas > vars.count: 3 against 3"]
  },
  {
    rule: "names both sides of 'or'",
    source: "machines.size() == 1 || none.size() == 1",
    says: [
      "none of: machines.size() == 1 || none.size() == 1",
      "  machines.size() == 1: 3 against 1",
      "  none.size() == 1: 0 against 1"
    ]
  },
  {
    rule: "names the members for which 'all' fails, with their conditions",
    source: "machines.all(m, ready(m))",
    says: [
      "machines.all(m, ready(m)): so for 1 of 3",
      "  Machine/default/b",
      "    ready(m): false",
      `      ${notReady[0]}`,
      "  Machine/default/c",
      "    ready(m): false",
      "      Machine/default/c has no condition Ready"
    ]
  },
  {
    rule: "says that the list is empty",
    source: "none.exists(m, ready(m))",
    says: ["none.exists(m, ready(m)): none is empty"]
  },
  {
    rule: "names whom a filter leaves out",
    source: "machines.filter(m, isTrue(m, 'Ready') && m.spec.version == 'v1.33.4').size() == 2",
    says: [
      "machines.filter(m, isTrue(m, 'Ready') && m.spec.version == 'v1.33.4').size() == 2: 1 against 2",
      "  left out: Machine/default/b",
      "    isTrue(m, 'Ready'): false",
      `      ${notReady[0]}`,
      "  left out: Machine/default/c",
      "    isTrue(m, 'Ready'): false",
      "      Machine/default/c has no condition Ready"
    ]
  },
  {
    rule: "says of 'not' what it is that holds",
    source: "!isFalse(machines[1], 'Ready')",
    says: ["!isFalse(machines[1], 'Ready'): false", `  ${notReady[0]}`]
  },
  {
    rule: "follows the branch that was taken",
    source: "vars.count > 2 ? vms.exists(v, v.state == 'running') : true",
    says: [
      "vms.exists(v, v.state == 'running'): so for 0 of 1",
      "  i-1",
      '    v.state == \'running\': "stopped" against "running"'
    ]
  },
  {
    rule: "says that a field is not there yet",
    source: "kcp.status.replicas == 3",
    says: ["kcp.status.replicas == 3: not known yet, No such key: status"]
  },
  {
    rule: "knows the names of nested macros",
    source: "vms.all(v, machines.exists(m, m.metadata.name == v.id))",
    says: [
      "vms.all(v, machines.exists(m, m.metadata.name == v.id)): so for 0 of 1",
      "  i-1",
      "    machines.exists(m, m.metadata.name == v.id): so for 0 of 3",
      "      Machine/default/a",
      '        m.metadata.name == v.id: "a" against "i-1"',
      "      Machine/default/b",
      '        m.metadata.name == v.id: "b" against "i-1"',
      "      Machine/default/c",
      '        m.metadata.name == v.id: "c" against "i-1"'
    ]
  }
]

describe("compileQuestion", () => {
  it.each(cases)("$rule", ({ says, source }) => {
    assert.deepStrictEqual(unmet(source), says)
  })

  it("refuses what is no condition, with the place", () => {
    const refused = compileQuestion("machines.all(m, redy(m))", names)
    assert.isTrue(Result.isFailure(refused))
    assert.match(
      Result.isFailure(refused) ? refused.failure : "",
      /^The expression is wrong at column \d+: CEL003 'redy' is not a function\. Did you mean 'ready'\?\n {2}machines.*\n +\^$/
    )
    assert.isTrue(Result.isFailure(compileQuestion("machines.size()", names)))
  })
})
