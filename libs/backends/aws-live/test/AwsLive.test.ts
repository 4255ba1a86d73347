import {
  type AwsError,
  Ec2,
  ec2Operations,
  Elb,
  elbOperations,
  Iam,
  iamOperations,
  networkingError,
  Sts,
  stsOperations
} from "@capstan/aws"
import { assert, it } from "@effect/vitest"
import { Context, Effect, Fiber, Metric, Random, Result, Tracer } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { awsLive, type AwsLiveOptions } from "../src/AwsLive.ts"
import { CallingController } from "../src/CallMetrics.ts"

interface Call {
  readonly action: string
  readonly parameters: URLSearchParams
  readonly authorization: string
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
          const authorization = request.headers.authorization ?? ""
          const call = { action: parameters.get("Action") ?? "", parameters, authorization }
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
/** How many requests were counted under these labels. */
const counted = (registry: Metric.MetricRegistry, labels: { readonly [label: string]: string }): number =>
  Metric.snapshotUnsafe(Context.make(Metric.MetricRegistry, registry))
    .filter(({ attributes, id }) => {
      const has = Object.entries(labels).every(([label, value]) => attributes?.[label] === value)
      return id === "aws_api_requests_total_v2" && has
    })
    .reduce((sum, { state }) => sum + Number((state as Metric.CounterState<number>).count), 0)

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

it.live("leaves an operation alone for a while after it was throttled, whoever asks", () =>
  Effect.gen(function* () {
    const at: Array<number> = []
    const { url } = yield* anEndpoint((_, response, number) => {
      at.push(performance.now())
      if (number === 1) throttle(response)
      else vpcs(response)
    })
    yield* Effect.gen(function* () {
      const first = yield* Effect.forkChild(describeVpcs)
      while (at.length === 0) yield* Effect.sleep(5)
      yield* Effect.sleep(100)
      yield* describeVpcs
      yield* Fiber.join(first)
    }).pipe(
      Effect.provide(live(url)),
      Effect.provideService(Random.Random, { nextDoubleUnsafe: () => 0.8, nextIntUnsafe: () => 0 })
    )
    const [throttled = 0, ...after] = at
    assert.lengthOf(after, 2)
    for (const moment of after) assert.isAtLeast(moment - throttled, 390)
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
    const layer = live(first.url, { endpoints: { sts: { url: second.url, signingRegion: "us-east-1" } } })
    yield* Effect.gen(function* () {
      yield* describeVpcs
      const error = yield* failureOf((yield* Sts).getCallerIdentity({}))
      assert.strictEqual(error.statusCode, 403)
      assert.include(error.message, "renew them")
    }).pipe(Effect.provide(layer))
    const scopes = [...first.calls, ...second.calls].map(({ authorization }) =>
      /\d{8}\/[^,]*/.exec(authorization)?.[0].slice(9)
    )
    assert.deepStrictEqual(scopes, ["eu-west-1/ec2/aws4_request", "us-east-1/sts/aws4_request"])
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

it.live.each(["InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"])("tells only who asked for it: %s", (code) =>
  Effect.gen(function* () {
    const { url } = yield* anEndpoint(({ parameters }, response) => {
      const ids = [...parameters].filter(([name]) => name.startsWith("InstanceId.")).map(([, id]) => id)
      if (ids.includes("i-wrong")) refuse(code, 400)(response)
      else instances(response, ids)
    })
    const found = yield* Effect.gen(function* () {
      const ec2 = yield* Ec2
      return yield* Effect.forEach(
        ["i-1", "i-wrong", "i-2"],
        (id) => Effect.result(ec2.describeInstances({ InstanceIds: [id] })),
        { concurrency: "unbounded" }
      )
    }).pipe(Effect.provide(live(url)))
    assert.deepStrictEqual(
      found.map((answer) => (Result.isFailure(answer) ? answer.failure.code : "found")),
      ["found", code, "found"]
    )
  })
)

it.live("asks again what hangs, when asking changes nothing", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint((_, response, number) => {
      if (number > 1) vpcs(response)
    })
    const found = yield* Effect.provide(describeVpcs, live(url, { deadlineMillis: 1500 }))
    assert.deepStrictEqual(found, { Vpcs: [{ VpcId: "vpc-1" }] })
    assert.strictEqual(calls.length, 2)
  })
)

it.live("launches again what never went out, and says that it never went out", () =>
  Effect.gen(function* () {
    const { server, url } = yield* anEndpoint(() => {})
    yield* Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
    const create = Effect.flatMap(Ec2, (ec2) => ec2.createVpc({ CidrBlock: "10.0.0.0/16" }))
    const registry: Metric.MetricRegistry = new Map()
    const error = yield* failureOf(
      create.pipe(Effect.provide(live(url)), Effect.provideService(Metric.MetricRegistry, registry))
    )
    assert.include(error.message, "was not sent: no connection to 127.0.0.1")
    assert.strictEqual(counted(registry, { operation: "CreateVpc", error_code: networkingError }), 3)
  })
)

it.live("counts every attempt by service, operation and code, for the controller that calls", () =>
  Effect.gen(function* () {
    const { url } = yield* anEndpoint((_, response, number) => (number < 2 ? throttle : vpcs)(response))
    const registry: Metric.MetricRegistry = new Map()
    yield* describeVpcs.pipe(
      Effect.provide(live(url)),
      Effect.provideService(CallingController, "awscluster"),
      Effect.provideService(Metric.MetricRegistry, registry)
    )
    const called = { controller: "awscluster", service: "ec2", region: "eu-west-1", operation: "DescribeVpcs" }
    assert.strictEqual(counted(registry, { ...called, status_code: "503", error_code: "RequestLimitExceeded" }), 1)
    assert.strictEqual(counted(registry, { ...called, status_code: "200", error_code: "" }), 1)
  })
)

it.live("is a span with the service, the operation, the attempts and the code, and nothing of the request", () =>
  Effect.gen(function* () {
    const { url } = yield* anEndpoint((_, response) => refuse("InvalidParameterValue", 400)(response))
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const run = Effect.flatMap(Ec2, (ec2) =>
      ec2.runInstances({ ImageId: "ami-1", MinCount: 1, MaxCount: 1, UserData: "dG9wIHNlY3JldA==" })
    )
    yield* failureOf(run.pipe(Effect.provide(live(url)), Effect.withTracer(tracer)))
    const [span] = spans
    assert.strictEqual(span?.name, "aws.ec2.RunInstances")
    assert.deepStrictEqual(Object.fromEntries(span?.attributes ?? []), {
      "rpc.system": "aws-api",
      "rpc.service": "ec2",
      "rpc.method": "RunInstances",
      "cloud.region": "eu-west-1",
      "capstan.aws.attempts": 1,
      "error.type": "InvalidParameterValue",
      "aws.request_id": "r-1"
    })
  })
)

it.live("knows a command of the SDK for every operation of the waist", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint((_, response) => refuse("InvalidAction", 400)(response))
    const codes = yield* Effect.gen(function* () {
      const clients = [yield* Ec2, yield* Elb, yield* Iam, yield* Sts] as const
      const methods = clients.flatMap((client) =>
        Object.values<(input: never) => Effect.Effect<unknown, AwsError>>(client)
      )
      return yield* Effect.forEach(methods, (method) => Effect.map(failureOf(method({} as never)), ({ code }) => code))
    }).pipe(Effect.provide(live(url)))
    assert.deepStrictEqual(new Set(codes), new Set(["InvalidAction"]))
    assert.deepStrictEqual(
      calls.map(({ action }) => action),
      [...ec2Operations, ...elbOperations, ...iamOperations, ...stsOperations]
    )
  })
)

const noChain = {
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
  AWS_PROFILE: "none-such"
}
it.live.each([
  { rule: "missing credentials", environment: noChain, says: 'the profile "none-such" of AWS_PROFILE has none' },
  {
    rule: "half of the credentials",
    environment: { ...noChain, AWS_ACCESS_KEY_ID: "AKIDEXAMPLE" },
    says: "AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY"
  }
])("says how to mend $rule", ({ environment, says }) =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint((_, response) => vpcs(response))
    yield* inEnvironment(environment)
    const layer = awsLive({ endpoint: url, region: "eu-west-1" })
    const error = yield* failureOf(Effect.provide(describeVpcs, layer))
    assert.strictEqual(error.code, "CredentialsProviderError")
    assert.include(error.message, says)
    assert.strictEqual(calls.length, 0)
  })
)

it.live("takes the address that the environment names", () =>
  Effect.gen(function* () {
    const { calls, url } = yield* anEndpoint((_, response) => vpcs(response))
    yield* inEnvironment({ AWS_ENDPOINT_URL: url })
    yield* Effect.provide(describeVpcs, awsLive({ region: "eu-west-1", credentials }))
    assert.strictEqual(calls.length, 1)
  })
)

/** The environment with these variables, until the scope ends. */
const inEnvironment = (variables: { readonly [name: string]: string }) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
      Object.assign(process.env, variables)
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const [name, value] of before) {
          if (value === undefined) delete process.env[name]
          else process.env[name] = value
        }
      })
  )
