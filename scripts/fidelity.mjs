/**
 * Writes docs/reference/fidelity.md from the marks in the simulator's file headers: what each simulated behaviour rests on.
 *
 * `node scripts/fidelity.mjs` writes the page; `--check` fails when it is not up to date. A mark that cannot be read, or that stands
 * elsewhere than in a header, fails both: it would be missing from the page without a word.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const page = join(root, "docs/reference/fidelity.md")
const mark = /^@fidelity (documented|observed|assumed)(?: (\S+))? — (.+)/
/** Marks that are not understood, each with its file. */
const unread = []

/** The text of a header comment, a mark that runs over several lines joined to one. */
const marksIn = (file) => {
  const text = readFileSync(join(root, file), "utf8")
  const header = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? ""
  const lines = []
  for (const raw of header.split("\n")) {
    const line = raw.replace(/^\s*\* ?/, "").trimEnd()
    if (line.startsWith("@")) lines.push(line)
    else if (line !== "" && lines.length > 0) lines[lines.length - 1] += ` ${line.trim()}`
    else if (line === "") lines.push("")
  }
  const marks = lines.filter((line) => line.startsWith("@fidelity"))
  if (marks.length < text.split("@fidelity").length - 1)
    unread.push(`${file}: a mark stands elsewhere than at a line's beginning in the header`)
  return marks.flatMap((line) => {
    const found = mark.exec(line)
    if (found !== null) return [{ kind: found[1], source: found[2] ?? "", sentence: found[3].trim() }]
    unread.push(`${file}: ${line}`)
    return []
  })
}

const files = globSync("simulator/*/src/**/*.ts", { cwd: root })
  .map((file) => file.replaceAll("\\", "/"))
  .sort()
const rows = files.flatMap((file) => marksIn(file).map((each) => ({ file, ...each })))
if (unread.length > 0) {
  console.error(
    `These marks cannot be read: write "@fidelity documented|observed|assumed [one word for the source] — sentence".\n${unread.join("\n")}`
  )
  process.exit(1)
}
const count = (kind) => rows.filter((row) => row.kind === kind).length
const cell = (text) => text.replaceAll("|", "\\|")
const link = (source) => (source.startsWith("http") ? `[source](${source})` : cell(source))
const section = (folder) => {
  const own = rows.filter((row) => row.file.startsWith(`simulator/${folder}/`))
  if (own.length === 0) return []
  return [
    `## simulator/${folder}`,
    "",
    "| rests on | behaviour | source | file |",
    "| --- | --- | --- | --- |",
    ...own.map(
      (row) =>
        `| ${row.kind} | ${cell(row.sentence)} | ${link(row.source)} | \`${row.file.replace(`simulator/${folder}/src/`, "")}\` |`
    ),
    ""
  ]
}
const text =
  [
    "# What the simulation rests on",
    "",
    "Generated from the file headers of the simulator by `node scripts/fidelity.mjs`. A verdict is worth as much as the behaviours",
    "behind it: *documented* ones are stated by the original's own documentation, *observed* ones were seen, *assumed* ones are our",
    "best guess.",
    "",
    `${rows.length} behaviours: ${count("documented")} documented, ${count("observed")} observed, ${count("assumed")} assumed.`,
    "",
    ...["kernel", "kubernetes", "aws", "world"].flatMap(section)
  ]
    .join("\n")
    .trimEnd() + "\n"

if (process.argv.includes("--check")) {
  let current = ""
  try {
    current = readFileSync(page, "utf8")
  } catch {
    // A missing page is as good as an old one.
  }
  if (current !== text) {
    console.error("docs/reference/fidelity.md is not up to date: run node scripts/fidelity.mjs")
    process.exit(1)
  }
} else {
  writeFileSync(page, text)
  console.log(`docs/reference/fidelity.md: ${rows.length} behaviours`)
}
