import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findScenarioSources } from "../../src/files/ScenarioSources.ts"

const scenario = "apiVersion: scenario.capstan.dev/v1alpha1\nkind: Scenario\n"

const folder = (): string => {
  const here = mkdtempSync(join(tmpdir(), "capstan-sources-"))
  mkdirSync(join(here, "scenarios", "node_modules"), { recursive: true })
  writeFileSync(join(here, "scenarios", "b.yaml"), scenario)
  writeFileSync(join(here, "scenarios", "a.yml"), scenario)
  writeFileSync(join(here, "scenarios", "cluster.yaml"), "kind: Cluster\nmetadata: { name: Scenario }\n")
  writeFileSync(join(here, "scenarios", "node_modules", "c.yaml"), scenario)
  return here
}

const shown = (here: string, args: ReadonlyArray<string>) =>
  Result.map(findScenarioSources(here, args), (sources) => sources.map(({ named, shown }) => ({ shown, named })))

describe("findScenarioSources", () => {
  it("searches ./scenarios without arguments, for scenarios alone", () => {
    assert.deepStrictEqual(
      shown(folder(), []),
      Result.succeed([
        { shown: "scenarios/a.yml", named: false },
        { shown: "scenarios/b.yaml", named: false }
      ])
    )
  })

  it("takes a file that was named, once, whatever it holds", () => {
    const found = shown(folder(), ["scenarios/cluster.yaml", "./scenarios/cluster.yaml"])
    assert.deepStrictEqual(found, Result.succeed([{ shown: "scenarios/cluster.yaml", named: true }]))
  })

  it("follows links to files, passes over what is no file, and names a link that leads nowhere", () => {
    const here = folder()
    mkdirSync(join(here, "scenarios", "folder.yaml"))
    symlinkSync("..", join(here, "scenarios", "up"))
    symlinkSync("a.yml", join(here, "scenarios", "linked.yaml"))
    assert.deepStrictEqual(
      Result.map(shown(here, ["scenarios"]), (found) => found.map((each) => each.shown)),
      Result.succeed(["scenarios/a.yml", "scenarios/b.yaml", "scenarios/linked.yaml"])
    )
    symlinkSync("gone.yaml", join(here, "scenarios", "z.yaml"))
    assert.deepStrictEqual(
      shown(here, ["scenarios"]),
      Result.fail("'scenarios/z.yaml' cannot be read: it is a link that leads nowhere.")
    )
  })

  it("names a link that leads to itself", () => {
    const here = folder()
    symlinkSync("a.yaml", join(here, "a.yaml"))
    assert.deepStrictEqual(shown(here, ["a.yaml"]), Result.fail("'a.yaml' cannot be read: its links lead in a circle."))
  })

  it("falls back to the built-in catalogue", () => {
    const found = Result.getOrThrow(shown(tmpdir(), []))
    assert.isAbove(found.length, 5)
    assert.isTrue(found.every((source) => source.shown.startsWith("catalogue:")))
  })

  it.each([
    "catalogue:worker-instance-kill",
    "catalogue:instance-kill/worker",
    "catalogue:instance-kill/worker.yaml",
    "worker-instance-kill"
  ])("finds %s", (name) => {
    const found = shown(tmpdir(), [name])
    assert.deepStrictEqual(found, Result.succeed([{ shown: "catalogue:instance-kill/worker.yaml", named: true }]))
  })

  it.each([
    { given: "", message: "A file or folder was given without a name." },
    { given: "scenarios/bb.yaml", message: "There is no file or folder 'scenarios/bb.yaml'. Did you mean 'b.yaml'?" },
    {
      given: "catalogue:instance-kil",
      message: "The catalogue has no scenario 'instance-kil'. Did you mean 'instance-kill'?"
    }
  ])("says what was probably meant by $given", ({ given, message }) => {
    assert.deepStrictEqual(shown(folder(), [given]), Result.fail(message))
  })
})
