/**
 * Which image an instance boots from: the one that is named, or the newest whose name fits the Kubernetes version.
 *
 * Answers are remembered for ten minutes, since a rollout asks the same question for every machine.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/ec2/ami.go
 */
import { type AwsError, catchClass, type Ec2Client, type Ec2Shapes } from "@capstan/aws"
import { Clock, Effect } from "effect"

export const defaultImageFormat = "capa-ami-{{.BaseOS}}-?{{.K8sVersion}}-*"
export const defaultImageOwner = "819546954734"
export const defaultBaseOs = "ubuntu-24.04"

export interface ImageQuery {
  readonly namePattern: string
  readonly owner: string
  readonly architecture: string
}

const orElse = (...candidates: ReadonlyArray<string | undefined>): string =>
  candidates.find((candidate) => candidate !== undefined && candidate !== "") ?? ""

interface LookupFields {
  readonly imageLookupFormat?: string
  readonly imageLookupOrg?: string
  readonly imageLookupBaseOS?: string
}

/** What to look for: the machine's own fields win over the cluster's, those over the defaults. Pure. */
export const imageQuery = (options: {
  readonly machine: LookupFields
  readonly cluster: LookupFields
  readonly version: string
  readonly architecture: string
}): ImageQuery => {
  const { architecture, cluster, machine, version } = options
  const baseOs = orElse(machine.imageLookupBaseOS, cluster.imageLookupBaseOS, defaultBaseOs)
  const values: { readonly [name: string]: string } = { BaseOS: baseOs, K8sVersion: version.replace(/^v/, "") }
  return {
    namePattern: orElse(machine.imageLookupFormat, cluster.imageLookupFormat, defaultImageFormat).replace(
      /\{\{\s*\.(\w+)\s*\}\}/g,
      (whole, name: string) => values[name] ?? whole
    ),
    owner: orElse(machine.imageLookupOrg, cluster.imageLookupOrg, defaultImageOwner),
    architecture
  }
}

/** The newest; creation dates are RFC 3339 in UTC and compare as text. Pure. */
export const newestImage = (images: ReadonlyArray<Ec2Shapes.Image>): Ec2Shapes.Image | undefined =>
  images.reduce<Ec2Shapes.Image | undefined>(
    (newest, image) =>
      newest === undefined || (image.CreationDate ?? "") > (newest.CreationDate ?? "") ? image : newest,
    undefined
  )

export interface ImageCache {
  /** The architecture that an instance type runs; `x86_64` when nothing can be learnt. */
  readonly architectureOf: (instanceType: string) => Effect.Effect<string, AwsError>
  readonly find: (query: ImageQuery) => Effect.Effect<Ec2Shapes.Image | undefined, AwsError>
  readonly byId: (imageId: string) => Effect.Effect<Ec2Shapes.Image | undefined, AwsError>
}

const memoryMillis = 600_000

export const makeImageCache = (ec2: Ec2Client): ImageCache => {
  const architectures = new Map<string, string>()
  const images = new Map<string, { readonly at: number; readonly image: Ec2Shapes.Image }>()

  const remembered = Effect.fnUntraced(function* (
    key: string,
    ask: Effect.Effect<Ec2Shapes.Image | undefined, AwsError>
  ) {
    const now = yield* Clock.currentTimeMillis
    const known = images.get(key)
    if (known !== undefined && now - known.at < memoryMillis) return known.image
    const image = yield* ask
    if (image !== undefined) images.set(key, { at: now, image })
    return image
  })

  return {
    architectureOf: Effect.fnUntraced(function* (instanceType: string) {
      const known = architectures.get(instanceType)
      if (known !== undefined) return known
      const answer = yield* ec2
        .describeInstanceTypes({ InstanceTypes: [instanceType as Ec2Shapes._InstanceType] })
        .pipe(catchClass("unauthorized", () => Effect.succeed({ InstanceTypes: [] })))
      const supported = answer.InstanceTypes?.[0]?.ProcessorInfo?.SupportedArchitectures ?? []
      const architecture = supported.find((name) => name === "x86_64" || name === "arm64")
      if (architecture !== undefined) architectures.set(instanceType, architecture)
      return architecture ?? "x86_64"
    }),
    find: (query) =>
      remembered(
        JSON.stringify(query),
        ec2
          .describeImages({
            Filters: [
              { Name: "owner-id", Values: [query.owner] },
              { Name: "name", Values: [query.namePattern] },
              { Name: "architecture", Values: [query.architecture] },
              { Name: "state", Values: ["available"] },
              { Name: "virtualization-type", Values: ["hvm"] }
            ]
          })
          .pipe(Effect.map((answer) => newestImage(answer.Images ?? [])))
      ),
    byId: (imageId) =>
      remembered(imageId, ec2.describeImages({ ImageIds: [imageId] }).pipe(Effect.map((answer) => answer.Images?.[0])))
  }
}
