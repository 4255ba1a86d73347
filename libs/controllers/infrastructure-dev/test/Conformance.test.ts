/** The dev provider keeps all promises of the provider contract. */
import { infrastructureProviderConformance } from "@capstan/provider/testing"
import { Effect } from "effect"
import { layerMemory } from "../src/cloud/MemoryCloud.ts"
import { devProvider } from "../src/DevProvider.ts"
import { openDevWorld } from "./DevWorld.ts"

infrastructureProviderConformance("dev", {
  provider: Effect.runSync(Effect.provide(devProvider, layerMemory(["dev-a"]))),
  open: openDevWorld,
  clusterSpec: {},
  machineSpec: { size: "small" }
})
