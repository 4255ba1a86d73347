export * from "./CommandTree.ts"
export * from "./ExitCode.ts"
