/** `@capstan/engine/text`: what is needed to talk about scenarios and results, without loading a simulator. */
export * from "../language/Diagnostic.ts"
export * from "../language/Duration.ts"
export * from "../language/Nearest.ts"
export { formatCell } from "../plan/Plan.ts"
export type { Cell, Plan } from "../plan/Plan.ts"
export * from "../report/ObjectHistory.ts"
export * from "../report/Story.ts"
export type * from "../run/RunResult.ts"
