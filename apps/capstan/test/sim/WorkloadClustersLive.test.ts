/** The live way into workload clusters keeps its contract: a simulated API server behind real sockets that can be cut. */
import type { ObjectKey } from "@capstan/api"
import { ConfigMap } from "@capstan/kubernetes"
import { workloadClustersLayer } from "@capstan/kubernetes-live"
import { Kernel } from "@capstan/kernel"
import { workloadClustersConformance } from "@capstan/provider/testing"
import { ApiServer, client } from "@capstan/simulator-kubernetes"
import { Effect, type Scope } from "effect"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"
import { kubeconfigOf } from "../../src/sim/Kubeconfig.ts"
import { openDoor } from "../../src/sim/OpenDoor.ts"
import { RealTime } from "@capstan/engine"
import { makeServerCertificate } from "../../src/sim/ServerCertificate.ts"

const cluster: ObjectKey = { namespace: "default", name: "prod" }

/** A line to a port that passes everything on, refuses everybody, or takes them and hangs up at once. */
const line = (port: number) =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    let hangsUp = false
    const server = createServer((near) => {
      const far = connect(port, "127.0.0.1")
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.on("close", () => sockets.delete(socket))
        socket.on("error", () => socket.destroy())
      }
      if (hangsUp) near.destroy()
      near.on("close", () => far.destroy())
      far.on("close", () => near.destroy())
      near.pipe(far)
      far.pipe(near)
    })
    const cut = Effect.sync(() => {
      for (const socket of sockets) socket.destroy()
    })
    const listen = (wanted: number) =>
      Effect.callback<number>((resume) => {
        server.listen(wanted, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
      })
    const close = Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
    const own = yield* Effect.acquireRelease(listen(0), () => close)
    const setHangsUp = (value: boolean) =>
      Effect.sync(() => {
        hangsUp = value
      })
    return {
      port: own,
      outages: [
        { how: "its port is closed", begin: close, end: Effect.asVoid(listen(own)) },
        { how: "its connections are cut", begin: Effect.andThen(setHangsUp(true), cut), end: setHangsUp(false) }
      ]
    }
  })

const given = Effect.gen(function* () {
  const kernel = new Kernel({ seed: 0, keep: "hash", epochMillis: Date.now() })
  const server = new ApiServer(kernel, { name: "workload", kinds: [] })
  const time = new RealTime(kernel, 1)
  yield* Effect.forkScoped(time.run)
  const door = yield* openDoor({ server, enter: (act) => time.enter(act) })
  const inside = client(server, { userAgent: "kubeadm" })
  const metadata = { namespace: "kube-system", name: "kubeadm-config" }
  yield* time.within(inside.create(ConfigMap, { metadata }))
  const way = yield* line(Number(new URL(door.url).port))
  const access = { server: `https://127.0.0.1:${way.port}`, authority: door.authority, token: door.token }
  const foreign = yield* makeServerCertificate(["127.0.0.1"])
  return {
    cluster,
    kubeconfig: kubeconfigOf("prod", access),
    refused: [
      { whose: "a stranger's", kubeconfig: kubeconfigOf("prod", { ...access, token: "stranger" }) },
      {
        whose: "another cluster's administrator's",
        kubeconfig: kubeconfigOf("prod", { ...access, authority: foreign.authority })
      }
    ],
    outages: way.outages
  }
}) satisfies Effect.Effect<unknown, unknown, Scope.Scope>

workloadClustersConformance({
  name: "live, over HTTPS",
  layer: workloadClustersLayer({ userAgent: "conformance", deadlineMillis: 3_000 }),
  given,
  timeoutMillis: 60_000
})
