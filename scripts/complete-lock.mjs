/**
 * Completes `package-lock.json` after `npm install`: `node scripts/complete-lock.mjs`.
 *
 * A package with native parts names one optional package per platform. npm leaves those out of the lock that it could not look up
 * when it wrote the lock (a mirror without them, another platform's `node_modules` at hand), and then `npm ci` refuses the lock
 * everywhere. This adds them with their exact version and platform, which their names tell; their integrity is left for npm to add.
 *
 * @source https://github.com/npm/cli/issues/4828
 */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const lockFile = join(dirname(dirname(fileURLToPath(import.meta.url))), "package-lock.json")

const systems =
  /(?:^|[-./])(aix|android|darwin|freebsd|linux|linuxmusl|netbsd|openbsd|openharmony|sunos|win32|win|wasi)(?=[-.]|$)/
const processors = /(?:^|[-./])(arm64|arm|ia32|loong64|mips64el|ppc64|ppc64le|riscv64|s390x|wasm32|x64)(?=[-.]|$)/

/** What the name of a platform's package says of the platform, or `undefined` when it says nothing. */
const platformOf = (name) => {
  const os = systems.exec(name)?.[1]
  const cpu = processors.exec(name)?.[1]
  if (cpu === "wasm32") return { cpu: ["wasm32"] }
  if (os === undefined) return undefined
  const libc = os === "linuxmusl" || /musl/.test(name) ? ["musl"] : /-gnu/.test(name) ? ["glibc"] : undefined
  const system = os === "win" ? "win32" : os === "linuxmusl" ? "linux" : os
  return { os: [system], ...(cpu === undefined ? {} : { cpu: [cpu] }), ...(libc === undefined ? {} : { libc }) }
}

/** The folders in which Node looks for a package that the one at `path` imports, nearest first; `""` is the root. */
const lookupFolders = (path) =>
  path === "" ? [""] : [path, ...lookupFolders(path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/"))))]

const placeIn = (folder, name) => (folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`)

const lock = JSON.parse(readFileSync(lockFile, "utf8"))
let added = 0
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const platform = platformOf(name)
    if (platform === undefined || !/^\d/.test(version)) continue
    const found = lookupFolders(path)
      .map((folder) => lock.packages[placeIn(folder, name)])
      .find((other) => other !== undefined)
    if (found?.version === version) continue
    // Another version at the root is for somebody else: then this one stands below its own package.
    lock.packages[placeIn(found === undefined ? "" : path, name)] = {
      version,
      ...platform,
      ...(entry.dev ? { dev: true } : {}),
      optional: true
    }
    added += 1
  }
}

if (added > 0) {
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) =>
      a === b ? 0 : a === "" ? -1 : b === "" ? 1 : a.localeCompare(b, "en")
    )
  )
  writeFileSync(lockFile, JSON.stringify(lock, null, 2) + "\n")
}
process.stdout.write(`package-lock.json: ${added} packages of other platforms added\n`)
