/** Watches through the HTTP door. */
import { describe, expect, it } from "vitest"
import { configMaps, type Loose, TestDoor } from "./TestDoor.ts"

const told = (frames: ReadonlyArray<Loose>): ReadonlyArray<string> =>
  frames.map(({ object, type }) => `${type} ${object.metadata?.name ?? object.reason ?? ""}`.trim())

describe("watching through the door", () => {
  it("begins with what is there, then tells every change in order", () => {
    const door = new TestDoor()
    door.configMap("b")
    door.configMap("a")
    const watch = door.watch(`${configMaps}?watch=true`)
    door.configMap("c")
    door.ask("DELETE", `${configMaps}/a`)
    expect(told(watch.take())).toEqual(["ADDED a", "ADDED b", "ADDED c", "DELETED a"])
  })

  it("goes on from a version and sees objects come into a selection and leave it", () => {
    const door = new TestDoor()
    door.configMap("a", {}, { app: "web" })
    const watch = door.watch(
      `${configMaps}?watch=1&labelSelector=app%3Dweb&resourceVersion=${door.server.store.version}`
    )
    const relabel = (app: string) =>
      door.ask("PATCH", `${configMaps}/a`, {
        body: { metadata: { labels: { app } } },
        headers: { "content-type": "application/merge-patch+json" }
      })
    relabel("db")
    relabel("web")
    expect(told(watch.take())).toEqual(["DELETED a", "ADDED a"])
  })

  it("tells of one object alone", () => {
    const door = new TestDoor()
    const watch = door.watch(`${configMaps}/a?watch=true`)
    door.configMap("a")
    door.configMap("b")
    expect(told(watch.take())).toEqual(["ADDED a"])
  })

  it("marks the end of what is there for streaming lists", () => {
    const door = new TestDoor()
    door.configMap("a")
    const query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    const frames = door.watch(`${configMaps}?${query}`).take()
    expect(told(frames)).toEqual(["ADDED a", "BOOKMARK"])
    expect(frames[1].object).toMatchObject({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: {
        resourceVersion: String(door.server.store.version),
        annotations: { "k8s.io/initial-events-end": "true" }
      }
    })
    const alone = door.ask("GET", `${configMaps}?watch=true&sendInitialEvents=true`)
    expect(alone.json.message).toContain("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
  })

  it("says that a version is forgotten in a frame, and ends", () => {
    const door = new TestDoor()
    for (let i = 0; i < 60; i++) door.configMap(`m-${i}`)
    const watch = door.watch(`${configMaps}?watch=true&resourceVersion=2`)
    const [frame] = watch.take()
    expect(frame).toMatchObject({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } })
    expect(watch.ended()).toBe("end")
  })

  it("ends cleanly after its time with a bookmark, and leaves nothing behind", () => {
    const door = new TestDoor()
    const watch = door.watch(`${configMaps}?watch=true&timeoutSeconds=7&allowWatchBookmarks=true`)
    const timeout = door.timers.find(({ millis }) => millis === 7000)
    timeout?.act()
    expect(told(watch.take())).toEqual(["BOOKMARK"])
    expect(watch.ended()).toBe("end")
    expect(door.server.watches.size).toBe(0)
    expect(door.timers.every(({ cancelled, millis }) => cancelled || millis === 7000)).toBe(true)
  })

  it("sends bookmarks now and then, only where they are wanted and never ahead of what is on its way", () => {
    const door = new TestDoor()
    const wanting = door.watch(`${configMaps}?watch=true&allowWatchBookmarks=true`)
    const other = door.watch(`${configMaps}?watch=true`)
    const minute = () =>
      door.timers
        .filter(({ millis }) => millis === 60_000)
        .at(-1)
        ?.act()
    door.configMap("a")
    minute()
    expect(told(wanting.take())).toEqual(["ADDED a"])
    minute()
    expect(told(wanting.take())).toEqual(["BOOKMARK"])
    expect(told(other.take())).toEqual(["ADDED a"])
  })

  it("is cut where the world cuts it", () => {
    const door = new TestDoor()
    const watch = door.watch(`${configMaps}?watch=true`)
    door.server.breakWatches()
    expect(watch.ended()).toBe("cut")
  })

  it("stops when its reader goes away", () => {
    const door = new TestDoor()
    const watch = door.watch(`${configMaps}?watch=true`)
    expect(door.server.watches.size).toBe(1)
    watch.stop()
    expect(door.server.watches.size).toBe(0)
    door.configMap("a")
    expect(watch.take()).toEqual([])
  })

  it("sends rows of a table, the columns with the first", () => {
    const door = new TestDoor()
    door.configMap("a")
    const watch = door.watch(`${configMaps}?watch=true`, {
      headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" }
    })
    door.configMap("b")
    const frames = watch.take()
    expect(frames.map(({ object }) => object.rows[0].cells[0])).toEqual(["a", "b"])
    expect(frames[0].object.columnDefinitions).toHaveLength(3)
    expect(frames[1].object.columnDefinitions).toBeNull()
  })
})
