/**
 * Other addresses for AWS's services: upstream's `--service-endpoints`, read and checked.
 *
 * The text has the form `region:service=url,service=url;region:service=url`. As upstream has it, the region is the one that calls
 * are signed for, and no condition: an address holds wherever the controllers work. Only where a service has several addresses
 * does the one that is signed for the controllers' region go first. Services are named as in signatures
 * (`elasticloadbalancing`) or as the SDKs name them (`Elastic Load Balancing`); here they stand for classic load balancers. Services
 * that Capstan never calls are known and left aside, so that a text that upstream takes is taken.
 *
 * @source https://cluster-api-aws.sigs.k8s.io/topics/specify-custom-endpoints
 */
import type { AwsServiceName } from "@capstan/aws"
import { Result } from "effect"

export interface ServiceEndpoint {
  readonly url: string
  /** The region that calls to it are signed for. */
  readonly signingRegion: string
}

/** For each service that has one, where it is spoken to instead. */
export type ServiceEndpoints = { readonly [S in AwsServiceName]?: ServiceEndpoint }

const services: { readonly [name: string]: AwsServiceName | undefined } = {
  ec2: "ec2",
  elasticloadbalancing: "elb",
  secretsmanager: "secretsmanager",
  iam: "iam",
  sts: "sts",
  autoscaling: undefined,
  eks: undefined,
  elasticloadbalancingv2: undefined,
  eventbridge: undefined,
  events: undefined,
  resourcegroupstaggingapi: undefined,
  s3: undefined,
  sqs: undefined,
  ssm: undefined,
  tagging: undefined
}

/**
 * Reads the text for controllers that work in `region`; an empty text names no endpoint.
 *
 * A failure is one sentence with what is wrong and what would be right.
 */
export const parseServiceEndpoints = (text: string, region?: string): Result.Result<ServiceEndpoints, string> => {
  const found: { [S in AwsServiceName]?: ServiceEndpoint } = {}
  const named = new Set<string>()
  for (const part of text.trim() === "" ? [] : text.split(";")) {
    const colon = part.indexOf(":")
    const signingRegion = part.slice(0, Math.max(colon, 0)).trim()
    if (signingRegion === "" || signingRegion.includes("=")) {
      return Result.fail(`"${part}" names no region: write it as eu-west-1:ec2=https://ec2.example.com`)
    }
    for (const pair of part.slice(colon + 1).split(",")) {
      const equals = pair.indexOf("=")
      if (equals === -1) return Result.fail(`"${pair}" is no endpoint: write it as service=url`)
      const name = pair.slice(0, equals).trim()
      const id = name.toLowerCase().replaceAll(" ", "")
      const url = pair.slice(equals + 1).trim()
      if (!Object.hasOwn(services, id)) {
        return Result.fail(`there is no service "${name}": there are ${Object.keys(services).join(", ")}`)
      }
      const problem = endpointProblem(url)
      if (problem !== undefined) return Result.fail(`${name}: ${problem}`)
      const once = `${signingRegion} ${id}`
      if (named.has(once)) return Result.fail(`${name} of ${signingRegion} stands there twice: leave one address`)
      named.add(once)
      const service = services[id]
      if (service === undefined) continue
      if (found[service] === undefined || signingRegion === region) found[service] = { url, signingRegion }
    }
  }
  return Result.succeed(found)
}

/** Why a text is no address of a service; `undefined` when it is one. */
export const endpointProblem = (url: string): string | undefined => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    return `"${withoutUser(url)}" is no http or https address: write it as https://host:port`
  }
  const { password, username } = parsed
  return username === "" && password === "" ? undefined : "an address holds no user name and no password"
}

/** A text that was meant as an address, without what may be a password in it. */
const withoutUser = (url: string): string => url.replace(/[^/]*@/, "")
