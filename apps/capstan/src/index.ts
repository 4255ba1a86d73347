/** The public surface: what a program needs to run the command line within itself. `main.ts` is the entry as a process. */
export * from "./CommandTree.ts"
