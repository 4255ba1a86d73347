/**
 * Runs one process in the place of another: which Node is new enough, and how signals and exit codes pass through.
 *
 * The set-up of a clone and the packed command line both hand over to a newer Node this way. Plain JavaScript that Node 18 can
 * run, for the same reason as `with-node.mjs`.
 *
 * @source https://nodejs.org/api/child_process.html
 */
import { spawn } from "node:child_process"
import { constants } from "node:os"

/** The oldest Node that runs Effect 4, Vitest 5 and TypeScript sources without a flag. The same as `engines` in package.json. */
export const nodeMin = "22.19"

/** Whether a version such as `v22.19.0` is at least {@link nodeMin}. */
export const isNewEnough = (version) => {
  const numbers = (text) => text.replace(/^v/, "").split(".").map(Number)
  const [major, minor] = numbers(version)
  const [majorMin, minorMin] = numbers(nodeMin)
  return major > majorMin || (major === majorMin && minor >= minorMin)
}

/** The exit code of a process that a signal such as `SIGINT` ended. */
export const codeOfSignal = (signal) => 128 + constants.signals[signal]

/**
 * Runs a child to its end and gives its exit code, 128 + n when signal n ended it.
 *
 * Signals are passed on, except that Ctrl-C in a terminal reaches the child by itself. `options.onStart` sees the child once it
 * runs, `options.onSignal` each signal that asks this process to stop.
 */
export const runChild = (file, args, options) =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, options)
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
    const pass = (signal) => {
      options.onSignal?.(signal)
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal)
    }
    for (const signal of signals) process.on(signal, pass)
    options.onStart?.(child)
    child.once("error", reject)
    child.once("close", (code, signal) => {
      for (const name of signals) process.off(name, pass)
      resolve(signal === null ? code : codeOfSignal(signal))
    })
  })
