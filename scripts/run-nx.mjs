/**
 * Runs Nx for the project's own scripts: no daemon, no cloud, plain output, whatever the machine's settings are.
 *
 * @source https://nx.dev/docs/reference/environment-variables
 */
import { runChild } from "./run-child.mjs"

/** Nx asks its tasks for colours wherever it runs; off a terminal, or under `NO_COLOR`, they shall not. */
const colours = process.stdout.isTTY && !process.env.NO_COLOR ? {} : { FORCE_COLOR: "0", NO_COLOR: "1" }

/** Runs `nx` with these arguments and gives its exit code. */
export const runNx = (args) =>
  runChild("nx", [...args, "--outputStyle=static"], {
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    env: { ...process.env, NX_DAEMON: "false", NX_NO_CLOUD: "true", NX_TUI: "false", DO_NOT_TRACK: "1", ...colours }
  })
