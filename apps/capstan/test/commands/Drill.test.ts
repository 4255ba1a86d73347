/** Drills through the real command line and AWS's own SDK, against the simulated account over the wire. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { EC2 } from "@aws-sdk/client-ec2"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { capstan, clientFor, exported } from "./CapstanProcess.ts"
import { anEstate, statesOf } from "./SimulatedEstate.ts"

const account = "123456789012"
const region = "eu-west-1"

const scenario = (lasts: string) => `
apiVersion: scenario.capstan.dev/v1alpha1
kind: Scenario
metadata: { name: dark-zone }
spec:
  given: { manifests: [] }
  let:
    workers: { resource: aws.ec2.instance, cluster: demo, role: worker }
  steps:
    - id: dark
      fault: zone.outage
      with: { zone: ${region}b, effects: [network-cut] }
      for: ${lasts}
  expect: []
  guardrails:
    aws: { accounts: ["${account}"], regions: [${region}], clusters: [demo], maxTargets: 1, maxDuration: 10m }
`

describe("a drill on the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "capstan-drill-"))
  const state = ["--state", join(folder, "state")]
  const sim = capstan(["sim", "aws", "--port", "0", "--speed", "60x", "--region", region])
  let environment: Record<string, string> = {}
  let client: EC2
  let estate: Awaited<ReturnType<typeof anEstate>>

  const file = (lasts: string): string => {
    const path = join(folder, `${lasts}.yaml`)
    writeFileSync(path, scenario(lasts))
    return path
  }
  const run = (...args: ReadonlyArray<string>) => capstan([...args], environment)
  /** The ACLs of the cluster's network: which of them are the drill's, and which stand in front of something. */
  const acls = async () => {
    const { NetworkAcls = [] } = await client.describeNetworkAcls({
      Filters: [{ Name: "vpc-id", Values: [estate.vpc] }]
    })
    return NetworkAcls.map(
      ({ Associations = [], IsDefault }) => `${IsDefault === true ? "default" : "drill"}: ${Associations.length}`
    )
  }

  beforeAll(async () => {
    const told = await sim.until(/key pairs/)
    environment = exported(told)
    client = clientFor(told)
    estate = await anEstate(client, "demo", region)
  })
  afterAll(async () => {
    client.destroy()
    sim.interrupt()
    await sim.ended
    rmSync(folder, { recursive: true })
  })

  it("is previewed with the exact resources", async () => {
    const { code, stdout } = await run("plan", file("1s"), "--backend", "aws", ...state).ended
    assert.strictEqual(code, 0)
    assert.include(stdout, `cut ${estate.subnets[1]} off`)
    assert.notInclude(stdout, estate.subnets[0] ?? "no subnet")
  })

  it("does nothing without a confirmation of the very account", async () => {
    for (const confirm of [[], ["--confirm", "999999999999"]]) {
      const { code, stderr } = await run("test", file("1s"), "--backend", "aws", ...state, ...confirm).ended
      assert.strictEqual(code, 7, stderr)
      assert.include(stderr, account)
    }
    assert.deepStrictEqual(await acls(), ["default: 2"])
  })

  it("does nothing without guardrails in the file, and names the place", async () => {
    const path = join(folder, "unguarded.yaml")
    writeFileSync(path, scenario("1s").replace(/  guardrails:[\s\S]*/, ""))
    const { code, stderr } = await run("test", path, "--backend", "aws", "--confirm", account, ...state).ended
    assert.strictEqual(code, 7)
    assert.match(stderr, /unguarded\.yaml:5:1 error GRD001 There is no spec\.guardrails\.aws/)
  })

  it("cuts the zone off, and puts everything back at its end", async () => {
    const { code, stderr, stdout } = await run("test", file("1s"), "--backend", "aws", "--confirm", account, ...state)
      .ended
    assert.strictEqual(code, 0, stdout + stderr)
    assert.include(stdout, `is in front of ${estate.subnets[1]} again`)
    assert.deepStrictEqual(await acls(), ["default: 2"])
    assert.deepStrictEqual(await statesOf(client, estate.instances), ["running", "running"])
  })

  it("puts everything back when it is interrupted", async () => {
    const drill = run("test", file("9m"), "--backend", "aws", "--confirm", account, ...state)
    await drill.until(/dark: cut/)
    assert.deepStrictEqual(await acls(), ["default: 1", "drill: 1"])
    drill.interrupt()
    assert.strictEqual((await drill.ended).code, 130)
    assert.deepStrictEqual(await acls(), ["default: 2"])
  })

  it("leaves what the janitor puts back when it is killed, with or without its journal", async () => {
    for (const janitor of [[], ["--tags-only"]]) {
      const drill = run("test", file("9m"), "--backend", "aws", "--confirm", account, ...state)
      await drill.until(/dark: cut/)
      drill.kill()
      await drill.ended
      const patient = await run("aws", "janitor", ...state, ...janitor).ended
      assert.strictEqual(patient.code, 8, patient.stderr)
      assert.deepStrictEqual(await acls(), ["default: 1", "drill: 1"])
      const swept = await run("aws", "janitor", "--now", ...state, ...janitor).ended
      assert.strictEqual(swept.code, 0, swept.stdout + swept.stderr)
      assert.deepStrictEqual(await acls(), ["default: 2"])
    }
  })

  it("is ended by the kill switch of another shell, and undone", async () => {
    const drill = run("test", file("9m"), "--backend", "aws", "--confirm", account, ...state)
    await drill.until(/dark: cut/)
    const stop = await run("aws", "stop", ...state).ended
    assert.strictEqual(stop.code, 0, stop.stderr)
    const { code, stdout } = await drill.ended
    assert.strictEqual(code, 7, stdout)
    assert.include(stdout, "the kill switch is pulled")
    assert.deepStrictEqual(await acls(), ["default: 2"])
    assert.strictEqual((await run("aws", "stop", "--lift", ...state).ended).code, 0)
  })

  it("finds an account that is ready, and a machine that will do", async () => {
    const flags = ["--kubernetes-version", "v1.33.1", "--ssh-key", "default", "--cluster", "demo"]
    const ready = await run("aws", "preflight", ...flags).ended
    assert.strictEqual(ready.code, 0, ready.stdout)
    const lacking = await run("aws", "preflight", "--ssh-key", "absent").ended
    assert.strictEqual(lacking.code, 3)
    assert.include(lacking.stdout, "aws ec2 create-key-pair --key-name absent")
    const doctor = await run("doctor").ended
    assert.strictEqual(doctor.code, 0, doctor.stdout)
    assert.match(doctor.stdout, /✓ Node/)
  })

  it("names what it lacks: region, credentials, an account that answers", async () => {
    const bare = await capstan(["aws", "janitor", ...state], { ...environment, AWS_REGION: "", AWS_DEFAULT_REGION: "" })
      .ended
    assert.strictEqual(bare.code, 2)
    assert.include(bare.stderr, "give --region")
    const wrong = await capstan(["aws", "janitor", ...state], { ...environment, AWS_SECRET_ACCESS_KEY: "wrong" }).ended
    assert.strictEqual(wrong.code, 3)
    assert.match(wrong.stderr, /GetCallerIdentity: SignatureDoesNotMatch/)
    assert.notInclude(wrong.stderr, "wrong")
  })
})
