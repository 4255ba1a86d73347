/**
 * Puts real output into the README: the story that `npm start` tells, cut where it is long. `apps/capstan/test/Readme.test.ts` holds
 * what stands there against a run.
 */
import { execFileSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const readme = join(root, "README.md")
const marker = /(<!-- story: (\S+) --seed (\d+) -->\n```\n)[\s\S]*?(\n```)/
const text = readFileSync(readme, "utf8")
const [, , scenario, seed] = marker.exec(text) ?? []
const output = execFileSync(
  process.execPath,
  [join(root, "apps/capstan/src/main.ts"), "test", scenario, "--seed", seed, "--reporter", "story"],
  { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } }
)
const width = 132
const lines = output.split("\n").map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line).trimEnd())
const first = lines.findIndex((line) => /^ \d\d:\d\d:\d\d /.test(line))
const last = lines.findLastIndex((line) => /^ \d\d:\d\d:\d\d /.test(line))
const story = lines.slice(first, last + 1)
const quiet = new Set(["created", "up", "gone", "available", "degraded"])
const kept = story.filter((line, index) => index < 3 || !quiet.has(line.split(/\s+/)[2] ?? ""))
const verdict = lines.slice(last + 1).filter((line) => line !== "")
const block = [...kept, "", ...verdict.slice(0, 4), "  …", ...verdict.slice(-5)].join("\n")
writeFileSync(
  readme,
  text.replace(marker, (_, open, _s, _n, close) => `${open}${block}${close}`)
)
