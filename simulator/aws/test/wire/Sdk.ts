/** The real SDK clients, with a wire of the test's own instead of sockets, and the schemas from which samples are made. */
import * as ec2 from "@aws-sdk/client-ec2"
import * as elb from "@aws-sdk/client-elastic-load-balancing"
import * as iam from "@aws-sdk/client-iam"
import * as secretsManager from "@aws-sdk/client-secrets-manager"
import * as sts from "@aws-sdk/client-sts"
import {
  type AwsServiceName,
  ec2Operations,
  elbOperations,
  iamOperations,
  secretsManagerOperations,
  stsOperations
} from "@capstan/aws"
import type { WireAnswer, WireRequest } from "../../src/wire/WireMessage.ts"

/** What the SDK hands to whoever carries its requests. */
interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly query?: Record<string, string>
  readonly headers: Record<string, string>
  readonly body?: string | Uint8Array
}

export type Carry = (request: WireRequest) => WireAnswer | Promise<WireAnswer>

interface SdkClient {
  send(command: object): Promise<Record<string, unknown>>
}

export const region = "ap-northeast-2"
export const keys = { accessKeyId: "AKIDTEST", secretAccessKey: "secret/with+signs=" }

const handlerOf = (carry: Carry) => ({
  handle: async (request: SdkRequest) => {
    const body = typeof request.body === "string" ? new TextEncoder().encode(request.body) : request.body
    const query = new URLSearchParams(request.query ?? {}).toString()
    const answer = await carry({
      method: request.method,
      target: query === "" ? request.path : `${request.path}?${query}`,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
      body: body ?? new Uint8Array()
    })
    return {
      response: { statusCode: answer.status, headers: answer.headers, body: new TextEncoder().encode(answer.body) }
    }
  },
  destroy: () => {}
})

type Constructor = new (options: object) => SdkClient
type Package = Record<string, unknown>

const packages: {
  readonly [S in AwsServiceName]: {
    readonly sdk: Package
    readonly client: string
    readonly operations: ReadonlyArray<string>
  }
} = {
  ec2: { sdk: { ...ec2 }, client: "EC2Client", operations: ec2Operations },
  elb: { sdk: { ...elb }, client: "ElasticLoadBalancingClient", operations: elbOperations },
  iam: { sdk: { ...iam }, client: "IAMClient", operations: iamOperations },
  secretsmanager: { sdk: { ...secretsManager }, client: "SecretsManagerClient", operations: secretsManagerOperations },
  sts: { sdk: { ...sts }, client: "STSClient", operations: stsOperations }
}

export const allOperations = Object.entries(packages).flatMap(([service, { operations }]) =>
  operations.map((operation) => ({ service: service as AwsServiceName, operation }))
)

/** Sends one command of the SDK's over the given wire. */
export const send = (
  service: AwsServiceName,
  operation: string,
  input: object,
  carry: Carry,
  options: { readonly credentials?: object; readonly region?: string } = {}
): Promise<Record<string, unknown>> => {
  const { client, sdk } = packages[service]
  const Client = sdk[client] as Constructor
  const Command = sdk[`${operation}Command`] as new (input: object) => object
  return new Client({
    region,
    credentials: keys,
    endpoint: "http://127.0.0.1:1",
    maxAttempts: 1,
    requestHandler: handlerOf(carry),
    ...options
  }).send(new Command(input))
}

/** The SDK's schema of an operation: `[9, namespace, name, traits, input, output]`. */
export const schemaOf = (
  service: AwsServiceName,
  operation: string
): { readonly input: unknown; readonly output: unknown } => {
  const schema = packages[service].sdk[`${operation}$`] as ReadonlyArray<unknown>
  return { input: schema[4], output: schema[5] }
}
