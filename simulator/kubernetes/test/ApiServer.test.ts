/** What only the simulated server promises: shared frozen objects, history, traces, forks, faults. */
import { ConfigMap, Namespace, Node, Pod, Secret } from "@capstan/kubernetes"
import { conformanceKinds, Widget } from "@capstan/kubernetes/testing"
import { Kernel } from "@capstan/kernel"
import { Effect, Fiber, Result, Stream } from "effect"
import { describe, expect, test } from "vitest"
import { ApiServer, ApiServerFleet, client } from "../src/index.ts"

const world = (seed = 0, options: Partial<ConstructorParameters<typeof ApiServer>[1]> = {}) => {
  const kernel = new Kernel({ seed })
  const server = new ApiServer(kernel, { name: "m", kinds: conformanceKinds, ...options })
  return { kernel, server, api: client(server, { userAgent: "test" }) }
}

const key = (name: string) => ({ namespace: "default", name })

const make = (
  server: ApiServer,
  name: string,
  more: { readonly metadata?: object; readonly spec?: object } = {}
): Widget =>
  Result.getOrThrow(
    server.create(Widget, {
      metadata: { name, namespace: "default", ...more.metadata },
      spec: { size: 1, ...more.spec }
    })
  )

const resize = (server: ApiServer, name: string, size: number): Widget =>
  Result.getOrThrow(server.patch(Widget, key(name), { type: "merge", body: { spec: { size } } }, { actor: "resizer" }))

describe("objects", () => {
  test("are deeply frozen and handed out by reference", () => {
    const { server } = world()
    const made = make(server, "a", { spec: { names: { x: "y" } } })
    expect(Object.isFrozen(made) && Object.isFrozen(made.spec) && Object.isFrozen(made.spec.names)).toBe(true)
    expect(Result.getOrThrow(server.get(Widget, key("a")))).toBe(made)
  })

  test("share what a write leaves alone", () => {
    const { server } = world()
    const made = make(server, "a", { metadata: { labels: { x: "y" } }, spec: { names: { x: "y" } } })
    const next = resize(server, "a", 2)
    expect(next.spec.names).toBe(made.spec.names)
    expect(next.metadata.labels).toBe(made.metadata.labels)
    const rebuilt = { ...next, spec: JSON.parse(JSON.stringify(next.spec)) as Widget["spec"] }
    expect(Result.getOrThrow(server.update(Widget, rebuilt))).toBe(next)
  })

  test("lose absent properties, as in JSON", () => {
    const { server } = world()
    const made = make(server, "a", {
      spec: { color: undefined, free: { gone: undefined, list: [{ gone: undefined }] } }
    })
    expect(Object.keys(made.spec)).not.toContain("color")
    expect(made.spec.free).toStrictEqual({ list: [{}] })
  })

  test("of a kind that is not served have no match", () => {
    const { server } = world(0, { kinds: [] })
    const result = server.get(Widget, key("a"))
    expect(Result.isFailure(result) && result.failure.message).toBe(
      'no matches for kind "Widget" in version "conformance.capstan.dev/v1"'
    )
  })
})

describe("the trace", () => {
  test("has one event a write, with the difference and who made it", () => {
    const { kernel, server } = world()
    make(server, "a")
    const { metadata } = resize(server, "a", 2)
    const event = kernel.trace.events.at(-1)
    expect(event).toMatchObject({
      kind: "write",
      api: "m",
      verb: "patch",
      resource: "Widget.conformance.capstan.dev",
      name: "a",
      actor: "resizer"
    })
    expect(event?.patch).toEqual({
      metadata: { resourceVersion: metadata.resourceVersion, generation: 2 },
      spec: { size: 2 }
    })
    expect(server.seqOfVersion(metadata.resourceVersion)).toBe(event?.seq)
  })

  test("has none for a write that changes nothing", () => {
    const { kernel, server } = world()
    make(server, "a")
    const { seq } = kernel.trace
    resize(server, "a", 1)
    expect(kernel.trace.seq).toBe(seq)
  })

  test("keeps the values of Secrets to itself, but shows whether they changed", () => {
    const { kernel, server } = world()
    const write = (value: string): unknown => {
      Result.getOrThrow(server.patch(Secret, key("s"), { type: "merge", body: { stringData: { token: value } } }))
      return kernel.trace.events.at(-1)?.patch
    }
    Result.getOrThrow(server.create(Secret, { metadata: { name: "s", namespace: "default" } }))
    const [one, two] = [write("hush"), write("hush, hush")]
    expect([...kernel.trace.lines()].join()).not.toContain(btoa("hush"))
    expect(one).not.toEqual(two)
  })

  test("warns of fields that were dropped", () => {
    const { kernel, server } = world()
    make(server, "a", { spec: { bogus: 1 } })
    expect(kernel.trace.events.at(-1)?.warnings).toEqual(['unknown field "spec.bogus"'])
  })

  test("a collected object's deletion is caused by its owner's", () => {
    const { kernel, server } = world()
    const owner = make(server, "owner")
    const { apiVersion, kind, metadata } = owner
    make(server, "child", {
      metadata: { ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid }] }
    })
    Result.getOrThrow(server.delete(Widget, key("owner")))
    const deletion = kernel.trace.seq
    kernel.run({ untilMillis: kernel.now() + 2000 })
    expect(kernel.trace.events.at(-1)).toMatchObject({
      verb: "delete",
      name: "child",
      cause: deletion,
      actor: "generic-garbage-collector"
    })
  })
})

describe("a listener of the trace", () => {
  test("may write, and watchers still see versions in order", () => {
    const { api, kernel, server } = world()
    const seen: Array<string> = []
    kernel.fork(
      Stream.runForEach(api.watch(Widget), (event) =>
        Effect.sync(() => void (event.type === "BOOKMARK" || seen.push(`${event.type} ${event.object.spec.size}`)))
      )
    )
    kernel.run({ untilMillis: kernel.now() + 100 })
    kernel.trace.subscribe((event) => {
      if (event.verb === "create") resize(server, "a", 2)
    })
    make(server, "a")
    kernel.run({ untilMillis: kernel.now() + 100 })
    expect(seen).toEqual(["ADDED 1", "MODIFIED 2"])
  })
})

describe("an old version", () => {
  const broken = {
    ...Widget,
    versions: [
      {
        name: "v1alpha1",
        served: true,
        toStorage: (): never => {
          throw new TypeError("no such shape")
        }
      }
    ]
  }

  test("that cannot be converted is refused, not a defect", () => {
    const { server } = world(0, { kinds: [broken] })
    const old = {
      apiVersion: "conformance.capstan.dev/v1alpha1",
      metadata: { name: "a", namespace: "default" },
      spec: { size: 1 }
    }
    const result = server.create(Widget, old)
    expect(Result.isFailure(result) && result.failure.message).toBe(
      "conversion webhook for conformance.capstan.dev/v1alpha1, Kind=Widget failed: the object does not have the shape of that version"
    )
  })
})

describe("history", () => {
  test("shows every object as it was at any moment", () => {
    const { kernel, server } = world()
    const moments: Array<readonly [number, string]> = []
    const widgets = (objects: ReadonlyArray<object>): string =>
      JSON.stringify(objects.filter((object) => "kind" in object && object.kind === "Widget"))
    for (let step = 0; step < 20; step++) {
      if (step % 3 === 0) make(server, `w${step}`)
      if (step % 3 === 1) resize(server, `w${step - 1}`, step)
      if (step % 6 === 5) Result.getOrThrow(server.delete(Widget, key(`w${step - 2}`)))
      moments.push([kernel.now(), widgets(Result.getOrThrow(server.list(Widget)).items)])
      kernel.advanceTo(kernel.now() + 1000)
    }
    for (const [millis, then] of moments) expect(widgets(server.objectsAt(millis))).toBe(then)
  })

  test("is cut to the watch window when it is not kept, and forgets no event", () => {
    const { kernel, server } = world(0, { keepHistory: false, watchWindow: 10 })
    const { metadata } = make(server, "a")
    const { seq } = kernel.trace
    for (let size = 2; size < 60; size++) resize(server, "a", size)
    expect(server.history.length).toBeLessThanOrEqual(20)
    expect(server.seqOfVersion(metadata.resourceVersion)).toBe(seq)
    expect(server.seqOfVersion(1000)).toBeUndefined()
  })
})

describe("watches", () => {
  const reasonOf = (world_: ReturnType<typeof world>, resourceVersion: string) =>
    world_.kernel.complete(Effect.flip(Stream.runDrain(world_.api.watch(Widget, { resourceVersion }))))

  test("from before the window expire", () => {
    const w = world(0, { watchWindow: 5 })
    const { metadata } = make(w.server, "a")
    for (let size = 2; size < 20; size++) resize(w.server, "a", size)
    const exit = reasonOf(w, metadata.resourceVersion)
    expect(exit._tag === "Success" && [exit.value.reason, exit.value.message]).toEqual([
      "Expired",
      `too old resource version: ${metadata.resourceVersion} (${w.server.store.version - 5})`
    ])
  })

  test("expire after a compaction, and pages with them", () => {
    const w = world()
    make(w.server, "a")
    make(w.server, "b")
    const page = Result.getOrThrow(w.server.list(Widget, { limit: 1 }))
    make(w.server, "c")
    w.server.compact()
    const exit = reasonOf(w, page.resourceVersion)
    expect(exit._tag === "Success" && exit.value.reason).toBe("Expired")
    const rest = w.server.list(Widget, { limit: 1, continue: page.continue ?? "" })
    expect(Result.isFailure(rest) && rest.failure.reason).toBe("Expired")
  })

  test("that are cut fail with Unreachable and can be resumed without loss", () => {
    const { api, kernel, server } = world()
    const start = String(server.store.version)
    const seen: Array<string> = []
    let last = start
    const read = Effect.suspend(() =>
      Stream.runForEach(api.watch(Widget, { resourceVersion: last }), (event) =>
        Effect.sync(() => {
          if (event.type === "BOOKMARK") return
          last = event.object.metadata.resourceVersion
          seen.push(event.object.metadata.name)
        })
      )
    )
    const first = kernel.fork(Effect.flip(read))
    kernel.run({ untilMillis: kernel.now() + 100 })
    make(server, "a")
    kernel.run({ untilMillis: kernel.now() + 100 })
    make(server, "b")
    server.breakWatches(Widget)
    make(server, "c")
    kernel.run({ untilMillis: kernel.now() + 100 })
    expect(first.pollUnsafe()).toMatchObject({ _tag: "Success", value: { reason: "Unreachable" } })
    kernel.fork(read)
    kernel.run({ untilMillis: kernel.now() + 100 })
    expect(seen).toEqual(["a", "b", "c"])
  })

  test("can be delayed and refused by kind", () => {
    const { api, kernel, server } = world()
    const arrivals: Array<number> = []
    kernel.fork(Stream.runForEach(api.watch(Widget), () => Effect.sync(() => void arrivals.push(kernel.now()))))
    kernel.run({ untilMillis: kernel.now() + 100 })
    server.setWatchFault(Widget, { delayMillis: 30_000 })
    const written = kernel.now()
    make(server, "a")
    server.setWatchFault(Widget, { refuse: true })
    make(server, "b")
    kernel.run({ untilMillis: kernel.now() + 60_000 })
    expect(arrivals).toEqual([written + 30_005, written + 30_005])
    const refused = kernel.complete(Effect.flip(Stream.runDrain(api.watch(Widget))))
    expect(refused).toMatchObject({ _tag: "Success", value: { reason: "Unreachable" } })
    server.setWatchFault(Widget, undefined)
    const items = kernel.complete(Stream.runCollect(Stream.take(api.watch(Widget), 2)))
    expect(items._tag).toBe("Success")
  })

  test("of a killed process vanish", () => {
    const { api, kernel, server } = world()
    const process = kernel.process("manager")
    process.start(Effect.asVoid(Effect.exit(Stream.runDrain(api.watch(Widget)))))
    kernel.run({ untilMillis: kernel.now() + 100 })
    expect(server.watches.size).toBe(1)
    process.kill()
    make(server, "a")
    kernel.run({ untilMillis: kernel.now() + 100 })
    expect(server.watches.size).toBe(0)
  })

  test("close when their reader stops", () => {
    const { api, kernel, server } = world()
    make(server, "a")
    kernel.complete(Stream.runDrain(Stream.take(api.watch(Widget), 1)))
    expect(server.watches.size).toBe(0)
    const fiber = kernel.fork(Stream.runDrain(api.watch(Widget)))
    kernel.run({ untilMillis: kernel.now() + 100 })
    expect(server.watches.size).toBe(1)
    kernel.complete(Fiber.interrupt(fiber))
    expect(server.watches.size).toBe(0)
  })

  test("bring a bookmark along once a minute", () => {
    const { api, kernel, server } = world()
    const types: Array<string> = []
    kernel.fork(Stream.runForEach(api.watch(Widget), (event) => Effect.sync(() => void types.push(event.type))))
    const write = (name: string): void => {
      make(server, name)
      kernel.run({ untilMillis: kernel.now() + 100 })
    }
    write("a")
    kernel.advanceTo(kernel.now() + 61_000)
    write("b")
    write("c")
    expect(types).toEqual(["ADDED", "ADDED", "BOOKMARK", "ADDED"])
  })
})

describe("Pods", () => {
  test("that are deleted wait for their kubelet, which is told", () => {
    const { kernel, server } = world()
    const told: Array<string> = []
    server.onPodDeleting = (pod) => void told.push(`${pod.metadata.name} until ${pod.metadata.deletionTimestamp}`)
    const spec = { nodeName: "n", terminationGracePeriodSeconds: 60, containers: [{ name: "c" }] }
    Result.getOrThrow(server.create(Pod, { metadata: { name: "p", namespace: "default" }, spec }))
    Result.getOrThrow(server.delete(Pod, key("p")))
    kernel.run({ untilMillis: kernel.now() + 3_600_000 })
    expect(told).toEqual(["p until 2030-01-01T00:01:00Z"])
    expect(Result.isSuccess(server.get(Pod, key("p")))).toBe(true)
    Result.getOrThrow(server.delete(Pod, key("p"), { gracePeriodSeconds: 0, actor: "kubelet" }))
    expect(Result.isFailure(server.get(Pod, key("p")))).toBe(true)
  })

  test("get a shorter grace by a second delete, never a longer one", () => {
    const { server } = world()
    const spec = { nodeName: "n", containers: [{ name: "c" }] }
    Result.getOrThrow(server.create(Pod, { metadata: { name: "p", namespace: "default" }, spec }))
    const graceAfter = (gracePeriodSeconds: number) =>
      Result.getOrThrow(server.delete(Pod, key("p"), { gracePeriodSeconds })).metadata.deletionGracePeriodSeconds
    expect([graceAfter(20), graceAfter(5), graceAfter(50)]).toEqual([20, 5, 5])
  })
})

describe("Nodes", () => {
  test("may be created with their status", () => {
    const { server } = world()
    const node = Result.getOrThrow(server.create(Node, { metadata: { name: "n" }, status: { phase: "Running" } }))
    expect(node.status).toEqual({ phase: "Running" })
  })
})

describe("determinism", () => {
  /** A bit of everything: creates, races, a collection, a namespace that goes. */
  const story = (w: ReturnType<typeof world>) =>
    Effect.gen(function* () {
      const { api } = w
      yield* api.create(Namespace, { metadata: { name: "room" } })
      const owner = yield* api.create(Widget, {
        metadata: { generateName: "w-", namespace: "room" },
        spec: { size: 1 }
      })
      const { apiVersion, kind, metadata } = owner
      const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid }]
      yield* Effect.forEach(
        ["a", "b", "c", "d"],
        (name) => api.create(ConfigMap, { metadata: { name, namespace: "room", ownerReferences } }),
        { concurrency: 4 }
      )
      const watching = yield* Effect.forkChild(
        Stream.runCollect(
          Stream.take(
            Stream.filter(api.watch(ConfigMap, { namespace: "room" }), (e) => e.type === "DELETED"),
            4
          )
        )
      )
      yield* api.delete(Widget, { namespace: "room", name: metadata.name })
      yield* Fiber.join(watching)
      yield* api.delete(Namespace, { namespace: "", name: "room" })
      yield* Effect.sleep("1 minute")
    })

  const run = (seed: number): string => {
    const w = world(seed)
    expect(w.kernel.complete(story(w))._tag).toBe("Success")
    return w.kernel.trace.hash()
  }

  test.each([0, 1, 2, 3])("seed %i gives the same trace twice", (seed) => {
    expect(run(seed)).toBe(run(seed))
  })

  test("other seeds give other traces", () => {
    expect(new Set([0, 1, 2, 3].map(run)).size).toBe(4)
  })
})

describe("saving", () => {
  /** An owner is gone and its dependents are about to be collected; a namespace is going too. */
  const prepare = (server: ApiServer): void => {
    const { apiVersion, kind, metadata } = make(server, "owner")
    for (const name of ["x", "y"]) {
      make(server, name, {
        metadata: { ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid }] }
      })
    }
    Result.getOrThrow(server.create(Namespace, { metadata: { name: "room" } }))
    Result.getOrThrow(server.create(ConfigMap, { metadata: { name: "c", namespace: "room" } }))
    Result.getOrThrow(server.delete(Widget, key("owner")))
    Result.getOrThrow(server.delete(Namespace, { namespace: "", name: "room" }))
  }

  const finish = (kernel: Kernel, server: ApiServer): string => {
    kernel.run({ untilMillis: kernel.now() + 60_000 })
    make(server, "after")
    return kernel.trace.hash()
  }

  test.each([0, 7])("a restored server goes on as the first one did (seed %i)", (seed) => {
    const first = world(seed)
    prepare(first.server)
    const snapshot = first.kernel.save()
    const other = world(seed)
    other.kernel.restore(snapshot)
    expect(other.server.objectsAt(other.kernel.now())).toEqual(first.server.objectsAt(first.kernel.now()))
    const ends = [finish(first.kernel, first.server), finish(other.kernel, other.server)]
    first.kernel.restore(snapshot)
    ends.push(finish(first.kernel, first.server))
    expect(new Set(ends).size).toBe(1)
    expect(Result.getOrThrow(other.server.list(Widget)).items.map((item) => item.metadata.name)).toEqual(["after"])
  })

  test("a fleet brings its servers back, with what they were about to do", () => {
    const build = () => {
      const kernel = new Kernel({ seed: 0 })
      return { kernel, fleet: new ApiServerFleet(kernel, { name: "workload", kinds: conformanceKinds }) }
    }
    const first = build()
    first.fleet.add("default/one")
    prepare(first.fleet.add("default/two"))
    const snapshot = first.kernel.save()
    const other = build()
    other.kernel.restore(snapshot)
    expect([...other.fleet.all.keys()]).toEqual(["default/one", "default/two"])
    const end = ({ fleet, kernel }: ReturnType<typeof build>): string => {
      const server = fleet.get("default/two")
      if (server === undefined) throw new Error("the server is not there")
      return finish(kernel, server)
    }
    expect(end(other)).toBe(end(first))
  })
})
