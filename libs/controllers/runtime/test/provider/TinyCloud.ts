/**
 * A cloud of two Sets and a provider for it: the smallest thing that the harness can drive.
 *
 * A network must exist before a server; a server is found by the uid of its object; removal takes two looks.
 */
import { makeKind } from "@capstan/api"
import { defineInfrastructureProvider, type MachineScope, ProviderError } from "@capstan/provider"
import { Effect, Option, Schema } from "effect"

export class TinyCloud {
  /** Networks and servers by the uid of the object that they were made for. */
  readonly networks = new Set<string>()
  readonly servers = new Map<string, "running" | "stopping">()
  /** Surrounds every call, as a test wishes. */
  door: <A>(perform: () => A) => Effect.Effect<A> = Effect.sync

  readonly call = <A>(perform: () => A): Effect.Effect<A> => Effect.suspend(() => this.door(perform))

  get census(): ReadonlyArray<string> {
    return [
      ...[...this.networks].map((uid) => `network/${uid}`),
      ...[...this.servers.keys()].map((uid) => `server/${uid}`)
    ].sort()
  }
}

const Body = Schema.Struct({
  spec: Schema.Struct({ size: Schema.optionalKey(Schema.Int) }),
  status: Schema.optionalKey(Schema.Struct({}))
})
type TinyBody = typeof Body.Type
const group = "infrastructure.cluster.x-k8s.io"
export const TinyCluster = makeKind({ group, kind: "TinyCluster", version: "v1", schema: Body })
export const TinyMachine = makeKind({ group, kind: "TinyMachine", version: "v1", schema: Body })

export const tinyProvider = (cloud: TinyCloud, contract: "v1beta1" | "v1beta2") =>
  defineInfrastructureProvider({
    name: "tiny",
    contract,
    kinds: { cluster: TinyCluster, machine: TinyMachine, others: [] },
    finalizers: { cluster: "tinycluster.example.org", machine: "tinymachine.example.org" },
    controllers: { cluster: "tinycluster", machine: "tinymachine" },
    cluster: {
      observe: (scope) => cloud.call(() => cloud.networks.has(scope.infrastructure.get().metadata.uid)),
      ensure: Effect.fnUntraced(function* (scope, exists) {
        if (!exists) yield* cloud.call(() => cloud.networks.add(scope.infrastructure.get().metadata.uid))
        return {
          _tag: "Provisioned" as const,
          endpoint: { host: "api.example.org", port: 6443 },
          failureDomains: [{ name: "a", controlPlane: true }]
        }
      }),
      remove: (scope, exists) =>
        exists
          ? Effect.as(
              cloud.call(() => cloud.networks.delete(scope.infrastructure.get().metadata.uid)),
              { _tag: "Removing" as const, reason: "Deleting", message: "", requeueAfterMillis: 5000 }
            )
          : Effect.succeed({ _tag: "Removed" as const })
    },
    machine: {
      observe: (scope) =>
        cloud.call(() => Option.fromUndefinedOr(cloud.servers.get(scope.infrastructure.get().metadata.uid))),
      ensure: Effect.fnUntraced(function* (scope: MachineScope<TinyBody, TinyBody>, server: Option.Option<string>) {
        const { uid } = scope.infrastructure.get().metadata
        const data = yield* scope.bootstrapData
        if (data.value === "") return yield* new ProviderError({ reason: "NoData", message: "empty user data" })
        if (Option.isNone(server)) yield* cloud.call(() => cloud.servers.set(uid, "running"))
        return {
          _tag: "Provisioned" as const,
          providerId: `tiny:///${uid}`,
          addresses: [{ type: "InternalIP" as const, address: "10.0.0.1" }],
          failureDomain: "a",
          ready: true as const
        }
      }),
      remove: Effect.fnUntraced(function* (scope: MachineScope<TinyBody, TinyBody>, server: Option.Option<string>) {
        const { uid } = scope.infrastructure.get().metadata
        if (Option.isNone(server)) return { _tag: "Removed" as const }
        yield* cloud.call(() =>
          server.value === "running" ? cloud.servers.set(uid, "stopping") : cloud.servers.delete(uid)
        )
        return { _tag: "Removing" as const, reason: "Deleting", message: "", requeueAfterMillis: 5000 }
      })
    }
  })
