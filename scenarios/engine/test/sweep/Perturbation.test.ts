import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { familyOf, formatPerturbation, parsePerturbation, type Perturbation } from "../../src/index.ts"

const named: ReadonlyArray<readonly [string, Perturbation]> = [
  ["crash@before:ec2.RunInstances:1", { _tag: "crash", when: "before", operation: "ec2.RunInstances", n: 1 }],
  ["crash@after:kubernetes.patch:57", { _tag: "crash", when: "after", operation: "kubernetes.patch", n: 57 }],
  ["lost@secretsmanager.CreateSecret:2", { _tag: "lost", operation: "secretsmanager.CreateSecret", n: 2 }],
  ["leaders@kubernetes.create:4", { _tag: "leaders", operation: "kubernetes.create", n: 4 }],
  ["drop@Machine:12", { _tag: "drop", kind: "Machine", n: 12 }],
  ["delay@AWSMachine:3", { _tag: "delay", kind: "AWSMachine", n: 3 }],
  ["duplicate@Secret:1", { _tag: "duplicate", kind: "Secret", n: 1 }],
  ["coalesce@Cluster:9", { _tag: "coalesce", kind: "Cluster", n: 9 }],
  ["stale@MachineSet:12:2", { _tag: "stale", kind: "MachineSet", n: 12, revisions: 2 }]
]

describe("the name of a perturbation", () => {
  it.each(named)("%s is written and read", (text, perturbation) => {
    assert.strictEqual(formatPerturbation(perturbation), text)
    assert.deepStrictEqual(parsePerturbation(text), Result.succeed(perturbation))
  })

  it("tells its family", () => {
    assert.deepStrictEqual(
      named.map(([, perturbation]) => familyOf(perturbation)),
      ["crash", "crash", "lost", "leaders", "unobserved", "unobserved", "unobserved", "unobserved", "stale"]
    )
  })

  it.each([
    ["crush@after:ec2.RunInstances:1", "There is no perturbation 'crush'. Did you mean 'crash'?"],
    ["crash@ec2.RunInstances:1", "names no place of a run: write it like crash@after:ec2.RunInstances:1."],
    ["crash@after:ec2.RunInstances:0", "names no place of a run"],
    ["lost@RunInstances:1", "names no place of a run: write it like lost@ec2.RunInstances:1."],
    ["drop@Machine", "names no place of a run: write it like drop@Machine:12."],
    ["drop@Machine:1:2", "names no place of a run"],
    ["stale@Machine:12", "write it like stale@Machine:12:2."],
    ["", "There is no perturbation ''."]
  ])("'%s' is refused with how to write it", (text, sentence) => {
    const parsed = parsePerturbation(text)
    assert.include(Result.isFailure(parsed) ? parsed.failure : "", sentence)
  })
})
