/**
 * Whether an account is ready for clusters and drills: each thing looked at, what was found, and what to do about it.
 *
 * Only reading calls and dry runs are made. A dry run that is refused for lack of rights says so by `UnauthorizedOperation`; any
 * other answer means that the right is there. Left out: service quotas beyond those that EC2 itself tells, and rights of services
 * without dry runs.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
 */
import { type AwsError, Ec2, Elb, errorClass, Iam, isUnauthorized, Sts } from "@capstan/aws"
import { Effect } from "effect"
import { filter, instancesOf } from "../account/Estate.ts"

export interface Finding {
  readonly what: string
  readonly status: "ok" | "warning" | "missing"
  readonly detail: string
  /** What to do; empty when all is well. */
  readonly remedy: string
}

export interface PreflightOptions {
  readonly region: string
  /** Such as `v1.33.1`: is there an image for it? */
  readonly kubernetesVersion: string | undefined
  /** Account that publishes the images. */
  readonly imageOwner: string
  readonly instanceType: string
  readonly keyName: string | undefined
  /** Whose instances drills would hit: their rights are tried on one of these. */
  readonly clusters: ReadonlyArray<string>
}

/** The account that publishes Cluster API's images. */
export const capiImageOwner = "819546954734"

const ok = (what: string, detail: string): Finding => ({ what, status: "ok", detail, remedy: "" })
const missing = (what: string, detail: string, remedy: string): Finding => ({ what, status: "missing", detail, remedy })
const warning = (what: string, detail: string, remedy: string): Finding => ({ what, status: "warning", detail, remedy })

const remedyFor = (error: AwsError): string => {
  switch (errorClass(error)) {
    case "credentials":
      return "sign in again, or export AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    case "unauthorized":
      return "attach the policy that 'capstan aws iam-policy' prints"
    case "unknownOutcome":
      return "check the network, the region and AWS_ENDPOINT_URL"
    default:
      return error.statusCode === 0 ? "check the network, the region and AWS_ENDPOINT_URL" : "see the message of AWS"
  }
}

/** A check whose calls may fail: the failure is its finding. */
const check = <R>(what: string, look: Effect.Effect<Finding, AwsError, R>): Effect.Effect<Finding, never, R> =>
  Effect.catch(look, (error) =>
    Effect.succeed(missing(what, `${error.operation}: ${error.code}: ${error.message}`, remedyFor(error)))
  )

/** Looks at everything. Stops after the credentials when these are no good. */
export const preflight = (
  options: PreflightOptions
): Effect.Effect<ReadonlyArray<Finding>, never, Ec2 | Elb | Iam | Sts> =>
  Effect.gen(function* () {
    const credentials = yield* check("credentials", caller)
    if (credentials.status === "missing") return [credentials]
    const region = yield* check("region", zones(options.region))
    if (region.status === "missing") return [credentials, region]
    return [
      credentials,
      region,
      yield* check("image", image(options)),
      yield* check("instance type", instanceType(options.instanceType)),
      yield* check("key pair", keyPair(options.keyName)),
      ...(yield* Effect.forEach(profiles, (name) => check(`instance profile ${name}`, profile(name)))),
      yield* check("Elastic IP addresses", addresses),
      yield* check("VPCs", vpcs),
      yield* check("load balancers", balancers),
      ...(yield* permissions),
      ...(yield* Effect.forEach(options.clusters, (cluster) => check(`drills on ${cluster}`, drillRights(cluster))))
    ]
  })

const caller = Effect.gen(function* () {
  const sts = yield* Sts
  const { Account = "", Arn = "" } = yield* sts.getCallerIdentity({})
  return ok("credentials", `account ${Account}, ${Arn}`)
})

const zonesWanted = 3

const zones = (region: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const { AvailabilityZones = [] } = yield* ec2.describeAvailabilityZones({ Filters: [filter("state", "available")] })
    const names = AvailabilityZones.flatMap(({ ZoneName }) => ZoneName ?? [])
    const detail = `${region}: ${names.join(", ")}`
    return names.length >= zonesWanted
      ? ok("region", detail)
      : warning("region", detail, `a control plane of three wants ${zonesWanted} zones: choose another region`)
  })

const image = ({ imageOwner, kubernetesVersion }: PreflightOptions) =>
  Effect.gen(function* () {
    if (kubernetesVersion === undefined) {
      return warning("image", "not looked for", "say which with --kubernetes-version v1.33.1")
    }
    const ec2 = yield* Ec2
    const version = kubernetesVersion.replace(/^v/, "")
    const { Images = [] } = yield* ec2.describeImages({
      Filters: [filter("owner-id", imageOwner), filter("name", `capa-ami-*-v${version}-*`, `capa-ami-*-${version}-*`)]
    })
    const [found] = Images
    return found === undefined
      ? missing(
          "image",
          `account ${imageOwner} publishes no image for Kubernetes ${kubernetesVersion} in this region`,
          "choose another version, build one with image-builder, or name an ami.id in the AWSMachineTemplates"
        )
      : ok("image", `${found.ImageId} ${found.Name}`)
  })

const instanceType = (name: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const { InstanceTypes = [] } = yield* ec2.describeInstanceTypes({
      Filters: [filter("instance-type", name)]
    })
    return InstanceTypes.length === 0
      ? missing("instance type", `the region has no ${name}`, "choose another with --instance-type")
      : ok("instance type", name)
  })

const keyPair = (name: string | undefined) =>
  Effect.gen(function* () {
    if (name === undefined) return ok("key pair", "none is asked for: machines take no SSH key")
    const ec2 = yield* Ec2
    const { KeyPairs = [] } = yield* ec2.describeKeyPairs({ Filters: [filter("key-name", name)] })
    return KeyPairs.length === 0
      ? missing("key pair", `there is no key pair '${name}'`, `aws ec2 create-key-pair --key-name ${name}`)
      : ok("key pair", name)
  })

const profiles = ["control-plane", "nodes"].map((role) => `${role}.cluster-api-provider-aws.sigs.k8s.io`)

const profile = (name: string) =>
  Effect.gen(function* () {
    const iam = yield* Iam
    const what = `instance profile ${name}`
    return yield* iam.getInstanceProfile({ InstanceProfileName: name }).pipe(
      Effect.map(({ InstanceProfile }) => ok(what, InstanceProfile?.Arn ?? name)),
      Effect.catchIf(
        (error) => error.code === "NoSuchEntity",
        () => Effect.succeed(missing(what, "there is none", "clusterawsadm bootstrap iam create-cloudformation-stack"))
      )
    )
  })

/** Each NAT gateway holds one address, and a cluster has one in each of its zones. */
const addresses = Effect.gen(function* () {
  const ec2 = yield* Ec2
  const { AccountAttributes = [] } = yield* ec2.describeAccountAttributes({})
  const limit = AccountAttributes.find(({ AttributeName: name }) => String(name) === "vpc-max-elastic-ips")
  const most = Number(limit?.AttributeValues?.[0]?.AttributeValue ?? Number.NaN)
  const { Addresses = [] } = yield* ec2.describeAddresses({})
  const used = Addresses.length
  if (Number.isNaN(most)) return warning("Elastic IP addresses", `${used} in use, limit unknown`, "see Service Quotas")
  const detail = `${used} of ${most} in use`
  return most - used >= zonesWanted
    ? ok("Elastic IP addresses", detail)
    : warning(
        "Elastic IP addresses",
        detail,
        `a cluster in three zones needs ${zonesWanted}: raise the quota EC2-VPC Elastic IPs`
      )
})

/** What AWS gives every account unless asked for more. */
const vpcsUsually = 5

const vpcs = Effect.gen(function* () {
  const ec2 = yield* Ec2
  const { Vpcs = [] } = yield* ec2.describeVpcs({})
  const detail = `${Vpcs.length} in use; ${vpcsUsually} unless the quota was raised`
  return Vpcs.length < vpcsUsually
    ? ok("VPCs", detail)
    : warning("VPCs", detail, "raise the quota VPCs per Region, or bring a VPC of your own")
})

const balancers = Effect.gen(function* () {
  const elb = yield* Elb
  const { LoadBalancerDescriptions = [] } = yield* elb.describeLoadBalancers({})
  return ok("load balancers", `${LoadBalancerDescriptions.length} classic ones in use`)
})

/** A right, tried by a dry run: denied only when AWS says so. */
const right = (what: string, call: Effect.Effect<unknown, AwsError, Ec2>): Effect.Effect<Finding, never, Ec2> =>
  Effect.match(call, {
    onSuccess: () =>
      warning(`right to ${what}`, "the endpoint knows no dry runs and carried it out", "look for what it made"),
    onFailure: (error) => {
      if (isUnauthorized(error)) {
        return missing(`right to ${what}`, error.message, "attach the policy that 'capstan aws iam-policy' prints")
      }
      return error.code === "DryRunOperation"
        ? ok(`right to ${what}`, "granted")
        : warning(`right to ${what}`, `${error.code}: ${error.message}`, "granted as far as AWS looked")
    }
  })

const permissions = Effect.gen(function* () {
  const ec2 = yield* Ec2
  return [
    yield* right("ec2:CreateVpc", ec2.createVpc({ CidrBlock: "10.0.0.0/16", DryRun: true })),
    yield* right("ec2:CreateInternetGateway", ec2.createInternetGateway({ DryRun: true })),
    yield* right("ec2:AllocateAddress", ec2.allocateAddress({ Domain: "vpc", DryRun: true }))
  ]
})

const drillRights = (cluster: string) =>
  Effect.gen(function* () {
    const ec2 = yield* Ec2
    const [instance] = (yield* instancesOf(cluster)).filter(({ state }) => state === "running")
    if (instance === undefined) {
      return warning(
        `drills on ${cluster}`,
        "no running instance is owned by it",
        "create the cluster first, or mend its name"
      )
    }
    return yield* right(
      `ec2:StopInstances on ${instance.id}`,
      ec2.stopInstances({ InstanceIds: [instance.id], DryRun: true })
    )
  })
