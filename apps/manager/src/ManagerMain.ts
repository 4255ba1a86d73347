/**
 * The manager's entry: `capstan manager …`, as a program of its own. Runs when imported.
 *
 * The heap is set before anything else is loaded.
 */
import "./SmallHeap.ts"

await import("./Program.ts")
