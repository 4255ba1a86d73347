import { defineConfig } from "vitest/config"

/** The suite needs an emulator, so it is no part of `npm test`. A check that is known to fail may wait in vain first. */
export default defineConfig({ test: { include: ["*.conformance.ts"], testTimeout: 120_000 } })
