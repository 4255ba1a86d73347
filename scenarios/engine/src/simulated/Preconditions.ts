/**
 * What a plan takes for granted: images, key pairs, profiles, what runs on every Node. A world has it unless the scenario says
 * otherwise, and prints each such assumption. Pure.
 */
import { regions } from "@capstan/simulator-aws"
import { allSteps, type Plan } from "../plan/Plan.ts"
import type { AwsCloudOptions } from "./AwsCloud.ts"

/** What a simulated world takes for granted for this plan, as sentences. */
export const assumptionsOf = (plan: Plan): ReadonlyArray<string> => preconditionsOf(plan).sentences

export interface Preconditions {
  readonly provider: "aws" | "dev"
  readonly devZones: ReadonlyArray<string>
  readonly sentences: ReadonlyArray<string>
  readonly aws: AwsCloudOptions
}

/** What a simulated world cannot be for this plan: an unknown region, zones that a region does not have. */
export const impossibleWorld = (plan: Plan): string | undefined => {
  const { aws, devZones, provider } = preconditionsOf(plan)
  if (provider === "dev") return strayZone(plan, devZones)
  const zones = regions[aws.region]?.map((zone) => zone.name)
  if (zones === undefined) return `There is no region '${aws.region}'; there are ${Object.keys(regions).join(", ")}.`
  const unknown = (plan.world.zones ?? []).filter((zone) => !zones.includes(zone))
  return unknown.length === 0
    ? strayZone(plan, zones)
    : `Region ${aws.region} has no zone ${unknown.join(", ")}; it has ${zones.join(", ")}.`
}

/** A fault that is aimed at a zone which is not there. */
const strayZone = (plan: Plan, zones: ReadonlyArray<string>): string | undefined => {
  for (const { action, id } of allSteps(plan.steps)) {
    const zone = action._tag === "Fault" ? action.parameters["zone"] : undefined
    if (typeof zone === "string" && !zones.includes(zone)) {
      return `Step '${id}' is aimed at zone ${zone}, which is not there; there are ${zones.join(", ")}.`
    }
  }
  return undefined
}

/** What a plan's manifests take for granted, and whether the scenario's world has it. */
export const preconditionsOf = (plan: Plan): Preconditions => {
  const { world } = plan
  const everything = JSON.stringify([
    plan.objects.map(({ object }) => object),
    allSteps(plan.steps).map(({ action }) =>
      action._tag === "Patch" ? action.value : action._tag === "Apply" ? action.objects : null
    )
  ])
  const unique = (pattern: RegExp): ReadonlyArray<string> =>
    [...new Set([...everything.matchAll(pattern)].map(([, value]) => value ?? ""))]
      .filter((value) => value !== "")
      .sort()
  const versions = unique(/"version":"(v?\d+\.\d+\.\d+[^"]*)"/g)
  const keyPairs = unique(/"sshKeyName":"([^"]+)"/g)
  const region = world.region ?? unique(/"region":"([^"]+)"/g)[0] ?? "us-east-1"
  const images = world.images ?? true
  const keys = world.keyPairs ?? true
  const profiles = world.instanceProfiles ?? true
  const provider = world.provider ?? (plan.objects.some(({ object }) => object.kind === "DevCluster") ? "dev" : "aws")
  const inside = [
    world.cni === false
      ? "no network plugin is installed: Nodes do not become Ready"
      : "a network plugin is installed on every Node",
    world.cloudController === false
      ? "no cloud controller runs: Nodes stay uninitialised"
      : "a cloud controller initialises every Node"
  ]
  return {
    provider,
    devZones: world.zones ?? ["zone-a", "zone-b", "zone-c"],
    sentences:
      provider === "dev"
        ? inside
        : [
            images ? `machine images exist for ${versions.join(", ") || "no version"}` : "no machine image exists",
            ...(keyPairs.length === 0 ? [] : [keys ? `key pairs exist: ${keyPairs.join(", ")}` : "no key pair exists"]),
            profiles ? "the instance profiles of clusterawsadm exist" : "no instance profile exists",
            ...inside
          ],
    aws: {
      region,
      quotas: world.quotas,
      imageVersions: images ? versions : [],
      keyPairs: keys ? keyPairs : [],
      instanceProfiles: profiles
    }
  }
}
