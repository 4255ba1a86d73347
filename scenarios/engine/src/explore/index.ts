/** `@capstan/engine/explore`: scenarios that nobody wrote and the way to the next one, without loading a simulated world. */
export * from "./Choices.ts"
export * from "./ExploredScenario.ts"
export * from "./Steering.ts"
