/**
 * Other addresses for AWS's services: upstream's `--service-endpoints`, read and checked.
 *
 * The text has the form `region:service=url,service=url;region:service=url`. Upstream's service names are the SDK's signing names;
 * `elasticloadbalancing` stands for classic load balancers here. Services that Capstan never calls are known and left aside, so
 * that a text that upstream takes is taken.
 *
 * @source https://cluster-api-aws.sigs.k8s.io/topics/specify-custom-endpoints
 */
import type { AwsServiceName } from "@capstan/aws"
import { Result } from "effect"

/** For each service that has one, where it is spoken to instead. */
export type ServiceEndpoints = { readonly [S in AwsServiceName]?: string }

const services: { readonly [name: string]: AwsServiceName | undefined } = {
  ec2: "ec2",
  elasticloadbalancing: "elb",
  secretsmanager: "secretsmanager",
  iam: "iam",
  sts: "sts",
  s3: undefined,
  ssm: undefined,
  sqs: undefined,
  events: undefined,
  eks: undefined,
  autoscaling: undefined,
  tagging: undefined
}

/**
 * The endpoints of one region; a region that the text does not name has none.
 *
 * A failure is one sentence with what is wrong and what would be right.
 */
export const parseServiceEndpoints = (text: string, region: string): Result.Result<ServiceEndpoints, string> => {
  const found: { [S in AwsServiceName]?: string } = {}
  const regions = new Set<string>()
  for (const part of text.split(";")) {
    const colon = part.indexOf(":")
    const name = part.slice(0, Math.max(colon, 0)).trim()
    if (name === "" || name.includes("=")) {
      return Result.fail(`"${part}" names no region: write it as eu-west-1:ec2=https://ec2.example.com`)
    }
    if (regions.has(name)) return Result.fail(`the region ${name} stands there twice: join its services with commas`)
    regions.add(name)
    for (const pair of part.slice(colon + 1).split(",")) {
      const equals = pair.indexOf("=")
      const service = pair.slice(0, Math.max(equals, 0)).trim()
      const url = pair.slice(equals + 1).trim()
      if (equals === -1) return Result.fail(`"${pair}" is no endpoint: write it as service=url`)
      if (!Object.hasOwn(services, service)) {
        return Result.fail(`there is no service "${service}": there are ${Object.keys(services).sort().join(", ")}`)
      }
      const problem = endpointProblem(url)
      if (problem !== undefined) return Result.fail(`${service} of ${name}: ${problem}`)
      const known = services[service]
      if (name === region && known !== undefined) found[known] = url
    }
  }
  return Result.succeed(found)
}

/** Why a text is no address of a service; `undefined` when it is one. */
export const endpointProblem = (url: string): string | undefined => {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return `"${url}" is no http or https address: write it as https://host:port`
  }
  const { password, username } = new URL(url)
  return username === "" && password === "" ? undefined : "an address holds no user name and no password"
}
