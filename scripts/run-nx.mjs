/**
 * Runs Nx for the project's own scripts: no daemon, no cloud, plain output, whatever the machine's settings are.
 *
 * @source https://nx.dev/docs/reference/environment-variables
 */
import { runChild } from "./run-child.mjs"

/** Runs `nx` with these arguments and gives its exit code. */
export const runNx = (args) =>
  runChild("nx", [...args, "--outputStyle=static"], {
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
    env: { ...process.env, NX_DAEMON: "false", NX_NO_CLOUD: "true", NX_TUI: "false", DO_NOT_TRACK: "1" }
  })
