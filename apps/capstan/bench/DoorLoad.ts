/**
 * What the HTTP door bears: writes and reads over keep-alive connections, and how soon a hundred watchers see a write.
 *
 * The server runs in a process of its own; the clients are in this one.
 */
import { spawn } from "node:child_process"
import { Agent, request } from "node:https"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { median } from "./Figure.ts"

interface Door {
  readonly url: string
  readonly authority: string
  readonly token: string
}

export interface DoorFigures {
  /** Each second. */
  readonly writes: number
  readonly reads: number
  /** Milliseconds from the sending of a write until the last of all watchers has it: the median of the writes. */
  readonly watchMillis: number
}

const connections = 16
const objects = 2000
const reads = 12_000
const watchers = 100
const watchedWrites = 40

/** Of about 2 KB. */
const configMap = (name: string, filling: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
    data: { filling: filling.padEnd(1800, "x") }
  })

class Client {
  private readonly door: Door
  private readonly agent: Agent

  constructor(door: Door) {
    this.door = door
    this.agent = new Agent({ keepAlive: true, maxSockets: connections, ca: door.authority })
  }

  ask(method: string, path: string, body?: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const { door } = this
      const asked = request(
        `${door.url}${path}`,
        {
          method,
          agent: this.agent,
          headers: { authorization: `Bearer ${door.token}`, "content-type": "application/json" }
        },
        (response) => {
          response.resume()
          response.on("end", () =>
            (response.statusCode ?? 500) < 300
              ? resolve()
              : reject(new Error(`${method} ${path} was answered with ${response.statusCode}`))
          )
        }
      )
      asked.on("error", reject)
      asked.end(body)
    })
  }

  /** Gives what closes the watch, once its head has arrived. */
  watch(path: string, line: () => void): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const { door } = this
      const asked = request(
        `${door.url}${path}`,
        { ca: door.authority, headers: { authorization: `Bearer ${door.token}` } },
        (response) => {
          response.on("data", (chunk: Buffer) => {
            for (const byte of chunk) if (byte === 10) line()
          })
          response.on("error", () => {})
          resolve(() => asked.destroy())
        }
      )
      asked.on("error", reject)
      asked.end()
    })
  }

  close(): void {
    this.agent.destroy()
  }
}

/** Does so many things, as many at once as there are connections; gives how many a second. */
const rate = async (count: number, act: (index: number) => Promise<void>): Promise<number> => {
  let next = 0
  const begin = performance.now()
  const worker = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: connections }, worker))
  return (count * 1000) / (performance.now() - begin)
}

const path = "/api/v1/namespaces/default/configmaps"

/** Milliseconds of each write until every watcher has seen it. */
const measureWatchers = async (client: Client): Promise<ReadonlyArray<number>> => {
  let left = 0
  let seen = (): void => {}
  const line = () => {
    left--
    if (left === 0) seen()
  }
  const version = "?watch=true&fieldSelector=metadata.name%3Dwatched&allowWatchBookmarks=true&resourceVersion="
  const closers = await Promise.all(
    Array.from({ length: watchers }, () => client.watch(`${path}${version}${objects}`, line))
  )
  const millis: Array<number> = []
  for (let index = 0; index < watchedWrites; index++) {
    left = watchers
    const all = new Promise<void>((resolve) => (seen = resolve))
    const begin = performance.now()
    if (index === 0) await client.ask("POST", path, configMap("watched", "0"))
    else await client.ask("PUT", `${path}/watched`, configMap("watched", String(index)))
    await all
    millis.push(performance.now() - begin)
  }
  for (const close of closers) close()
  return millis
}

export const measureDoorLoad = async (): Promise<DoorFigures> => {
  const file = fileURLToPath(new URL("./door.ts", import.meta.url))
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file], {
    stdio: ["pipe", "pipe", "inherit"]
  })
  try {
    const lines = createInterface({ input: child.stdout })
    const door = await new Promise<Door>((resolve, reject) => {
      lines.once("line", (text) => resolve(JSON.parse(text) as Door))
      child.once("exit", (code) => reject(new Error(`the door ended with ${code}`)))
    })
    const client = new Client(door)
    const create = (index: number) => client.ask("POST", path, configMap(`filled-${index}`, String(index)))
    const update = (index: number) =>
      client.ask("PUT", `${path}/filled-${index}`, configMap(`filled-${index}`, `${index} again`))
    const read = (index: number) => client.ask("GET", `${path}/filled-${index % objects}`)
    await rate(objects, create)
    const writes = await rate(objects, update)
    await rate(reads / 4, read)
    const readRate = await rate(reads, read)
    const watched = await measureWatchers(client)
    client.close()
    return { writes, reads: readRate, watchMillis: median(watched) }
  } finally {
    child.stdin.end()
  }
}
