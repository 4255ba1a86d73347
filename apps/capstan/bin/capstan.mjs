#!/usr/bin/env node
/**
 * `npx capstan` inside a clone: the command line from its sources, run by the project's own set-up.
 *
 * The packed command line has another door, `scripts/packed/capstan.mjs`.
 */
import { fileURLToPath } from "node:url"
import { exitWith, runWithProjectNode } from "../../../scripts/with-node.mjs"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
await exitWith(() => runWithProjectNode(main, process.argv.slice(2)))
