import { type AwsServiceName, methodName } from "@capstan/aws"
import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { iamPolicy, operationUse, operationsOf, type Statement } from "../src/index.ts"

/** The sources of packages, as one text. Tables of operations are no calls. */
const sourcesOf = (pattern: string): string => {
  const root = fileURLToPath(new URL("../../../", import.meta.url))
  const files = globSync(`${root}${pattern}`).filter((path) => !path.includes("OperationUse"))
  assert.isNotEmpty(files)
  return files.map((path) => readFileSync(path, "utf8")).join("\n")
}

const calls = {
  controllers: sourcesOf("libs/controllers/infrastructure-aws/src/**/*.ts"),
  drills: sourcesOf("scenarios/drills/src/{account,faults,janitor,run,undo}/*.ts"),
  preflight: sourcesOf("scenarios/drills/src/preflight/*.ts")
}

const services = Object.keys(operationUse) as Array<AwsServiceName>
const rows = services.flatMap((service) =>
  Object.entries(operationUse[service]).map(([operation, audiences]) => ({ service, operation, audiences }))
)

describe("the table of who calls what", () => {
  it.each(Object.keys(calls) as Array<keyof typeof calls>)("says of the %s what their sources say", (audience) => {
    const called = rows.filter(({ operation }) => new RegExp(`\\.${methodName(operation)}\\(`).test(calls[audience]))
    const listed = rows.filter(({ audiences }) => audiences.includes(audience))
    assert.deepStrictEqual(
      listed.map(({ operation, service }) => `${service}.${operation}`),
      called.map(({ operation, service }) => `${service}.${operation}`)
    )
  })
})

const actionsOf = (statements: ReadonlyArray<Statement>) => statements.flatMap(({ Action }) => Action)

describe("the policy", () => {
  it("for controllers grants every call that they make, and no other call of EC2", () => {
    const { Statement: statements } = iamPolicy({ audience: "controllers", clusters: [] })
    const ec2 = actionsOf(statements).filter((action) => action.startsWith("ec2:"))
    assert.sameMembers(
      ec2,
      operationsOf("ec2", "controllers").map((operation) => `ec2:${operation}`)
    )
    assert.notInclude(ec2, "ec2:StopInstances")
    assert.includeMembers(actionsOf(statements), ["iam:PassRole", "secretsmanager:CreateSecret"])
  })

  it("for controllers of named clusters binds what destroys to what these own", () => {
    const { Statement: statements } = iamPolicy({ audience: "controllers", clusters: ["demo"], region: "eu-west-1" })
    const ends = statements.filter(({ Action }) => Action.includes("ec2:TerminateInstances"))
    assert.deepStrictEqual(
      ends.map(({ Condition }) => Condition),
      [{ StringEquals: { "aws:ResourceTag/sigs.k8s.io/cluster-api-provider-aws/cluster/demo": "owned" } }]
    )
  })

  it("for drills changes nothing without a condition but the place of ACLs, which the subnet's own statement binds", () => {
    const { Statement: statements } = iamPolicy({
      audience: "drills",
      clusters: ["demo"],
      region: "eu-west-1",
      account: "123456789012"
    })
    const free = statements.filter(({ Condition, Sid }) => Condition === undefined && Sid !== "KnowWhoCalls")
    assert.deepStrictEqual(
      free.map(({ Action, Resource }) => [Action, Resource]),
      [[["ec2:ReplaceNetworkAclAssociation"], "arn:aws:ec2:eu-west-1:123456789012:network-acl/*"]]
    )
    const granted = new Set(actionsOf(statements).filter((action) => action.startsWith("ec2:")))
    assert.sameMembers(
      [...granted],
      operationsOf("ec2", "drills").map((operation) => `ec2:${operation}`)
    )
    assert.isFalse(actionsOf(statements).some((action) => action.startsWith("iam:")))
  })

  it("has an id of letters and digits for every statement, each once", () => {
    for (const audience of ["controllers", "drills"] as const) {
      const sids = iamPolicy({ audience, clusters: ["a-b", "c"] }).Statement.map(({ Sid }) => Sid)
      assert.strictEqual(new Set(sids).size, sids.length)
      for (const sid of sids) assert.match(sid, /^[A-Za-z0-9]+$/)
    }
  })
})
