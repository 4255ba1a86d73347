/**
 * Client tokens: a repeated request answers with what the first one made, a changed one is refused.
 *
 * Only a request that succeeded uses its token up. The scope is part of the key: RunInstances counts tokens per
 * availability zone when the request names one (directly or by its subnet), and per region otherwise.
 *
 * @fidelity documented https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html — Tokens, their scope, `IdempotentParameterMismatch`.
 * @fidelity assumed — Tokens are remembered for as long as the account exists; AWS promises 24 hours past termination.
 * @source https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
 */
import { createHash } from "node:crypto"
import type { Account } from "../Account.ts"
import { refuse } from "../Refusal.ts"

/** The ids that this token made before, or `undefined` when it is new. Refuses when the request differs from the first. */
export const earlierUse = (
  account: Account,
  scope: string,
  request: { readonly ClientToken?: string | undefined }
): ReadonlyArray<string> | undefined => {
  const token = request.ClientToken
  if (token === undefined) return undefined
  if (token.length > 64) throw refuse("InvalidParameterValue", "The client token may have at most 64 ASCII characters.")
  const use = account.tables.clientTokens.get(`${scope}/${token}`)
  if (use === undefined) return undefined
  if (use.fingerprint !== fingerprint(request)) {
    throw refuse(
      "IdempotentParameterMismatch",
      `Arguments on this idempotent request are inconsistent with arguments used in previous request(s).`
    )
  }
  return use.resourceIds
}

export const rememberUse = (
  account: Account,
  scope: string,
  request: { readonly ClientToken?: string | undefined },
  resourceIds: ReadonlyArray<string>
): void => {
  if (request.ClientToken === undefined) return
  account.tables.clientTokens.put({
    id: `${scope}/${request.ClientToken}`,
    fingerprint: fingerprint(request),
    resourceIds
  })
}

/** A digest of the request without its token, with sorted keys, so that equal requests have equal digests. */
const fingerprint = (request: object): string => {
  const text = JSON.stringify(request, (key, value: unknown) => {
    if (key === "ClientToken") return undefined
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
  })
  return createHash("sha256").update(text).digest("hex")
}
