import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Result, Schema } from "effect"
import {
  answerRequest,
  Keyring,
  readCall,
  type WireAnswer,
  type WireCall,
  type WireRequest
} from "../../src/wire/index.ts"
import { modelOf } from "../../src/wire/Shape.ts"
import { wireServices } from "../../src/wire/WireService.ts"
import { anAccount } from "../World.ts"
import { sample } from "./Samples.ts"
import { allOperations, keys, region, schemaOf } from "./Sdk.ts"
import { errorIn, moment, signedRequest } from "./SignedRequest.ts"

const keyring = new Keyring({ region, ...keys })

const ec2 = (parameters: string) => signedRequest({ body: `Version=2016-11-15&${parameters}` })
const elb = (parameters: string) =>
  signedRequest({ service: "elasticloadbalancing", body: `Version=2012-06-01&${parameters}` })
const secrets = (operation: string, body: string | Uint8Array) =>
  signedRequest({
    service: "secretsmanager",
    body,
    headers: { "x-amz-target": operation, "content-type": "application/x-amz-json-1.1" }
  })

const callIn = (request: WireRequest): WireCall => {
  const read = readCall(request, keyring, moment)
  if (Result.isFailure(read)) throw new Error(read.failure.body)
  return read.success
}
const noTo = (request: WireRequest): string => {
  const read = readCall(request, keyring, moment)
  if (Result.isSuccess(read)) return "yes"
  const { code, message } = errorIn(read.failure.body)
  return `${read.failure.status} ${code}: ${message}`
}

describe("requests as they are understood", () => {
  const rows: ReadonlyArray<readonly [what: string, request: WireRequest, input: object]> = [
    [
      "lists in the order of their indices, whatever these are",
      ec2("Action=DescribeVpcs&VpcId.7=c&VpcId.1=a&VpcId.3=b"),
      { VpcIds: ["a", "b", "c"] }
    ],
    [
      "lists within lists",
      ec2("Action=DescribeVpcs&Filter.1.Name=tag%3AName&Filter.1.Value.1=a%20b&Filter.1.Value.2=c%2Bd"),
      { Filters: [{ Name: "tag:Name", Values: ["a b", "c+d"] }] }
    ],
    ["a plus sign as a space", ec2("Action=DescribeVpcs&VpcId.1=a+b"), { VpcIds: ["a b"] }],
    ["an empty list", elb("Action=DescribeLoadBalancers&LoadBalancerNames="), { LoadBalancerNames: [] }],
    [
      "lists of the query protocol",
      elb("Action=DescribeLoadBalancers&LoadBalancerNames.member.2=b&LoadBalancerNames.member.1=a"),
      { LoadBalancerNames: ["a", "b"] }
    ],
    [
      "numbers and truths",
      ec2("Action=RunInstances&MinCount=1&MaxCount=3&EbsOptimized=TRUE"),
      { MinCount: 1, MaxCount: 3, EbsOptimized: true }
    ],
    [
      "a query in the target",
      signedRequest({ method: "GET", target: "/?Action=DescribeVpcs&Version=2016-11-15&VpcId.1=a" }),
      { VpcIds: ["a"] }
    ],
    [
      "JSON, with null for what is not there",
      secrets("secretsmanager.CreateSecret", `{"Name":"a","SecretBinary":"AAH/","Description":null}`),
      { Name: "a", SecretBinary: Uint8Array.of(0, 1, 255) }
    ]
  ]
  for (const [what, request, input] of rows) it(what, () => assert.deepStrictEqual(callIn(request).input, input))
})

describe("requests that are not understood", () => {
  const rows: ReadonlyArray<readonly [what: string, request: WireRequest, said: RegExp]> = [
    ["no action", ec2("VpcId.1=a"), /^400 MissingAction/],
    ["an action that there is not", ec2("Action=DescribeFleets"), /^400 InvalidAction: .*DescribeFleets/],
    ["an action of every object", ec2("Action=toString"), /^400 InvalidAction/],
    [
      "another version",
      signedRequest({ body: "Action=DescribeVpcs&Version=2010-01-01" }),
      /^400 InvalidAction: .*2010-01-01/
    ],
    ["a parameter that there is not", ec2("Action=DescribeVpcs&Colour=red"), /^400 UnknownParameter: .* Colour /],
    [
      "one deep inside",
      ec2("Action=RunInstances&NetworkInterface.1.Colour=red"),
      /^400 UnknownParameter: .* NetworkInterface\.1\.Colour /
    ],
    ["one of every object", ec2("Action=DescribeVpcs&__proto__.x=1"), /^400 UnknownParameter: .* __proto__ /],
    ["an index that is none", ec2("Action=DescribeVpcs&VpcId.first=a"), /^400 UnknownParameter: .* VpcId\.first /],
    [
      "a structure where a text should be",
      ec2("Action=CreateVpc&CidrBlock.1=x"),
      /^400 UnknownParameter: .* CidrBlock\.1 /
    ],
    [
      "a text where a structure should be",
      ec2("Action=RunInstances&Placement=here"),
      /^400 InvalidParameterValue: .*Placement/
    ],
    ["a text where a list should be", ec2("Action=DescribeVpcs&VpcId=vpc-1"), /^400 InvalidParameterValue: .*VpcId/],
    ["a number that is none", ec2("Action=RunInstances&MinCount=one"), /^400 InvalidParameterValue: Value \(one\)/],
    ["a truth that is none", ec2("Action=RunInstances&EbsOptimized=yes"), /^400 InvalidParameterValue/],
    ["a parameter twice", ec2("Action=CreateVpc&CidrBlock=a&CidrBlock=b"), /^400 MalformedQueryString/],
    ["no percent-encoding", ec2("Action=DescribeVpcs&VpcId.1=%zz"), /^400 MalformedQueryString/],
    ["no UTF-8", signedRequest({ body: Uint8Array.of(0xff, 0xfe) }), /^400 MalformedQueryString/],
    ["too many parameters", ec2(`Action=DescribeVpcs${"&a=1".repeat(10_000)}`), /^400 MalformedQueryString/],
    ["parameters too deep", ec2(`Action=DescribeVpcs&${"a.".repeat(100)}a=1`), /^400 MalformedQueryString/],
    [
      "an operation of JSON that there is not",
      secrets("secretsmanager.RotateSecret", "{}"),
      /^400 UnknownOperationException/
    ],
    ["no JSON", secrets("secretsmanager.GetSecretValue", "{"), /^400 SerializationException/],
    ["JSON that is no object", secrets("secretsmanager.GetSecretValue", "[1]"), /^400 SerializationException/],
    [
      "JSON of another type",
      secrets("secretsmanager.GetSecretValue", `{"SecretId":1}`),
      /^400 SerializationException: .*SecretId/
    ],
    [
      "bytes that are no base64",
      secrets("secretsmanager.CreateSecret", `{"SecretBinary":"***"}`),
      /^400 SerializationException/
    ]
  ]
  for (const [what, request, said] of rows) it(what, () => assert.match(noTo(request), said))
})

/** The account behind the wire, in virtual time. */
const served = () => {
  const { aws, kernel } = anAccount()
  return (request: WireRequest): WireAnswer => {
    const exit = kernel.complete(
      answerRequest(request, keyring, moment, ({ input, operation, service }) =>
        aws.call(service.name, operation.name, input, service.mutating[operation.name] ?? true)
      )
    )
    if (Exit.isFailure(exit)) throw new Error(`a defect: ${String(exit.cause)}`)
    return exit.value
  }
}

describe("answers", () => {
  it("an operation without a result says that it is done", () => {
    const ask = served()
    const made = /<vpcId>([^<]+)</.exec(ask(ec2("Action=CreateVpc&CidrBlock=10.0.0.0%2F16")).body)?.[1] ?? ""
    const { body, status } = ask(ec2(`Action=DeleteVpc&VpcId=${made}`))
    assert.strictEqual(status, 200)
    assert.include(body, "<return>true</return>")
  })

  it("the account's refusals come with their code, sentence, status and request id", () => {
    const { body, headers, status } = served()(ec2("Action=DescribeVpcs&VpcId.1=vpc-1%3C"))
    assert.strictEqual(status, 400)
    assert.include(body, "<Code>InvalidVpcID.NotFound</Code><Message>The vpc ID 'vpc-1&lt;' does not exist</Message>")
    assert.include(body, `<RequestID>${headers["x-amzn-requestid"]}</RequestID>`)
    assert.notStrictEqual(headers["x-amzn-requestid"], moment.requestId)
  })

  it("what the account does not simulate it refuses by name", () => {
    assert.match(
      errorIn(served()(ec2("Action=CreateVpc&CidrBlock=10.0.0.0/16&AmazonProvidedIpv6CidrBlock=true")).body).message,
      /AmazonProvidedIpv6CidrBlock is not recognized/
    )
    const answer = served()(secrets("secretsmanager.CreateSecret", `{"Name":"a","SecretString":"b","Colour":"red"}`))
    assert.match(errorIn(answer.body).message, /Colour is not recognized/)
  })

  it("text that XML cannot carry does not break the answer", () => {
    const ask = served()
    const tag = "TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value"
    const { body } = ask(ec2(`Action=CreateVpc&CidrBlock=10.0.0.0%2F16&${tag}=%01%0D%3C%EF%BF%BF`))
    assert.include(body, "<value>\ufffd&#xD;&lt;\ufffd</value>")
  })
})

describe("whatever comes in", () => {
  const answered = (request: WireRequest, ask: (request: WireRequest) => WireAnswer): void => {
    const { body, status } = ask(request)
    assert.isTrue(status >= 200 && status < 500, `${status}: ${body}`)
    assert.notInclude(body, keys.secretAccessKey)
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    if (body.startsWith("<")) assert.notMatch(body, /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
    else JSON.parse(body)
  }

  it.prop(
    "bytes of any kind are answered",
    { bytes: Schema.Uint8Array, target: Schema.String },
    ({ bytes, target }) => {
      const ask = served()
      answered(signedRequest({ body: bytes }), ask)
      answered(signedRequest({ body: bytes, target: `/?${target}` }), ask)
      answered(secrets("secretsmanager.CreateSecret", bytes), ask)
      answered({ method: "POST", target, headers: {}, body: bytes }, ask)
    }
  )

  it.prop(
    "headers of any kind are answered",
    { authorization: Schema.String, time: Schema.String, name: Schema.String },
    (any) => {
      const ask = served()
      const headers = { authorization: any.authorization, "x-amz-date": any.time, [any.name.toLowerCase()]: any.time }
      answered({ method: "POST", target: "/", headers, body: new Uint8Array() }, ask)
      const request = ec2("Action=DescribeVpcs")
      for (const name of Object.keys(request.headers)) {
        answered({ ...request, headers: { ...request.headers, [name]: any.authorization } }, ask)
      }
    }
  )

  const words = [
    ...wireServices
      .flatMap((service) => [...modelOf(service.name).structures.values()])
      .flatMap(({ members }) => members.slice(0, 4).flatMap(({ query, wire }) => [query, wire])),
    ...["1", "2", "0", "-1", "999999999", "member", "entry", "", "__proto__", "constructor", "toString"]
  ]
  const word = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: words.length - 1 }))
  const parameter = Schema.Struct({ path: Schema.Array(word), value: Schema.String })
  const which = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: allOperations.length - 1 }))

  it.prop("parameters put together by chance are answered", { which, parameters: Schema.Array(parameter) }, (any) => {
    const { operation, service } = allOperations[any.which] ?? { operation: "DescribeVpcs", service: "ec2" }
    const { signingName = "ec2", version = "" } = wireServices.find(({ name }) => name === service) ?? {}
    const form = any.parameters.map(({ path, value }) => {
      const name = path.map((index) => words[index]).join(".")
      return `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`
    })
    const body = [`Action=${operation}`, `Version=${version}`, ...form].join("&")
    answered(signedRequest({ service: signingName, body }), served())
  })

  it("requests of the right shape with senseless values are answered by the account", () => {
    for (const { operation, service } of allOperations) {
      for (const seed of [0, 1, 2, 3, 4, 5, 6, 7]) {
        const { aws, kernel } = anAccount()
        const call = aws.call(service, operation, sample(schemaOf(service, operation).input, seed), true)
        const exit = kernel.complete(Effect.result(call))
        assert.isTrue(Exit.isSuccess(exit), `${service} ${operation} with seed ${seed}: ${String(exit)}`)
      }
    }
  })
})
