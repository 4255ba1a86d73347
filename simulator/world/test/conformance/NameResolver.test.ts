import { nameResolverConformance } from "@capstan/provider/testing"
import { Effect } from "effect"
import { endpointHost } from "../FakeCloud.ts"
import { seeds, simulatedBackend } from "./SimulatedBackend.ts"

const host = "another-lb.example.com"

for (const seed of seeds) {
  nameResolverConformance(
    simulatedBackend({
      seed,
      layer: (layers) => layers.nameResolver,
      given: (w) => ({
        host: endpointHost,
        pending: { host, appear: Effect.sync(() => void w.cloud.aliases.add(host)) }
      })
    })
  )
}
