/**
 * What a Cluster must be to be stored.
 *
 * Left out: topologies; a Cluster that has one is refused.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api/blob/main/internal/webhooks/cluster.go
 */
import type { Admission, FieldError, ObjectOf } from "../Kind.ts"
import { forbiddenField, invalidField, requiredField, unless } from "../meta/FieldErrors.ts"
import type { ClusterBody } from "./ClusterBody.ts"
import { checkNameIsLabelValue } from "./TemplateRules.ts"

const ipv4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

const isIpv4 = (text: string): boolean => {
  const octets = ipv4.exec(text)?.slice(1)
  return octets !== undefined && octets.every((octet) => Number(octet) <= 255 && String(Number(octet)) === octet)
}

const group = /^[0-9a-fA-F]{1,4}$/

const groupsOf = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.split(":"))

const isIpv6 = (text: string): boolean => {
  const halves = text.split("::")
  if (halves.length > 2) return false
  const groups = halves.flatMap(groupsOf)
  return groups.every((each) => group.test(each)) && (halves.length === 2 ? groups.length < 8 : groups.length === 8)
}

/** Whether the text is an address with a prefix length, such as `10.0.0.0/16` or `fd00::/64`. */
export const isCidr = (text: string): boolean => {
  const [address, prefix, ...more] = text.split("/")
  if (address === undefined || prefix === undefined || more.length > 0 || !/^\d{1,3}$/.test(prefix)) return false
  return (isIpv4(address) && Number(prefix) <= 32) || (isIpv6(address) && Number(prefix) <= 128)
}

const checkCidrs = (blocks: ReadonlyArray<string> | undefined, field: string): ReadonlyArray<FieldError> =>
  (blocks ?? []).flatMap((block, index) =>
    unless(isCidr(block), () =>
      invalidField(`${field}[${index}]`, block, "is not a range of addresses such as 10.0.0.0/16")
    )
  )

const checkKept = (
  object: ObjectOf<ClusterBody>,
  old: ObjectOf<ClusterBody> | undefined,
  name: "controlPlaneRef" | "infrastructureRef"
): ReadonlyArray<FieldError> =>
  unless(old?.spec[name] === undefined || object.spec[name] !== undefined, () =>
    forbiddenField(`spec.${name}`, "cannot be removed once it is set")
  )

export const clusterAdmission: Admission<ClusterBody> = {
  validate: (object, old) => {
    const { clusterNetwork, controlPlaneRef, infrastructureRef, topology } = object.spec
    return [
      ...checkNameIsLabelValue(object),
      ...unless(topology === undefined, () =>
        forbiddenField(
          "spec.topology",
          "clusters made from a ClusterClass are not served here; set infrastructureRef and controlPlaneRef"
        )
      ),
      ...unless(
        [controlPlaneRef, infrastructureRef, topology].some((part) => part !== undefined),
        () => requiredField("spec", "at least one of controlPlaneRef, infrastructureRef and topology must be set")
      ),
      ...checkKept(object, old, "controlPlaneRef"),
      ...checkKept(object, old, "infrastructureRef"),
      ...checkCidrs(clusterNetwork?.pods?.cidrBlocks, "spec.clusterNetwork.pods.cidrBlocks"),
      ...checkCidrs(clusterNetwork?.services?.cidrBlocks, "spec.clusterNetwork.services.cidrBlocks")
    ]
  }
}
