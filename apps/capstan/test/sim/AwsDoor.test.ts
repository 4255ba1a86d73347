import { EC2 } from "@aws-sdk/client-ec2"
import { STS } from "@aws-sdk/client-sts"
import { noAnswer } from "@capstan/aws"
import { Intervention } from "@capstan/kernel"
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect, Option } from "effect"
import { connect } from "node:net"
import { listenAt } from "../../src/sim/Listening.ts"
import { imageId, keys, region, role, servedAccount } from "./ServedAccount.ts"

const fetched = (endpoint: string, options: RequestInit) =>
  Effect.promise(async () => {
    const response = await fetch(endpoint, options)
    return { status: response.status, text: await response.text() }
  })

/** What a raw connection answers to these bytes until it is closed by either side. */
const raw = (port: number, bytes: string, closeAfterMillis: number) =>
  Effect.callback<string>((resume) => {
    let heard = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes))
    socket.on("data", (data) => void (heard += data.toString()))
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(heard)))
    setTimeout(() => socket.destroy(), closeAfterMillis)
  })

describe("the door of a simulated account", () => {
  it.live("an instance boots in its time, at the world's speed", () =>
    Effect.gen(function* () {
      const { ec2, kernel } = yield* servedAccount(600)
      const states = yield* Effect.promise(async () => {
        const { Vpc } = await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })
        const { Subnet } = await ec2.createSubnet({ VpcId: Vpc?.VpcId ?? "", CidrBlock: "10.0.0.0/24" })
        const { Instances = [] } = await ec2.runInstances({
          ImageId: imageId,
          InstanceType: "t3.large",
          MinCount: 1,
          MaxCount: 1,
          SubnetId: Subnet?.SubnetId
        })
        const seen = [Instances[0]?.State?.Name]
        while (seen.at(-1) === "pending" && seen.length < 1000) {
          const { Reservations } = await ec2.describeInstances({ InstanceIds: [Instances[0]?.InstanceId ?? ""] })
          seen.push(Reservations?.[0]?.Instances?.[0]?.State?.Name)
        }
        return seen
      })
      assert.strictEqual(states[0], "pending")
      assert.strictEqual(states.at(-1), "running")
      assert.isAtLeast(kernel.now() - kernel.trace.epochMillis, 12_000)
    })
  )

  it.live("a call goes on when its caller has hung up", () =>
    Effect.gen(function* () {
      // Slow enough that nobody can have been answered when the caller gives up, however busy the machine is.
      const { aws, ec2 } = yield* servedAccount(0.2)
      const call = Effect.promise((abortSignal) => ec2.createVpc({ CidrBlock: "10.0.0.0/16" }, { abortSignal }))
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(call, "100 millis")))
      while (aws.view().vpcs.length === 0) yield* Effect.sleep("20 millis")
      assert.deepStrictEqual(
        aws.calls().map(({ id }) => id),
        ["ec2.CreateVpc"]
      )
    })
  )

  it.live("an answer that gets lost in the world is not heard outside", () =>
    Effect.gen(function* () {
      const { aws, ec2, kernel } = yield* servedAccount(60)
      kernel.intervene = ({ operation }) =>
        operation === "CreateVpc"
          ? Intervention.LoseAnswer({ afterMillis: 0, error: noAnswer("ec2", operation) })
          : Intervention.None()
      const call = Effect.promise((abortSignal) => ec2.createVpc({ CidrBlock: "10.0.0.0/16" }, { abortSignal }))
      assert.isTrue(Option.isNone(yield* Effect.timeoutOption(call, "200 millis")))
      assert.strictEqual(aws.view().vpcs.length, 1)
      assert.strictEqual((yield* Effect.promise(() => ec2.describeVpcs({}))).Vpcs?.length, 1)
    })
  )

  it.live("a defect of the account is an answer, and says nothing of itself", () =>
    Effect.gen(function* () {
      const { aws, ec2 } = yield* servedAccount(60)
      const complaints = yield* Effect.acquireRelease(
        Effect.sync(() => vi.spyOn(console, "error").mockImplementation(() => {})),
        (spy) => Effect.sync(() => spy.mockRestore())
      )
      aws.call = () => Effect.die(new Error("something of our own is wrong"))
      const error = yield* Effect.promise(() =>
        ec2.describeVpcs({}).then(
          () => undefined,
          (refusal: Error) => refusal
        )
      )
      assert.strictEqual(error?.name, "InternalFailure")
      assert.notInclude(error?.message, "wrong")
      assert.match(String(complaints.mock.calls[0]?.[0]), /in request [0-9a-f-]{36}: something of our own is wrong$/)
    })
  )

  it.live("the keys of a role that was assumed open it", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* servedAccount(60)
      const at = { endpoint, region, maxAttempts: 1 }
      const arn = yield* Effect.promise(async () => {
        const assumed = await new STS({ ...at, credentials: keys }).assumeRole({ RoleArn: role, RoleSessionName: "me" })
        const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = assumed.Credentials ?? {}
        const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
        await new EC2({ ...at, credentials }).describeVpcs({})
        return assumed.AssumedRoleUser?.Arn
      })
      assert.strictEqual(arn, "arn:aws:sts::123456789012:assumed-role/builder/me")
    })
  )

  it.live("who is not known gets nowhere", () =>
    Effect.gen(function* () {
      const { aws, endpoint } = yield* servedAccount(1)
      const body = "Action=DescribeVpcs&Version=2016-11-15"
      const answers = yield* Effect.all([
        fetched(endpoint, { method: "POST", body }),
        fetched(`${endpoint}/?${body}`, {}),
        fetched(`${endpoint}/any/path`, {}),
        fetched(endpoint, { method: "PUT", body }),
        fetched(endpoint, { method: "POST", body: "x".repeat(1_048_577) }),
        fetched(endpoint, { method: "POST", body, headers: { authorization: "AWS4-HMAC-SHA256 x" } })
      ])
      assert.deepStrictEqual(
        answers.map(({ status, text }) => `${status} ${/<Code>(\w+)</.exec(text)?.[1] ?? text}`),
        [
          "403 MissingAuthenticationToken",
          "403 MissingAuthenticationToken",
          "403 MissingAuthenticationToken",
          "405 MethodNotAllowed",
          "413 RequestEntityTooLarge",
          "400 IncompleteSignature"
        ]
      )
      assert.deepStrictEqual(aws.calls(), [])
    })
  )

  it.live("what is too much is refused in the words of its service", () =>
    Effect.gen(function* () {
      const { ec2 } = yield* servedAccount(1)
      const name = "x".repeat(1_100_000)
      const error = yield* Effect.promise(() =>
        ec2.describeVpcs({ VpcIds: [name] }).then(
          () => undefined,
          (refusal: Error & { $metadata?: { httpStatusCode?: number } }) => refusal
        )
      )
      assert.deepStrictEqual([error?.name, error?.$metadata?.httpStatusCode], ["RequestEntityTooLarge", 413])
    })
  )

  it.live("what is no request, comes in pieces or never ends does not stop it", () =>
    Effect.gen(function* () {
      const { ec2, port } = yield* servedAccount(60)
      const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
      const heard = yield* Effect.all(
        [
          raw(port, "\u0000\u0001\u0002 nonsense\r\n\r\n", 1000),
          raw(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(40_000)}\r\n\r\n`, 1000),
          raw(port, `${head}half a body`, 100),
          raw(port, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 1000),
          ...Array.from({ length: 50 }, () => raw(port, head, 50))
        ],
        { concurrency: "unbounded" }
      )
      assert.match(heard[0] ?? "", /^HTTP\/1.1 400 /)
      assert.match(heard[1] ?? "", /^HTTP\/1.1 431 /)
      assert.match(heard[3] ?? "", /^HTTP\/1.1 400 /)
      const { Vpcs } = yield* Effect.promise(() => ec2.describeVpcs({}))
      assert.deepStrictEqual(Vpcs, [])
    })
  )

  it.live("two cannot have the same port", () =>
    Effect.gen(function* () {
      const { port } = yield* servedAccount(1)
      const stop = yield* Effect.flip(listenAt({ host: "127.0.0.1", port }))
      assert.strictEqual(stop.code, 3)
      assert.match(stop.message, new RegExp(`Port ${port} of 127.0.0.1 is in use: .*--port`))
      const nowhere = yield* Effect.flip(listenAt({ host: "192.0.2.1", port: 0 }))
      assert.match(nowhere.message, /no address 192\.0\.2\.1/)
    })
  )
})
