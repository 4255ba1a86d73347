/** A door on a server of its own, asked without sockets. */
import { conformanceKinds } from "@capstan/kubernetes/testing"
import { Kernel } from "@capstan/kernel"
import { ApiDoor, ApiServer, type HttpAnswer, type User } from "../../src/index.ts"

const users: { readonly [token: string]: User } = {
  admin: { name: "admin", groups: ["system:masters", "system:authenticated"] },
  reader: { name: "reader", groups: ["system:authenticated"] }
}

/** JSON of an answer, to be looked into freely. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any

export interface Asked {
  readonly body?: unknown
  readonly headers?: { readonly [name: string]: string }
  /** Nobody when empty. */
  readonly token?: string
}

export interface Reply {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly text: string
  readonly json: Loose
}

export interface OpenWatch {
  /** Frames since the last look. */
  readonly take: () => ReadonlyArray<Loose>
  readonly ended: () => "" | "end" | "cut"
  readonly stop: () => void
}

export class TestDoor {
  readonly kernel = new Kernel({ seed: 0 })
  readonly server = new ApiServer(this.kernel, { name: "door", kinds: conformanceKinds, watchWindow: 50 })
  /** What the door has asked to be done later, with real milliseconds. */
  readonly timers: Array<{ readonly millis: number; readonly act: () => void; cancelled: boolean }> = []
  readonly issued = new Map<string, User>()
  readonly door = new ApiDoor({
    server: this.server,
    userOf: (token) => users[token] ?? this.issued.get(token),
    issueToken: (user, seconds) => {
      const token = `token-${this.issued.size}-${seconds}`
      this.issued.set(token, user)
      return token
    },
    after: (millis, act) => {
      const timer = { millis, act, cancelled: false }
      this.timers.push(timer)
      return () => {
        timer.cancelled = true
      }
    }
  })

  handle(method: string, target: string, { body, headers, token = "admin" }: Asked = {}): HttpAnswer {
    return this.door.handle({
      method,
      target,
      headers: {
        ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers
      },
      body:
        body instanceof Uint8Array
          ? body
          : new TextEncoder().encode(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body))
    })
  }

  ask(method: string, target: string, asked: Asked = {}): Reply {
    const answer = this.handle(method, target, asked)
    if (answer._tag !== "Whole") throw new Error(`${method} ${target} was answered with a ${answer._tag}`)
    const { body, headers, status } = answer
    return { status, headers, text: body, json: body.startsWith("{") ? JSON.parse(body) : undefined }
  }

  watch(target: string, asked: Asked = {}): OpenWatch {
    const answer = this.handle("GET", target, asked)
    if (answer._tag !== "Stream") throw new Error(`GET ${target} was answered with ${JSON.stringify(answer)}`)
    let frames: Array<unknown> = []
    let ended: "" | "end" | "cut" = ""
    const stop = answer.start({
      write: (text) =>
        void frames.push(
          ...text
            .trimEnd()
            .split("\n")
            .map((line): unknown => JSON.parse(line))
        ),
      end: () => (ended = "end"),
      cut: () => (ended = "cut")
    })
    return {
      take: () => {
        this.kernel.run({ untilMillis: this.kernel.now() + 100 })
        const taken = frames
        frames = []
        return taken
      },
      ended: () => ended,
      stop
    }
  }

  configMap(name: string, data: { readonly [key: string]: string } = {}, labels = {}): Reply {
    return this.ask("POST", configMaps, {
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels }, data }
    })
  }
}

export const configMaps = "/api/v1/namespaces/default/configmaps"
export const widgets = "/apis/conformance.capstan.dev/v1/namespaces/default/widgets"
