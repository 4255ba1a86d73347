export * from "./language/Diagnostic.ts"
export * from "./language/Duration.ts"
export * from "./language/ScenarioDocument.ts"
