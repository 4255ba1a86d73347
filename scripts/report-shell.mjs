/**
 * Builds the page of HTML reports, `scenarios/report/src/page`, into one file without data, and prints where it stands.
 *
 * Vite bundles the page; script and style are put into the HTML, so that a report opens from a disk. What is there already is
 * taken when nothing it was built from has changed. Run by `scenarios/report/src/Shell.ts` in a clone, and by `pack-cli.mjs`.
 *
 * @source https://vite.dev/guide/api-javascript.html#build
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

// Whoever asks may be a test: the page is built for readers all the same.
process.env.NODE_ENV = "production"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const project = join(root, "scenarios", "report")

const sourcesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))

/** Everything that the page may be made of. */
const inputs = [
  ...sourcesOf(join(project, "src")),
  ...sourcesOf(join(root, "scenarios", "engine", "src")),
  ...sourcesOf(join(root, "simulator", "kubernetes", "src")),
  join(root, "package-lock.json"),
  fileURLToPath(import.meta.url)
].sort()

const styles = [join(root, "node_modules", "uplot", "dist", "uPlot.min.css"), join(project, "src", "page", "page.css")]

const digest = createHash("sha256")
for (const path of inputs) digest.update(`${path.slice(root.length)}\n`).update(readFileSync(path))
const target = join(root, ".capstan", "report", `shell-${digest.digest("hex").slice(0, 16)}.html`)

const document = (style, script) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>Capstan report</title>
<style>${style}</style>
</head>
<body>
<div id="report"><p class="loading">Opening the report…</p></div>
<noscript>This report is drawn by its own script. Nothing is fetched from anywhere: please allow it to run.</noscript>
<!-- runs -->
<script type="module">${script}</script>
</body>
</html>
`

const build = async () => {
  const { build: bundle } = await import("vite")
  const result = await bundle({
    root: project,
    configFile: false,
    logLevel: "error",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: join(project, "src", "page", "main.tsx"), output: { codeSplitting: false } }
    }
  })
  const { output } = Array.isArray(result) ? result[0] : result
  const chunk = output.find((part) => part.type === "chunk")
  const style = styles.map((path) => readFileSync(path, "utf8").replaceAll(/\s*\n\s*/g, " ")).join("\n")
  // Inside a script element nothing may look like its end.
  const script = chunk.code.replaceAll(/<(?=\/script|!--)/gi, "\\x3C")
  mkdirSync(dirname(target), { recursive: true })
  // What was built from other sources is of no use any more.
  for (const name of readdirSync(dirname(target))) {
    if (/^shell-\w+\.html$/.test(name)) rmSync(join(dirname(target), name), { force: true })
  }
  // Two may build at once: each writes beside the place, the last one stays.
  writeFileSync(`${target}.${process.pid}.part`, document(style, script))
  renameSync(`${target}.${process.pid}.part`, target)
}

if (!existsSync(target)) await build()
process.stdout.write(`${target}\n`)
