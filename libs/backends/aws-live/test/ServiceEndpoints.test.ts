import { awsServices } from "@capstan/aws"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { parseServiceEndpoints } from "../src/ServiceEndpoints.ts"

const parse = (text: string) => {
  const parsed = parseServiceEndpoints(text, "eu-west-1")
  return Result.isSuccess(parsed) ? parsed.success : parsed.failure
}

const signed = (url: string, signingRegion = "eu-west-1") => ({ url, signingRegion })

describe("parseServiceEndpoints", () => {
  it.each([
    { text: "", expected: {} },
    { text: "eu-west-1:ec2=http://127.0.0.1:5000", expected: { ec2: signed("http://127.0.0.1:5000") } },
    {
      text: "eu-west-1:ec2=https://a.example,elasticloadbalancing=https://b.example;us-east-1:iam=https://c.example",
      expected: {
        ec2: signed("https://a.example"),
        elb: signed("https://b.example"),
        iam: signed("https://c.example", "us-east-1")
      }
    },
    {
      text: "eu-west-1:EC2=https://a.example,Elastic Load Balancing=https://b.example,Secrets Manager=https://c.example",
      expected: {
        ec2: signed("https://a.example"),
        elb: signed("https://b.example"),
        secretsmanager: signed("https://c.example")
      }
    },
    {
      text: "eu-west-1:s3=https://buckets.example,sts=https://sts.example/path?query=1",
      expected: { sts: signed("https://sts.example/path?query=1") }
    },
    {
      text: "us-east-1:ec2=https://a.example;eu-west-1:ec2=https://b.example;us-west-2:ec2=https://c.example",
      expected: { ec2: signed("https://b.example") }
    },
    {
      text: "us-east-1:ec2=https://a.example;us-west-2:ec2=https://c.example",
      expected: { ec2: signed("https://a.example", "us-east-1") }
    },
    { text: "eu-west-1:elasticloadbalancingv2=https://b.example", expected: {} }
  ])("reads '$text'", ({ expected, text }) => assert.deepStrictEqual(parse(text), expected))

  it.each([
    { text: "ec2=https://a.example", says: "names no region" },
    { text: "eu-west-1:ec2=https://a.example;", says: "names no region" },
    { text: "eu-west-1:ec2", says: "is no endpoint" },
    { text: "eu-west-1:ecs=https://a.example", says: 'there is no service "ecs"' },
    { text: "eu-west-1:toString=https://a.example", says: 'there is no service "toString"' },
    { text: "eu-west-1:ec2=a.example", says: "is no http or https address" },
    { text: "eu-west-1:ec2=", says: "is no http or https address" },
    { text: "eu-west-1:ec2=file:///etc/passwd", says: "is no http or https address" },
    { text: "eu-west-1:ec2=https://me:secret@a.example", says: "holds no user name" },
    { text: "eu-west-1:ec2=https://a.example;eu-west-1:EC2=https://b.example", says: "stands there twice" }
  ])("refuses '$text'", ({ says, text }) => assert.include(parse(text), says))

  it.each(["https://me:hunter2@a.example", "me:hunter2@a.example"])("never tells a password: %s", (url) => {
    assert.notInclude(JSON.stringify(parse(`eu-west-1:ec2=${url}`)), "hunter2")
  })

  it.prop("reads what it is given or says in a sentence why not", { text: Schema.String }, ({ text }) => {
    const parsed = parse(text)
    if (typeof parsed === "string") assert.isAbove(parsed.length, 10)
    else assert.isEmpty(Object.keys(parsed).filter((service) => !awsServices.some((one) => one === service)))
  })

  const names = { ec2: "ec2", elb: "elasticloadbalancing", secretsmanager: "Secrets Manager", iam: "IAM", sts: "sts" }
  const ports = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_534 }))
  it.prop(
    "reads back what is written",
    { wanted: Schema.Array(Schema.Struct({ service: Schema.Literals(awsServices), region: ports, port: ports })) },
    ({ wanted }) => {
      const once = new Map(wanted.map((one) => [one.service, one]))
      const text = [...once.values()]
        .map(({ port, region, service }) => `region-${region}:${names[service]}=http://127.0.0.1:${port}`)
        .join(";")
      assert.deepStrictEqual(
        parse(text),
        Object.fromEntries(
          [...once].map(([service, { port, region }]) => [
            service,
            signed(`http://127.0.0.1:${port}`, `region-${region}`)
          ])
        )
      )
    }
  )
})
