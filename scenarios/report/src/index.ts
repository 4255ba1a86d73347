/** One HTML file that shows runs: what is packed into it, and the page that shows it. */
export * from "./Redaction.ts"
export * from "./ReportFile.ts"
export type * from "./RunSummary.ts"
export * from "./Shell.ts"
