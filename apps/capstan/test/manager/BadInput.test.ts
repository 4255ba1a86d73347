/**
 * A manager among bad credentials, an endpoint that hangs or talks nonsense, and taken ports: it says in words what is wrong,
 * stays, and goes on by itself when all is well. Nothing of what is secret in that world is written anywhere.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer } from "node:net"
import { folder, run } from "../CommandLine.ts"
import { noAttention, openMiddleman } from "./Middleman.ts"
import { type Document, eventually, openOutsideWorld } from "./OutsideWorld.ts"

const secretAccessKey = "canary/secret+access=key-of-the-account"
const wrongKey = "canary/secret+access=key-of-nobody"
const userData = "echo canary-of-the-user-data"

const machines = "/apis/cluster.x-k8s.io/v1beta2/namespaces/capi-quickstart/machines"
const awsCluster =
  "/apis/infrastructure.cluster.x-k8s.io/v1beta2/namespaces/capi-quickstart/awsclusters/capi-quickstart"

const expired = `<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>RequestExpired</Code><Message>Request has expired.</Message></Error></Errors><RequestID>1</RequestID></Response>`

/** Keeps the SDK from looking for credentials elsewhere than in the environment. */
const nowhereElse = {
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_CONFIG_FILE: "/dev/null"
}

const conditionsOf = ({ status }: Document): string =>
  (status?.conditions ?? []).map(({ message }) => message).join("\n")

/** Every form in which a value could be written: itself, in base64 whichever way it is aligned, a line of it. */
const formsOf = (secret: string): ReadonlyArray<string> => [
  ...secret.split("\n").filter((line) => line.length >= 16 && !line.startsWith("-----")),
  ...[0, 1, 2].map((shift) => Buffer.from(secret).subarray(shift).toString("base64").slice(0, -4))
]

describe("capstan manager run, in a world that is not as it should be", () => {
  it.live(
    "says what is wrong with AWS, goes on by itself, and keeps every secret",
    () =>
      Effect.scoped(
        Effect.gen(function* () {
          const world = yield* openOutsideWorld({
            controlPlanes: 1,
            workers: 1,
            speed: 60,
            leaseSeconds: 3,
            secretAccessKey,
            userData
          })
          const installed = yield* world.install
          assert.strictEqual(installed.code, 0, installed.err)
          const written: Array<() => string> = [() => installed.out + installed.err]
          const listen = (running: { readonly said: { readonly out: string; readonly err: string } }) =>
            void written.push(() => running.said.out + running.said.err)
          listen(world.process)

          const alone = ["--leader-elect=false", "-v=10"]
          const clusterSays = (words: RegExp, seconds = 60) =>
            eventually(`${words}`, Effect.map(world.ask(awsCluster), conditionsOf), (text) => words.test(text), seconds)
          const cases = [
            [{ AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" }, /no usable AWS credentials: set AWS_PROFILE, or/],
            [{ AWS_SECRET_ACCESS_KEY: wrongKey }, /AuthFailure: AWS was not able to validate/],
            [
              { AWS_SECRET_ACCESS_KEY: "" },
              /AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY; set both, or neither/
            ],
            [{ AWS_SESSION_TOKEN: "canary-token-of-nobody" }, /AuthFailure: AWS was not able to validate/]
          ] as const
          yield* Effect.forEach(
            cases,
            Effect.fnUntraced(function* ([environment, words], index) {
              const detour = { environment: { ...nowhereElse, ...environment } }
              const manager = yield* world.manager(`case-${index}`, detour, ...alone)
              listen(manager)
              yield* clusterSays(words)
              assert.isNull(manager.child.exitCode, "it stays")
              manager.child.kill("SIGTERM")
              assert.strictEqual((yield* manager.ended).code, 0)
            }),
            { discard: true }
          )

          let weather: "hang" | "garbage" | "expired" | "fine" = "garbage"
          const awsEndpoint = yield* openMiddleman({
            server: "aws",
            target: world.aws.endpoint,
            attention: noAttention,
            instead: () =>
              weather === "garbage"
                ? { status: 200, type: "text/html", body: "<html><body>Welcome to our network!</body>" }
                : weather === "expired"
                  ? { status: 400, type: "text/xml", body: expired }
                  : weather === "hang"
                    ? "hang"
                    : undefined
          })
          const manager = yield* world.manager("patient", { awsEndpoint }, ...alone)
          listen(manager)
          yield* clusterSays(/an answer with HTTP 200 that is not AWS's/)
          weather = "expired"
          yield* clusterSays(/RequestExpired/)
          weather = "hang"
          yield* clusterSays(/deadline of \d+ s/, 120)
          assert.isNull(manager.child.exitCode, "it stays")
          weather = "fine"
          yield* eventually(
            "all machines are nodes",
            world.items(machines),
            (all) => all.length === 2 && all.every(({ status }) => status?.nodeRef !== undefined)
          )
          const [, metricsAt = ""] = /metrics at (http:\/\/[\d.:]+\/metrics)/.exec(manager.said.err) ?? []
          const metrics = yield* Effect.promise(async () => (await fetch(metricsAt)).text())
          assert.include(metrics, "controller_runtime_reconcile_total")
          written.push(() => metrics)

          // What is secret in this world, read from where it is kept.
          const kept = yield* world.items("/api/v1/namespaces/capi-quickstart/secrets")
          const values = kept.flatMap(({ data = {}, metadata }) =>
            Object.entries(data)
              // Certificates are public.
              .filter(([key]) => key !== "tls.crt" && key !== "format")
              .map(
                ([key, value]) => [`${metadata?.name} ${key}`, Buffer.from(value, "base64").toString("utf8")] as const
              )
          )
          assert.includeMembers(
            values.map(([name]) => name),
            ["capi-quickstart-ca tls.key", "capi-quickstart-etcd tls.key", "capi-quickstart-kubeconfig value"]
          )
          const bootstrap = values.map(([, value]) => value).find((value) => value.includes("canary-of-the-user-data"))
          assert.isDefined(bootstrap, "the user data reached a bootstrap Secret")
          const tokens = values.flatMap(([, value]) => value.match(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g) ?? [])
          assert.isNotEmpty(tokens)
          const secrets: ReadonlyArray<readonly [string, string]> = [
            ["the account's key", secretAccessKey],
            ["a wrong key", wrongKey],
            ["a session token", "canary-token-of-nobody"],
            ["the door's token", world.door.token],
            ["the user data", userData],
            ...tokens.map((token) => ["a bootstrap token", token] as const),
            ...values.filter(([name]) => name.endsWith("tls.key")).map(([name, value]) => [name, value] as const),
            ...values.flatMap(([name, value]) =>
              (value.match(/client-key-data: (\S+)/g) ?? []).map((line) => [name, line.slice(17)] as const)
            )
          ]
          const everything = written.map((text) => text()).join("\n")
          assert.isAbove(everything.length, 10_000)
          for (const [name, secret] of secrets) {
            for (const form of formsOf(secret)) assert.isFalse(everything.includes(form), `${name} was written down`)
          }
        })
      ),
    600_000
  )

  it.live("says in words that a port is in use", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const place = yield* folder
        const taken = yield* Effect.acquireRelease(
          Effect.callback<ReturnType<typeof createServer>>((resume) => {
            const server = createServer()
            server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
          }),
          (server) => Effect.sync(() => void server.close())
        )
        const address = taken.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        for (const flag of ["health-addr", "diagnostics-address"]) {
          const free = flag === "health-addr" ? "--diagnostics-address=0" : "--health-addr=0"
          const args = ["--kubeconfig", "any", `--${flag}=127.0.0.1:${port}`, free]
          const { code, err } = yield* run(place, "manager", "run", ...args)
          assert.strictEqual(code, 3, err)
          assert.include(
            err,
            `--${flag}: port ${port} of 127.0.0.1 is in use: stop what listens there, or choose another`
          )
        }
      })
    )
  )
})
