/** `@capstan/report/testing`: a browser to look at reports with, for tests and measurements. */
export * from "./Chromium.ts"
