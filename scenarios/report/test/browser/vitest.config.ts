import { defineConfig } from "vitest/config"

/** These need a Chromium, so they are no part of `npm test`: `npm run test:browser` finds one, or says that there is none. */
export default defineConfig({ test: { include: ["*.browser.ts"], testTimeout: 120_000, hookTimeout: 120_000 } })
