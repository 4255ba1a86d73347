import { clusterApiKinds } from "@capstan/api"
import { Kernel } from "@capstan/kernel"
import { KubernetesApi, Namespace } from "@capstan/kubernetes"
import { ApiDoor, ApiServer, layer } from "@capstan/simulator-kubernetes"
import { Effect } from "effect"

const kernel = new Kernel({ seed: 0 })
const server = new ApiServer(kernel, { name: "management", kinds: clusterApiKinds })

// As controllers see it: a service, in virtual time.
const program = Effect.gen(function* () {
  const api = yield* KubernetesApi
  return yield* api.create(Namespace, { metadata: { name: "shop" } })
})
kernel.complete(Effect.provide(program, layer(server, { userAgent: "example" })))
const written = server.history.at(-1)
console.log(`${written?.type} ${written?.groupKind} ${written?.key} ${written?.resourceVersion}`)

// As kubectl sees it: HTTP, in whose sockets and clock the door has no part.
const door = new ApiDoor({
  server,
  userOf: (token) => (token === "secret" ? { name: "admin", groups: ["system:masters"] } : undefined),
  after: (millis, act) => {
    const timer = setTimeout(act, millis)
    return () => clearTimeout(timer)
  }
})
for (const authorization of ["Bearer secret", "Bearer guessed"]) {
  const answer = door.handle({
    method: "GET",
    target: "/api/v1/namespaces?fieldSelector=metadata.name%3Dshop",
    headers: { authorization, accept: "application/json" },
    body: new Uint8Array()
  })
  if (answer._tag === "Whole") console.log(`${answer.status} ${answer.body.slice(0, 88)}…`)
}
