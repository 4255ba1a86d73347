/**
 * A shrunk scenario as a file to keep: what it shows and where it came from in front, then the scenario.
 *
 * @source docs/guides/exploring.md
 */
import { catalogueFolder } from "@capstan/catalogue"
import type { ScenarioDocument } from "@capstan/engine/text"
import * as Result from "effect/Result"
import { createHash } from "node:crypto"
import { mkdirSync } from "node:fs"
import { dirname, relative, resolve, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { stringify } from "yaml"
import { onOneLine } from "../report/Amounts.ts"
import { cataloguePrefix } from "./Catalogue.ts"
import { openReportFile } from "./ReportFile.ts"
import { shownPath } from "./ScenarioSources.ts"

/** Where shrunk scenarios go unless told otherwise, from the working folder. */
export const regressionsFolder = "scenarios/regressions"

export interface Regression {
  readonly document: ScenarioDocument
  readonly seed: number
  /** Why it fails, as `failureReasons` has it, and what that came from. */
  readonly reason: string
  readonly detail: string | undefined
  /** Where the scenario stood that was shrunk: its manifests are named from there. */
  readonly from: { readonly path: string; readonly shown: string }
}

type Manifest = ScenarioDocument["spec"]["given"]["manifests"][number]
type Step = ScenarioDocument["spec"]["steps"][number]

/** The same scenario with its manifests named from another folder. */
const seenFrom = (folder: string, { document, from }: Regression): ScenarioDocument => {
  const catalogue = fileURLToPath(catalogueFolder)
  const moved = (manifest: Manifest): Manifest => {
    if (manifest.file.startsWith(cataloguePrefix)) return manifest
    const path = resolve(dirname(from.path), manifest.file)
    const file = from.shown.startsWith(cataloguePrefix)
      ? `${cataloguePrefix}${shownPath(catalogue, path)}`
      : relative(folder, path).split(sep).join("/")
    return { ...manifest, file }
  }
  const movedStep = (step: Step): Step => ({
    ...step,
    ...(step.apply === undefined ? {} : { apply: moved(step.apply) }),
    ...(step.parallel === undefined ? {} : { parallel: step.parallel.map(movedStep) })
  })
  const { given, steps } = document.spec
  return {
    ...document,
    spec: { ...document.spec, given: { ...given, manifests: given.manifests.map(moved) }, steps: steps.map(movedStep) }
  }
}

const wrapped = (text: string, width: number): ReadonlyArray<string> =>
  onOneLine(text)
    .split(" ")
    .reduce<Array<string>>((lines, word) => {
      const last = lines.at(-1)
      if (last === undefined || last.length + word.length + 1 > width) lines.push(word)
      else lines[lines.length - 1] = `${last} ${word}`
      return lines
    }, [])

/** Text of the file: a comment that says why it is kept, and the scenario with its seed. */
export const regressionText = (folder: string, regression: Regression): string => {
  const { detail, reason, seed } = regression
  const moved = seenFrom(folder, regression)
  const document = { ...moved, spec: { ...moved.spec, seeds: [seed] } }
  const why = `Shrunk from ${moved.metadata.name}. It failed for ${reason}${detail === undefined ? "." : `: ${detail}`}`
  const comment = wrapped(why, 126).map((line) => `# ${line}\n`)
  return `${comment.join("")}${stringify(document, { lineWidth: 128, aliasDuplicateObjects: false })}`
}

/** Writes it into a folder, which is made if need be. Gives the path as one shows it, or a sentence. */
export const writeRegression = (folder: string, regression: Regression): Result.Result<string, string> => {
  const absolute = resolve(process.cwd(), folder)
  const text = regressionText(absolute, regression)
  const slug = regression.reason
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 60)
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 6)
  const path = resolve(absolute, `${slug}-${digest}.yaml`)
  return Result.gen(function* () {
    yield* Result.try({
      try: () => mkdirSync(absolute, { recursive: true }),
      catch: (error) => `cannot make the folder ${folder}: ${error instanceof Error ? error.message : String(error)}.`
    })
    const file = yield* openReportFile(process.cwd(), path)
    yield* file.write(text)
    return shownPath(process.cwd(), path)
  })
}
