import { defineConfig } from "vitest/config"

/** One configuration for every project: tests mirror the path of what they test. */
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], pool: "threads", isolate: false, passWithNoTests: true }
})
