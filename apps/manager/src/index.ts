/** The controllers as a process of their own: its parts, for tests. The process begins in `ManagerMain.ts`. */
export * from "./assembly/Controllers.ts"
export * from "./RunManager.ts"
export * from "./settings/ManagerSettings.ts"
