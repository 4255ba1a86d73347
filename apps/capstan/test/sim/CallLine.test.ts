import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { callLine } from "../../src/sim/CallLine.ts"
import { Kernel } from "@capstan/kernel"
import { SimulatedAws } from "@capstan/simulator-aws"
import { region, seeds } from "./ServedAccount.ts"

describe("callLine", () => {
  it("tells each call and what came of it, and nothing that is secret", () => {
    const kernel = new Kernel({ seed: 0, epochMillis: Date.UTC(2030, 0, 1) })
    const lines: Array<string | undefined> = []
    kernel.trace.subscribe((event) => void lines.push(callLine(event, kernel.trace.epochMillis)))
    const { clients } = new SimulatedAws(kernel, { region, seeds })
    kernel.complete(
      Effect.all([
        clients.ec2.createInternetGateway({}),
        clients.secretsManager.createSecret({ Name: "mine", SecretString: "hush" }),
        clients.ec2.describeVpcs({}),
        Effect.ignore(clients.ec2.deleteVpc({ VpcId: "vpc-1" }))
      ])
    )
    const told = lines.filter((line) => line !== undefined)
    assert.match(told[0] ?? "", /^2030-01-01T00:00:00Z {2}ec2\.CreateInternetGateway {2}igw-0[0-9a-f]{16}$/)
    assert.match(told[1] ?? "", /^2030-01-01T00:00:00Z {2}secretsmanager\.CreateSecret/)
    assert.deepStrictEqual(told.slice(2), [
      "2030-01-01T00:00:00Z  ec2.DescribeVpcs",
      "2030-01-01T00:00:00Z  ec2.DeleteVpc  InvalidVpcID.NotFound"
    ])
    assert.notInclude(told.join("\n"), "hush")
  })
})
