import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { parseServiceEndpoints } from "../src/ServiceEndpoints.ts"

const parse = (text: string) => {
  const parsed = parseServiceEndpoints(text, "eu-west-1")
  return Result.isSuccess(parsed) ? parsed.success : parsed.failure
}

describe("parseServiceEndpoints", () => {
  it.each([
    { text: "eu-west-1:ec2=http://127.0.0.1:5000", expected: { ec2: "http://127.0.0.1:5000" } },
    {
      text: "eu-west-1:ec2=https://a.example,elasticloadbalancing=https://b.example;us-east-1:sts=https://c.example",
      expected: { ec2: "https://a.example", elb: "https://b.example" }
    },
    { text: "eu-west-1:s3=https://buckets.example,iam=https://iam.example", expected: { iam: "https://iam.example" } },
    { text: "us-east-1:ec2=https://a.example", expected: {} }
  ])("reads $text", ({ expected, text }) => expect(parse(text)).toEqual(expected))

  it.each([
    { text: "", says: "names no region" },
    { text: "ec2=https://a.example", says: "names no region" },
    { text: "eu-west-1:ec2", says: "is no endpoint" },
    { text: "eu-west-1:ecs=https://a.example", says: 'there is no service "ecs"' },
    { text: "eu-west-1:toString=https://a.example", says: 'there is no service "toString"' },
    { text: "eu-west-1:ec2=a.example", says: "is no http or https address" },
    { text: "eu-west-1:ec2=https://me:secret@a.example", says: "holds no user name" },
    { text: "eu-west-1:ec2=https://a.example;eu-west-1:sts=https://b.example", says: "stands there twice" }
  ])("refuses '$text'", ({ says, text }) => expect(parse(text)).toContain(says))

  it("never tells a password", () => {
    expect(JSON.stringify(parse("eu-west-1:ec2=https://me:secret@a.example"))).not.toContain("me:secret")
  })
})
