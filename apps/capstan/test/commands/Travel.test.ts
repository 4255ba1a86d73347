/** Replays that stop: as processes of their own, spoken to by stdin, and by kubectl's protocol where they serve. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parse } from "yaml"
import { folder, run, start } from "../CommandLine.ts"
import { bodyOf, send } from "../sim/TestWorld.ts"

const scenario = ["replay", "catalogue:instance-kill/worker", "--matrix", "provider=dev", "--seed", "1"]
const deleting = "workers.exists(m, deleting(m))"

/** The command with these lines on its stdin, which then ends. */
const told = (home: string, lines: ReadonlyArray<string>, ...args: ReadonlyArray<string>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const running = yield* start(home, ...args)
      running.child.stdin?.end(lines.map((line) => `${line}\n`).join(""))
      return yield* running.ended
    })
  )

const hashIn = (out: string): string | undefined => /hash ([0-9a-f]{64})/.exec(out)?.[1]

describe("capstan replay --break and --step", () => {
  it.live("stops where an expression holds for the first time, and shows the objects", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const { code, err, out } = yield* run(home, ...scenario, "--break", deleting)
      assert.strictEqual(code, 0, err)
      assert.match(
        out,
        /deleting {2}Machine demo-md-0\S+\n\n Stopped at \d\d:.* holds, after\n .* delete Machine demo-md-0/
      )
      assert.match(out, /\nNAME +REPLICAS.*\nCluster\/demo [^]*Machine\/demo-md-0\S+ .*Deleting/)
      assert.notInclude(out, "gone ")
    })
  )

  it.live("goes on by lines of stdin, to the same end as a run that was never stopped", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const whole = yield* run(home, ...scenario)
      const lines = [
        "n",
        "",
        "w",
        "nonsense",
        "t",
        "u 1s",
        "c workers.size() == vars.workers && workers.all(m, ready(m))",
        "h",
        "c"
      ]
      const stepped = yield* told(home, lines, ...scenario, "--break", deleting, "--step")
      assert.strictEqual(stepped.code, 0, stepped.err)
      const [, after = ""] = stepped.out.split(/ Stopped at .* holds, after\n/)
      assert.match(after, /\n \d\d:\d\d:\d\d\.\d{3} {2}#\d+ .*\n(?: \d\d:.*\n)+NAME /)
      assert.match(after, / write {7}.*\nNAME /)
      assert.match(after, / Stopped at .*: workers\.size\(\) == vars\.workers && .* holds\n/)
      assert.include(after, "q          quit")
      assert.include(after, "and has passed\n")
      assert.include(stepped.err, "'nonsense' is no command here")
      assert.match(stepped.err, /00:00:01 is over: it is \d\d:.* A replay only goes on\./)
      assert.isDefined(hashIn(whole.out))
      assert.strictEqual(hashIn(stepped.out), hashIn(whole.out))
    })
  )

  it.live("begins at the start without a place to stop, and quits when told to or when stdin ends", () =>
    Effect.gen(function* () {
      const home = yield* folder
      for (const lines of [["n", "q", "n"], ["n"]]) {
        const { code, out } = yield* told(home, lines, ...scenario, "--step")
        assert.strictEqual(code, 0)
        assert.match(out, / Stopped at 00:00:00\.000\n/)
        assert.notInclude(out, "The run is over")
      }
    })
  )

  it.live("says what cannot be", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const never = yield* run(home, ...scenario, "--break", "workers.size() == 99")
      assert.strictEqual(never.code, 5)
      assert.include(never.out, "It never holds in this run: workers.size() == 99")
      assert.include(never.out, "and has passed")
      const wrongs = [
        {
          args: ["--break", "workrs.size() == 9"],
          says: "'workrs' is not bound in let, vars, matrix or the kinds of objects. Did you mean 'workers'?"
        },
        { args: ["--step", "--until", "20h"], says: "20:00:00 is after the end of the run" },
        { args: ["--step", "--until", "noon"], says: "'noon' is no virtual time" },
        { args: ["--step", "--trace", "x.ndjson"], says: "--trace is about a whole run" },
        { args: ["--step", "--port", "1"], says: "--port goes with --serve" },
        { args: ["--port", "1"], says: "--port goes with --serve" },
        { args: ["--serve", "--port", "x"], says: "--port 'x' is none" },
        { args: ["--step", "--scenario", "other"], says: "There is no scenario 'other'" }
      ]
      for (const { args, says } of wrongs) {
        const ended = yield* run(home, ...scenario, ...args)
        assert.strictEqual(ended.code, 2, args.join(" "))
        assert.include(ended.err, says)
      }
    })
  )
})

interface Config {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority-data": string } }
  ]
  readonly users: readonly [{ readonly user: { readonly token: string } }]
}

const doorOf = (path: string) => {
  const { clusters, users } = parse(readFileSync(path, "utf8")) as Config
  const [{ cluster }] = clusters
  const authority = Buffer.from(cluster["certificate-authority-data"], "base64").toString("utf8")
  return { url: cluster.server, authority, token: users[0].user.token }
}

describe("capstan replay --serve", () => {
  it.live("shows the past over the API, refuses to change it, and goes on when told to", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const running = yield* start(home, ...scenario, "--break", deleting, "--serve")
      yield* running.says("Ctrl-C ends it")
      const door = doorOf(join(home, ".capstan/past.kubeconfig"))
      const machines = "/apis/cluster.x-k8s.io/v1beta2/namespaces/default/machines"
      const ask = (path: string, sent = {}) =>
        Effect.promise(async () => {
          const answer = await send(door, path, sent)
          return { status: answer.statusCode, body: JSON.parse(await bodyOf(answer)) as Record<string, unknown> }
        })
      interface Machines {
        readonly items: ReadonlyArray<{
          readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
        }>
      }
      const listed = (yield* ask(machines)).body as unknown as Machines
      const victims = listed.items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      assert.strictEqual(victims.length, 1)
      const victim = victims[0]?.metadata.name

      for (const sent of [
        { method: "DELETE" },
        { method: "PATCH", body: "{}", headers: { "content-type": "application/merge-patch+json" } },
        { method: "PUT", body: "{}" }
      ]) {
        const refused = yield* ask(`${machines}/${victim}`, sent)
        assert.strictEqual(refused.status, 405)
        assert.deepInclude(refused.body, { kind: "Status", reason: "MethodNotAllowed", status: "Failure" })
        assert.include(String(refused.body["message"]), "the past cannot be changed")
      }
      const review = {
        kind: "SelfSubjectAccessReview",
        apiVersion: "authorization.k8s.io/v1",
        spec: { resourceAttributes: { verb: "get", resource: "pods" } }
      }
      const may = yield* ask("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
        method: "POST",
        body: JSON.stringify(review)
      })
      assert.strictEqual(may.status, 201)

      const watch = yield* Effect.promise(() => send(door, `${machines}?watch=1&resourceVersion=0`))
      let seen = ""
      watch.on("data", (chunk: Buffer) => (seen += String(chunk)))
      const sees = (text: string): Effect.Effect<void> =>
        Effect.suspend(() => (seen.includes(text) ? Effect.void : Effect.delay(sees(text), 20)))
      yield* sees('"ADDED"')
      assert.notInclude(seen, '"DELETED"')
      running.child.stdin?.write(`c workers.all(m, m.metadata.name != '${victim}')\n`)
      yield* sees('"DELETED"')
      assert.strictEqual((yield* ask(`${machines}/${victim}`)).status, 404)
      running.child.stdin?.write("c\n")
      yield* running.says("The run is over")
      running.child.stdin?.write("q\n")
      const { code, out } = yield* running.ended
      assert.strictEqual(hashIn(out), hashIn((yield* run(home, ...scenario)).out))
      assert.strictEqual(code, 0)
      assert.include(out, "leads nowhere now")
    })
  )

  it.live("stays until it is interrupted when nobody is at stdin", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const running = yield* start(home, ...scenario, "--until", "5m", "--serve", "--kubeconfig", "k.yaml")
      running.child.stdin?.end()
      yield* running.says("Ctrl-C ends it")
      const door = doorOf(join(home, "k.yaml"))
      const answer = yield* Effect.promise(() => send(door, "/api/v1/namespaces/default"))
      assert.strictEqual(answer.statusCode, 200)
      answer.resume()
      running.child.kill("SIGINT")
      assert.strictEqual((yield* running.ended).code, 130)
    })
  )
})
