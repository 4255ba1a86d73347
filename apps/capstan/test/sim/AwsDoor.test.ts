import { EC2 } from "@aws-sdk/client-ec2"
import { STS } from "@aws-sdk/client-sts"
import { assert, describe, it } from "@effect/vitest"
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
      const { aws, ec2 } = yield* servedAccount(1)
      const call = Effect.promise((abortSignal) => ec2.createVpc({ CidrBlock: "10.0.0.0/16" }, { abortSignal }))
      const answer = yield* Effect.timeoutOption(call, "50 millis")
      assert.isTrue(Option.isNone(answer))
      assert.deepStrictEqual(aws.calls(), [])
      yield* Effect.sleep("400 millis")
      assert.deepStrictEqual(
        aws.calls().map(({ id }) => id),
        ["ec2.CreateVpc"]
      )
      assert.strictEqual(aws.view().vpcs.length, 1)
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
