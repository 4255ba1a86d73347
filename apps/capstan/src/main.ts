/**
 * The door of the command line: which of the two programs runs. Runs when imported.
 *
 * The manager is a program of its own, with its own flags and ends, and takes over the process; nothing of the command line is
 * loaded with it.
 */
const managerProgram = new URL("../../manager/src/ManagerMain.ts", import.meta.url)

await (process.argv[2] === "manager" ? import(managerProgram.href) : import("./CommandLine.ts"))
