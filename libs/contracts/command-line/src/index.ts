/** The front door: exit codes, the error that ends a command with one, and how the end is told. */
export * from "./Ending.ts"
export * from "./ExitCode.ts"
