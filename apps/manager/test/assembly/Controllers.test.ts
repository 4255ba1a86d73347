/** The flags' names are the controllers' names, and what they say of the defaults is true. */
import { Ec2, Elb, SecretsManager } from "@capstan/aws"
import { KubernetesApi } from "@capstan/kubernetes"
import { CertificateAuthority, EtcdMembers, NameResolver, WorkloadClusters } from "@capstan/provider"
import { Cache, ClusterCache, EventRecorder, Kinds } from "@capstan/runtime"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { controllerNames } from "../../src/assembly/ControllerNames.ts"
import { type ControllerServices, managerControllers } from "../../src/assembly/Controllers.ts"
import { managedKinds } from "../../src/assembly/ManagedKinds.ts"

/** Controllers are made without a call to any service. */
const untouched = [Ec2, Elb, SecretsManager, KubernetesApi, CertificateAuthority, EtcdMembers, NameResolver]
  .concat([WorkloadClusters, Cache, ClusterCache, EventRecorder] as never)
  .reduce((context, service) => Context.add(context, service as never, {} as never), Context.make(Kinds, managedKinds))

const named = (concurrency: { readonly [name: string]: number }) =>
  Effect.map(
    Effect.provide(managerControllers(concurrency), untouched as unknown as Context.Context<ControllerServices>),
    (controllers) => controllers.map(({ concurrency: at = 10, name }) => ({ name, concurrency: at }))
  )

describe("managerControllers", () => {
  it.effect("has the controllers that the flags name, as busy as the flags say", () =>
    Effect.map(named({}), (controllers) => assert.sameDeepMembers(controllers, [...controllerNames]))
  )

  it.effect("takes another number when one is given", () =>
    Effect.map(named({ machineset: 3 }), (controllers) =>
      assert.deepInclude(controllers, { name: "machineset", concurrency: 3 })
    )
  )
})
