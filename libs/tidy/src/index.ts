/**
 * Tidy: the project's style and its arrows, as a test that says what to do instead.
 */
export * from "./AllowList.ts"
export * from "./Arrows.ts"
export * from "./Circles.ts"
export * from "./ClocksAndChance.ts"
export * from "./Finding.ts"
export * from "./Import.ts"
export * from "./Manifests.ts"
export * from "./Project.ts"
export * from "./Repository.ts"
export * from "./SourceFile.ts"
export * from "./Words.ts"
