/** The live client and the HTTP door hold the waist's promises together: HTTPS, the door's own authority and token, real time. */
import { kubernetesApiChecks, conformanceKinds } from "@capstan/kubernetes/testing"
import { layer } from "@capstan/kubernetes-live"
import { Kernel } from "@capstan/kernel"
import { ApiServer } from "@capstan/simulator-kubernetes"
import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { kubeconfigOf } from "../../src/sim/Kubeconfig.ts"
import { openDoor } from "../../src/sim/OpenDoor.ts"
import { RealTime } from "@capstan/engine"

const scope = Scope.makeUnsafe()

/** A server that lives as long as this file's tests, and the kubeconfig for it. */
const opened = Effect.gen(function* () {
  const kernel = new Kernel({ seed: 0, keep: "hash", epochMillis: Date.now() })
  const server = new ApiServer(kernel, { name: "conformance", kinds: conformanceKinds })
  const time = new RealTime(kernel, 10)
  yield* Effect.forkScoped(time.run)
  const door = yield* openDoor({ server, enter: (act) => time.enter(act) })
  return kubeconfigOf("conformance", { server: door.url, authority: door.authority, token: door.token })
}).pipe(Effect.provideService(Scope.Scope, scope))

describe.concurrent("KubernetesApi conformance over HTTPS", () => {
  let kubeconfig = ""
  beforeAll(async () => {
    kubeconfig = await Effect.runPromise(opened)
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  for (const { name, run, topic } of kubernetesApiChecks) {
    test(`${topic}: ${name}`, async () => {
      const live = layer({ userAgent: "conformance", kubeconfig: { _tag: "Text", text: kubeconfig } })
      const exit = await Effect.runPromiseExit(Effect.provide(run, live))
      expect(Exit.isSuccess(exit) ? "kept" : String(exit.cause)).toBe("kept")
    })
  }
})
