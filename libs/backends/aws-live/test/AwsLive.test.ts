import { type AwsError, Ec2, networkingError, Sts } from "@capstan/aws"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { awsLive, type AwsLiveOptions } from "../src/AwsLive.ts"

interface Call {
  readonly action: string
  readonly parameters: URLSearchParams
}

type Answering = (call: Call, response: ServerResponse, number: number) => void

/** A service that answers as it is told, at an address of the loopback interface. */
const anEndpoint = (answer: Answering) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly calls: Array<Call>; readonly server: Server }>((resume) => {
      const calls: Array<Call> = []
      const server = createServer((request: IncomingMessage, response) => {
        let body = ""
        request.on("data", (chunk) => (body += chunk))
        request.on("end", () => {
          const parameters = new URLSearchParams(body)
          const call = { action: parameters.get("Action") ?? "", parameters }
          calls.push(call)
          answer(call, response, calls.length)
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, calls, server }))
      })
    }),
    ({ server }) =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "very-secret" }
const live = (endpoint: string, more: AwsLiveOptions = {}) =>
  awsLive({ endpoint, region: "eu-west-1", credentials, ...more })

const refuse = (code: string, status: number) => (response: ServerResponse) => {
  response.writeHead(status, { "content-type": "text/xml", "x-amzn-requestid": "r-1" })
  response.end(
    `<Response><Errors><Error><Code>${code}</Code><Message>said ${code}</Message></Error></Errors><RequestID>r-1</RequestID></Response>`
  )
}
const throttle = refuse("RequestLimitExceeded", 503)
const vpcs = (response: ServerResponse) => {
  response.writeHead(200, { "content-type": "text/xml" })
  response.end("<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>")
}
const instances = (response: ServerResponse, ids: ReadonlyArray<string>) => {
  const items = ids.map((id) => `<item><instanceId>${id}</instanceId></item>`).join("")
  response.writeHead(200, { "content-type": "text/xml" })
  response.end(
    `<DescribeInstancesResponse><reservationSet><item><reservationId>r-1</reservationId><instancesSet>${items}</instancesSet></item></reservationSet></DescribeInstancesResponse>`
  )
}

const describeVpcs = Effect.flatMap(Ec2, (ec2) => ec2.describeVpcs({}))
const failureOf = <A, R>(effect: Effect.Effect<A, AwsError, R>) => Effect.flip(effect)

it.live("repeats what was throttled until it is answered", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint((_, response, number) => (number < 3 ? throttle : vpcs)(response))
    const found = yield* Effect.provide(describeVpcs, live(url))
    assert.deepStrictEqual(found, { Vpcs: [{ VpcId: "vpc-1" }] })
    assert.strictEqual(calls.length, 3)
  })
)

it.live("gives up after three attempts, with AWS's own words", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint((_, response) => throttle(response))
    const { code, message, requestId, statusCode } = yield* failureOf(Effect.provide(describeVpcs, live(url)))
    assert.deepStrictEqual(
      { code, message, requestId, statusCode },
      { code: "RequestLimitExceeded", message: "said RequestLimitExceeded", requestId: "r-1", statusCode: 503 }
    )
    assert.strictEqual(calls.length, 3)
  })
)

it.live("does not repeat a change that may have been carried out", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint((_, response) => void response.destroy())
    const create = Effect.flatMap(Ec2, (ec2) => ec2.createVpc({ CidrBlock: "10.0.0.0/16" }))
    const error = yield* failureOf(Effect.provide(create, live(url)))
    assert.strictEqual(error.code, networkingError)
    assert.strictEqual(calls.length, 1)
  })
)

it.live("repeats a launch that carries a token", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint((_, response) => void response.destroy())
    const run = Effect.flatMap(Ec2, (ec2) =>
      ec2.runInstances({ ImageId: "ami-1", MinCount: 1, MaxCount: 1, ClientToken: "token" })
    )
    yield* failureOf(Effect.provide(run, live(url)))
    assert.deepStrictEqual(
      calls.map(({ parameters }) => parameters.get("ClientToken")),
      ["token", "token", "token"]
    )
  })
)

it.live("ends a call that hangs at its deadline", () =>
  Effect.gen(function* () {
    const { url } = yield* anEndpoint(() => {})
    const error = yield* failureOf(Effect.provide(describeVpcs, live(url, { deadlineMillis: 200 })))
    assert.strictEqual(error.code, networkingError)
    assert.include(error.message, "deadline of 0.2 s")
  })
)

it.live("aborts the request of a call that nobody waits for any more", () =>
  Effect.gen(function* () {
    const aborted: Array<string> = []
    const { calls, url } = yield* anEndpoint(
      ({ action }, response) => void response.on("close", () => void aborted.push(action))
    )
    const layer = live(url)
    const fiber = yield* Effect.forkChild(Effect.provide(describeVpcs, layer))
    while (calls.length === 0) yield* Effect.sleep(5)
    yield* Fiber.interrupt(fiber)
    while (aborted.length === 0) yield* Effect.sleep(5)
    assert.deepStrictEqual(aborted, ["DescribeVpcs"])
  })
)

it.live("tells that nobody listens", () =>
  Effect.gen(function* () {
    const { server, url } = yield* anEndpoint(() => {})
    yield* Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
    const error = yield* failureOf(Effect.provide(describeVpcs, live(url)))
    assert.strictEqual(error.code, networkingError)
    assert.include(error.message, "ECONNREFUSED")
    assert.notInclude(JSON.stringify(error), "very-secret")
  })
)

it.live("takes an answer in no protocol of AWS's for none", () =>
  Effect.gen(function* () {
    const { url } = yield* anEndpoint((_, response) => {
      response.writeHead(502, { "content-type": "text/html" })
      response.end("<html><title>Bad Gateway</html>")
    })
    const error = yield* failureOf(Effect.provide(describeVpcs, live(url)))
    assert.strictEqual(error.code, networkingError)
    assert.include(error.message, "HTTP 502")
  })
)

it.live("sends a service to its own address", () =>
  Effect.gen(function* () {
    const first = yield* anEndpoint((_, response) => vpcs(response))
    const second = yield* anEndpoint((_, response) => refuse("ExpiredToken", 403)(response))
    const layer = live(first.url, { endpoints: { sts: second.url } })
    yield* Effect.gen(function* () {
      yield* describeVpcs
      const error = yield* failureOf((yield* Sts).getCallerIdentity({}))
      assert.strictEqual(error.statusCode, 403)
    }).pipe(Effect.provide(layer))
    assert.deepStrictEqual([first.calls.length, second.calls.length], [1, 1])
  })
)

it.live("asks for instances that are asked for together in one call", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint(({ parameters }, response) =>
      instances(
        response,
        [...parameters].filter(([name]) => name.startsWith("InstanceId.")).map(([, id]) => id)
      )
    )
    const ids = Array.from({ length: 150 }, (_, index) => `i-${index}`)
    const found = yield* Effect.gen(function* () {
      const ec2 = yield* Ec2
      return yield* Effect.forEach(ids, (id) => ec2.describeInstances({ InstanceIds: [id] }), {
        concurrency: "unbounded"
      })
    }).pipe(Effect.provide(live(url)))
    assert.deepStrictEqual(
      found.map((answer) => answer.Reservations?.flatMap((one) => one.Instances ?? []).map((one) => one.InstanceId)),
      ids.map((id) => [id])
    )
    assert.isAtMost(calls.length, 3)
  })
)

it.live("tells only who asked for it that an instance is unknown", () =>
  Effect.gen(function* () {
    const { url } = yield* anEndpoint(({ parameters }, response) => {
      const ids = [...parameters].filter(([name]) => name.startsWith("InstanceId.")).map(([, id]) => id)
      if (ids.includes("i-unknown")) refuse("InvalidInstanceID.NotFound", 400)(response)
      else instances(response, ids)
    })
    const found = yield* Effect.gen(function* () {
      const ec2 = yield* Ec2
      return yield* Effect.forEach(
        ["i-1", "i-unknown", "i-2"],
        (id) => Effect.result(ec2.describeInstances({ InstanceIds: [id] })),
        { concurrency: "unbounded" }
      )
    }).pipe(Effect.provide(live(url)))
    assert.deepStrictEqual(
      found.map((answer) => (Result.isFailure(answer) ? answer.failure.code : "found")),
      ["found", "InvalidInstanceID.NotFound", "found"]
    )
  })
)

it.live("says how to mend missing credentials", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint((_, response) => vpcs(response))
    const none = { AWS_ACCESS_KEY_ID: "", AWS_PROFILE: "no-such-profile", AWS_EC2_METADATA_DISABLED: "true" }
    const before = { ...process.env }
    yield* Effect.acquireRelease(
      Effect.sync(() => void Object.assign(process.env, none)),
      () =>
        Effect.sync(() => {
          for (const name of Object.keys(none)) {
            if (before[name] === undefined) delete process.env[name]
            else process.env[name] = before[name]
          }
        })
    )
    const layer = awsLive({ endpoint: url, region: "eu-west-1" })
    const error = yield* failureOf(Effect.provide(describeVpcs, layer))
    assert.strictEqual(error.code, "CredentialsProviderError")
    assert.include(error.message, "AWS_PROFILE")
    assert.strictEqual(calls.length, 0)
  })
)
