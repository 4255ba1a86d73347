import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { capstan, clientFor, exported } from "./CapstanProcess.ts"

describe("capstan sim aws", () => {
  it("says how to reach it, answers, and ends on Ctrl-C", async () => {
    const run = capstan(["sim", "aws", "--port", "0", "--region", "eu-west-1", "--image", "v1.31.0", "--speed", "60x"])
    const said = await run.until(/key pairs {2}default/)
    assert.match(said, /eu-west-1, at 60x/)
    assert.strictEqual(exported(said)["AWS_DEFAULT_REGION"], "eu-west-1")
    const ec2 = clientFor(said)
    const { Images } = await ec2.describeImages({})
    assert.deepStrictEqual(
      Images?.map(({ ImageId, Name }) => `${ImageId} ${Name}`),
      ["ami-00000000000000001 capa-ami-ubuntu-24.04-v1.31.0-1706702400"]
    )
    const { AvailabilityZones } = await ec2.describeAvailabilityZones({})
    assert.include(
      (AvailabilityZones ?? []).map(({ ZoneName }) => ZoneName),
      "eu-west-1a"
    )
    run.interrupt()
    const { code, stderr } = await run.ended
    assert.deepStrictEqual({ code, stderr }, { code: 130, stderr: "" })
  })

  it("takes keys of the user's, and never shows their secret", async () => {
    const secret = "a-secret-of-my-own"
    const run = capstan(["sim", "aws", "--port", "0", "--access-key-id", "me"], {
      CAPSTAN_SIM_SECRET_ACCESS_KEY: secret
    })
    const said = await run.until(/key pairs/)
    assert.strictEqual(exported(said)["AWS_ACCESS_KEY_ID"], "me")
    assert.strictEqual(exported(said)["AWS_SECRET_ACCESS_KEY"], "$CAPSTAN_SIM_SECRET_ACCESS_KEY")
    assert.deepStrictEqual((await clientFor(said, secret).describeVpcs({})).Vpcs, [])
    const refused = await clientFor(said, "test")
      .describeVpcs({})
      .then(
        () => "let in",
        (error: Error) => error.name
      )
    assert.strictEqual(refused, "AuthFailure")
    run.interrupt()
    const { stderr, stdout } = await run.ended
    assert.notInclude(stdout + stderr, secret)
  })

  it.each([
    [["--port", "70000"], 2, /--port '70000' is none: say a number from 0/],
    [["--speed", "0x"], 2, /--speed '0x' is none: say/],
    [["--speed", "fast"], 2, /--speed 'fast' is none: say/],
    [["--seed", "1..3"], 2, /one --seed/],
    [["--region", "mars-1"], 2, /no region 'mars-1'; there are us-east-1, /],
    [["--host", "0.0.0.0"], 2, /set CAPSTAN_SIM_SECRET_ACCESS_KEY/],
    [["--colour", "red"], 2, /--colour/]
  ] as const)("refuses %j", async (args, wanted, said) => {
    const { code, stderr, stdout } = await capstan(["sim", "aws", ...args]).ended
    assert.strictEqual(code, wanted)
    assert.match(stderr, said)
    assert.strictEqual(stdout, "")
  })

  it("opens the account of a whole world, too", async () => {
    const folder = mkdtempSync(join(tmpdir(), "capstan-sim-up-"))
    const kubeconfig = join(folder, "kubeconfig")
    const run = capstan(["sim", "up", "--no-controllers", "--aws-port", "0", "--kubeconfig", kubeconfig])
    const said = await run.until(/Ctrl-C ends it/)
    const { Vpcs = [] } = await clientFor(said).describeVpcs({})
    // There is always something in it that belongs to somebody else.
    assert.deepStrictEqual(
      Vpcs.map(({ CidrBlock }) => CidrBlock),
      ["172.31.0.0/16"]
    )
    run.interrupt()
    assert.strictEqual((await run.ended).code, 130)
    rmSync(folder, { recursive: true })
  })

  it("says so when the port is in use", async () => {
    const other = createServer()
    const port = await new Promise<number>((resolve) => {
      other.listen(0, "127.0.0.1", () => {
        const address = other.address()
        resolve(typeof address === "object" && address !== null ? address.port : 0)
      })
    })
    const { code, stderr } = await capstan(["sim", "aws", "--port", String(port)]).ended
    other.close()
    assert.strictEqual(code, 3)
    assert.match(stderr, new RegExp(`^capstan: Port ${port} of 127\\.0\\.0\\.1 is in use: .* --port`))
  })
})
