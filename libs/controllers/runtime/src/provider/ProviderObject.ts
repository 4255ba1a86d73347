/**
 * What the contracts ask of every provider's object, as pure changes of an object whose body is the provider's affair:
 * finalizer, conditions, provisioned flag, endpoint, failure domains, provider id, addresses.
 *
 * Kinds of the v1beta1 contract carry legacy conditions (severity, no reason while True), `status.ready` and failure domains
 * as a map; kinds of v1beta2 carry `metav1` conditions, `status.initialization.provisioned` and failure domains as a list.
 *
 * @source https://cluster-api.sigs.k8s.io/developer/providers/contracts/overview
 */
import { type Condition, type LegacyCondition, type ObjectOf, setCondition } from "@capstan/api"
import type { Endpoint, FailureDomain, MachineAddress } from "@capstan/provider"

export type ProviderContract = "v1beta1" | "v1beta2"

/** A provider's object: its body is unknown to the harness. */
export type ProviderObject = ObjectOf<unknown>

interface Body {
  readonly spec?: {
    readonly controlPlaneEndpoint?: { readonly host?: string; readonly port?: number }
    readonly providerID?: string
  }
  readonly status?: {
    readonly ready?: boolean
    readonly initialization?: { readonly [flag: string]: boolean }
    readonly conditions?: ReadonlyArray<Condition | LegacyCondition>
    readonly failureDomains?: unknown
    readonly addresses?: ReadonlyArray<MachineAddress>
    readonly failureDomain?: string
    readonly interruptible?: boolean
    readonly dataSecretName?: string
    readonly observedGeneration?: number
  }
}

/** The fields that the contract gives to every provider's object. */
export const bodyOf = (object: ProviderObject): Body => object as Body

/** The object with fields of its status replaced. */
export const withStatus = (object: ProviderObject, fields: NonNullable<Body["status"]>): ProviderObject => {
  const before = bodyOf(object)
  const status = { ...before.status, ...fields }
  return { ...object, status } as ProviderObject
}

const withSpec = (object: ProviderObject, fields: NonNullable<Body["spec"]>): ProviderObject =>
  ({ ...object, spec: { ...bodyOf(object).spec, ...fields } }) as ProviderObject

/** One statement about the object; `severity` is kept by the older contract alone. */
export interface Statement {
  readonly type: string
  readonly status: "True" | "False" | "Unknown"
  readonly reason: string
  readonly message: string
  readonly severity?: "Info" | "Warning" | "Error"
}

/** The object with a condition set; the same reference when that changes nothing. */
export const withCondition = (
  object: ProviderObject,
  contract: ProviderContract,
  statement: Statement,
  now: string
): ProviderObject => {
  const before = bodyOf(object).status?.conditions
  const { message, reason, status, type } = statement
  // Which of the two kinds of condition the list holds follows from the contract.
  const conditions =
    contract === "v1beta1"
      ? setCondition(
          before as ReadonlyArray<LegacyCondition> | undefined,
          status === "True"
            ? { type, status }
            : { type, status, severity: statement.severity ?? "Info", reason, ...(message === "" ? {} : { message }) },
          now
        )
      : setCondition(
          before as ReadonlyArray<Condition> | undefined,
          { type, status, reason, message, observedGeneration: object.metadata.generation ?? 0 },
          now
        )
  if (conditions === before) return object
  // Kinds of the older contract may require the flag as soon as there is a status.
  const ready = contract === "v1beta1" ? { ready: bodyOf(object).status?.ready ?? false } : {}
  return withStatus(object, { ...ready, conditions })
}

/** The object with the endpoint, unless it has a valid one: an endpoint never moves. */
export const withEndpoint = (object: ProviderObject, endpoint: Endpoint | undefined): ProviderObject => {
  const present = bodyOf(object).spec?.controlPlaneEndpoint
  const isValid = (present?.host ?? "") !== "" && (present?.port ?? 0) !== 0
  return endpoint === undefined || isValid ? object : withSpec(object, { controlPlaneEndpoint: endpoint })
}

/** The object with the provider id, unless it has one: an infrastructure machine is one machine all its life. */
export const withProviderId = (object: ProviderObject, providerId: string): ProviderObject =>
  (bodyOf(object).spec?.providerID ?? "") === "" ? withSpec(object, { providerID: providerId }) : object

export const withFailureDomains = (
  object: ProviderObject,
  contract: ProviderContract,
  domains: ReadonlyArray<FailureDomain>
): ProviderObject => {
  if (domains.length === 0 && bodyOf(object).status?.failureDomains === undefined) return object
  return withStatus(object, {
    failureDomains:
      contract === "v1beta2"
        ? domains
        : Object.fromEntries(
            domains.map(({ attributes, controlPlane, name }) => [
              name,
              attributes === undefined ? { controlPlane } : { controlPlane, attributes }
            ])
          )
  })
}

/**
 * The object with its provisioned flag. The newer contract's is never taken back; the older one's `ready` says what
 * holds now.
 */
export const withProvisioned = (
  object: ProviderObject,
  contract: ProviderContract,
  provisioned: boolean
): ProviderObject => {
  const status = bodyOf(object).status
  if (contract === "v1beta1") return status?.ready === provisioned ? object : withStatus(object, { ready: provisioned })
  return !provisioned || status?.initialization?.["provisioned"] === true
    ? object
    : withStatus(object, { initialization: { ...status?.initialization, provisioned: true } })
}
