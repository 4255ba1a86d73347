import { Kernel } from "@capstan/kernel"
import { CertificateAuthority } from "@capstan/provider"
import { World } from "@capstan/world"
import { Effect, Exit } from "effect"
import { endpointHost, FakeCloud } from "./FakeCloud.ts"
import { initUserData } from "./TestWorld.ts"

const kernel = new Kernel({ seed: 0 })

// Anything that has the few functions of `CloudPorts` is a cloud; this one is the tests' own.
const cloud = new FakeCloud(kernel)
const world = new World(kernel, { clouds: [cloud.ports], preconditions: { cni: true, cloudController: true } })
world.declareWorkload({ name: "web", replicas: 2, minAvailable: 1 })

// Certificates as the controllers ask for them; user data as the bootstrap controller writes it.
const pki = kernel.complete(
  Effect.gen(function* () {
    const authority = yield* CertificateAuthority
    const ca = yield* authority.createAuthority({ commonName: "kubernetes" })
    const sa = yield* authority.createServiceAccountKey
    return { ca, etcd: ca, proxy: ca, sa, hash: yield* authority.publicKeyHash(ca.certificate) }
  }).pipe(Effect.provide(world.layers.certificateAuthority))
)
if (Exit.isFailure(pki)) throw new Error("no certificates")
cloud.launch("i-1", initUserData(pki.value), { target: true })

kernel.run({ untilMillis: kernel.now() + 180_000 })
console.log(`${endpointHost} leads to ${String(cloud.ports.endpoints.resolve(endpointHost))}`)
console.log(`i-1 is ${world.machineState("i-1")?.stage} as ${world.machineState("i-1")?.node}`)

cloud.stop("i-1")
for (const { kind, step, t, what } of kernel.trace.events) {
  if (kind === "world" || kind === "etcd") console.log(`${Math.round(t / 1000)} s  ${kind} ${String(what ?? step)}`)
}
