import { defineConfig } from "vitest/config"

/** One configuration for every project: tests mirror the path of what they test. Time is never judged: the limit is for what hangs. */
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], pool: "threads", isolate: false, passWithNoTests: true, testTimeout: 120_000 }
})
