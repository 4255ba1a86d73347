/**
 * `npm run pack:cli`: bundles the command line into `capstan-cli-<version>.tgz`, which needs nothing of this workspace.
 *
 * Rolldown bundles `apps/capstan` with code splitting, so that a command loads only what it uses. The sources find their data (the
 * catalogue's YAML, schemas) beside themselves by `import.meta.url`; the bundle keeps that true: data files of every bundled
 * package go to `data/<where they stand here>`, and each module's `import.meta.url` says where it would stand there. The package
 * gets a `package.json` of its own, without dependencies; `nodeVersion` in it is what its door fetches where Node is too old.
 *
 * `--stage-only` stops before `npm pack`; what would be packed then stands in `.capstan/package`.
 *
 * @source https://rolldown.rs/reference/
 */
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const app = join(root, "apps", "capstan")
const staging = join(root, ".capstan", "package")
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"))
const fromRoot = (path) => relative(root, path).split(sep).join("/")

/** Modules that are started as programs of their own: the command line, what it runs in worker threads, the manager. */
const entries = () => {
  const apps = join(root, "apps")
  const programs = readdirSync(apps, { recursive: true, encoding: "utf8" }).filter((path) =>
    /^\w+.src\b.*(?:Worker|Main)\.ts$/.test(path)
  )
  const named = programs.map((path) => [path.split(sep).at(-1).replace(/\.ts$/, ""), join(apps, path)])
  return { main: join(app, "src", "main.ts"), ...Object.fromEntries(named) }
}

/** Keeps `import.meta` true in the bundle: other programs stand beside it, data below `data/`. */
const keepPlaces = {
  name: "keep-places",
  transform(code, id) {
    if (!id.startsWith(root) || id.includes(`${sep}node_modules${sep}`) || !code.includes("import.meta.")) return null
    const place = `new URL(${JSON.stringify(`../data/${fromRoot(id)}`)}, import.meta.url)`
    const folder = `new URL(${JSON.stringify(`../data/${fromRoot(dirname(id))}`)}, import.meta.url)`
    const programs = []
    const kept = code.replaceAll(
      /new URL\(\s*["'][^"']*?(\w+(?:Worker|Main))\.ts["'],\s*import\.meta\.url\s*\)/g,
      (_, name) => {
        programs.push(`new URL("./${name}.mjs", import.meta.url)`)
        return `\0${programs.length - 1}\0`
      }
    )
    const moved = kept.replaceAll(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, what) => {
      if (what === "url") return `${place}.href`
      return `decodeURIComponent(${what === "dirname" ? folder : place}.pathname)`
    })
    return { code: moved.replaceAll(/\0(\d+)\0/g, (_, index) => programs[Number(index)]), map: null }
  }
}

/** The AWS SDK as ES modules, of which a bundle takes what is used: its CommonJS comes whole. */
const awsModules = {
  name: "aws-modules",
  async resolveId(source, importer) {
    if (!/^@(?:aws-sdk|smithy)\//.test(source)) return null
    const found = await this.resolve(source, importer, { skipSelf: true })
    const module = found?.id.replace(`${sep}dist-cjs${sep}`, `${sep}dist-es${sep}`)
    return module !== undefined && existsSync(module) ? module : found
  }
}

/** The folder of the package that a module belongs to: of this workspace, or below `node_modules`. */
const packageFolder = (id) => {
  for (let folder = dirname(id); folder.length > root.length; folder = dirname(folder)) {
    const manifest = join(folder, "package.json")
    if (existsSync(manifest) && readJson(manifest).name !== undefined) return folder
  }
  return root
}

/** Bundles the command line and gives the folders of all packages that went into it, sorted. */
const bundle = async () => {
  const build = await rolldown({
    input: entries(),
    platform: "node",
    plugins: [keepPlaces, awsModules],
    logLevel: "warn",
    // Its package.json does not say so, but its modules only declare: without this, all of the API's models come along (17 MB).
    treeshake: { moduleSideEffects: [{ test: /[\\/]@kubernetes[\\/]client-node[\\/]/, sideEffects: false }] }
  })
  const { output } = await build.write({
    dir: join(staging, "dist"),
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
    minify: false
  })
  await build.close()
  const ids = output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : []))
  const files = ids.filter((id) => id.startsWith(root) && existsSync(id))
  return [...new Set(files.map(packageFolder))].sort()
}

const isData = (path) => /\.(?:ya?ml|json|txt|tmpl)$/.test(path) && !/(?:^|\/)(?:package|tsconfig)\.json$/.test(path)

/** Copies the data files of a workspace package to the same place below `data/`. */
const copyData = (folder) => {
  const shipped = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (path) => isData(path) && !/(?:^|[\\/])(?:node_modules|dist|test)[\\/]/.test(path)
  )
  for (const path of shipped) cpSync(join(folder, path), join(staging, "data", fromRoot(folder), path))
}

/** The page of HTML reports, built. */
const reportShell = () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, "scripts", "report-shell.mjs")], {
    encoding: "utf8"
  })
  if (status !== 0) throw new Error(`the page of reports could not be built: ${stderr}`)
  return stdout.trim()
}

/** The licences of what others wrote and the bundle contains. */
const thirdPartyLicenses = (folders) =>
  folders.map((folder) => {
    const { license, name, version } = readJson(join(folder, "package.json"))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:\.\w+)?$/i.test(entry))
    const text =
      file === undefined
        ? `(no licence file in the package; it declares ${license})`
        : readFileSync(join(folder, file), "utf8")
    return `${name} ${version} (${license})\n\n${text.trim()}\n`
  })

const manifest = () => {
  const { license, version } = readJson(join(app, "package.json"))
  const nodeVersion = readJson(join(root, "package.json")).optionalDependencies.node
  return {
    name: "@capstan/cli",
    version,
    description: "Runs Cluster API scenarios in a simulated world: does my cluster survive this?",
    license,
    type: "module",
    bin: { capstan: "bin/capstan.mjs" },
    files: ["bin", "dist", "data", "LICENSE", "THIRD-PARTY-LICENSES.txt"],
    engines: { node: ">=18" },
    nodeVersion
  }
}

rmSync(staging, { recursive: true, force: true })
mkdirSync(join(staging, "bin"), { recursive: true })
const folders = await bundle()
const foreign = folders.filter((folder) => folder.includes(`${sep}node_modules${sep}`))
for (const folder of folders) if (folder !== root && !foreign.includes(folder)) copyData(folder)
cpSync(join(root, "scripts", "packed", "capstan.mjs"), join(staging, "bin", "capstan.mjs"))
cpSync(join(root, "scripts", "run-child.mjs"), join(staging, "bin", "run-child.mjs"))
cpSync(reportShell(), join(staging, "data", "scenarios", "report", "shell.html"))
cpSync(join(root, "LICENSE"), join(staging, "LICENSE"))
writeFileSync(join(staging, "THIRD-PARTY-LICENSES.txt"), thirdPartyLicenses(foreign).join(`\n${"-".repeat(80)}\n\n`))
writeFileSync(join(staging, "package.json"), JSON.stringify(manifest(), null, 2) + "\n")

if (process.argv.includes("--stage-only")) {
  process.stdout.write(`${fromRoot(staging)}: ready to pack\n`)
} else {
  const npm = spawnSync("npm", ["pack", "--silent", "--pack-destination", root], {
    cwd: staging,
    encoding: "utf8",
    shell: process.platform === "win32",
    stdio: ["ignore", "pipe", "inherit"]
  })
  if (npm.status !== 0) throw new Error(`npm pack failed with exit code ${npm.status}`)
  process.stdout.write(`${npm.stdout.trim()}\n`)
}
