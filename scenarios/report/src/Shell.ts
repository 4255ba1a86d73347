/**
 * The page of a report without its data: in a packed command line a file beside it, in a clone built from `page/` when it is asked
 * for and is older than what it is built from.
 *
 * The build is a program of its own (`scripts/report-shell.mjs`): Vite is no part of what is shipped.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** Where a packed command line carries the shell. */
const shipped = new URL("../shell.html", import.meta.url)

/** The program of a clone that builds it, and answers with the place of what it has built. */
const builder = new URL("../../../scripts/report-shell.mjs", import.meta.url)

/** The shell's HTML. Throws when a clone cannot build it: something of the set-up is missing. */
export const readShell = (): string => {
  if (existsSync(shipped)) return readFileSync(shipped, "utf8")
  const { status, stderr, stdout } = spawnSync(process.execPath, [fileURLToPath(builder)], { encoding: "utf8" })
  if (status !== 0) throw new Error(`the report's page could not be built (scripts/report-shell.mjs): ${stderr.trim()}`)
  return readFileSync(stdout.trim(), "utf8")
}
