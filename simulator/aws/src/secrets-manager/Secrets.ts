/**
 * Secrets: created once under a name, read by the instance they are for, deleted at once or after a window.
 *
 * A name that is scheduled for deletion is neither free nor readable. Left out: versions, rotation, encryption keys.
 *
 * @fidelity documented https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html — `ResourceExistsException`; the same request token and value succeed again; 65,536 bytes.
 * @fidelity documented https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html — A window of 7 to 30 days, or none; forcing the deletion of an absent secret succeeds.
 * @fidelity documented https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html — Filters compare beginnings, `!` turns a value round; 1 to 100 a page; secrets that wait for their deletion only when asked for; eventually consistent.
 * @fidelity assumed — Lists begin with the oldest secret; a page of another size is an `InvalidParameterException`.
 * @fidelity assumed — After a forced deletion the name is free within two seconds.
 * @source https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
 */
import type { SecretsManagerOperations } from "@capstan/aws"
import type { Account } from "../Account.ts"
import type { Handlers } from "../Handler.ts"
import { mix } from "../Identifiers.ts"
import { byArn } from "../Indexes.ts"
import { given, type Refusal, refuse } from "../Refusal.ts"
import type { Secret, Tags } from "../Resources.ts"

const maximumBytes = 65_536
const dayMillis = 86_400_000
/** Secrets in one answer. */
const pageMax = 100

const absent = (): Refusal => refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")

/** By name or by ARN. */
const find = (account: Account, id: string): Secret | undefined =>
  account.tables.secrets.get(id) ?? account.tables.secrets.having(byArn, id)[0]

/** The secret as a reader sees it; `undefined` when it is absent, not visible yet, or on its way out. */
export const readableSecret = (account: Account, id: string): Secret | undefined => {
  const secret = find(account, id)
  return secret === undefined || secret.deletedAt !== undefined || !account.seesById(secret) ? undefined : secret
}

/** What was set out for a secret falls due. */
export const secretDue = (account: Account, due: { readonly id: string; readonly deletedAt: number }): void => {
  if (account.tables.secrets.get(due.id)?.deletedAt === due.deletedAt) account.tables.secrets.remove(due.id)
}

const create = (account: Account, input: SecretsManagerOperations["CreateSecret"]["input"]): Secret => {
  const name = given(input.Name, "Name")
  if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
    throw refuse(
      "ValidationException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
    )
  }
  if (input.SecretString !== undefined && input.SecretBinary !== undefined) {
    throw refuse("InvalidParameterException", "You can't specify both SecretString and SecretBinary.")
  }
  const bytes =
    input.SecretBinary === undefined ? Buffer.from(input.SecretString ?? "") : Buffer.from(input.SecretBinary)
  if (bytes.length > maximumBytes) {
    throw refuse("InvalidParameterException", `The secret value may have at most ${maximumBytes} bytes.`)
  }
  const text = input.SecretString
  const binary = input.SecretBinary === undefined ? undefined : bytes.toString("base64")
  const existing = account.tables.secrets.get(name)
  if (existing?.deletedAt !== undefined) {
    throw refuse(
      "InvalidRequestException",
      "You can't create this secret because a secret with this name is already scheduled for deletion."
    )
  }
  if (existing !== undefined) {
    const same = existing.text === text && existing.binary === binary
    if (same && input.ClientRequestToken !== undefined && existing.requestToken === input.ClientRequestToken)
      return existing
    throw refuse("ResourceExistsException", `The operation failed because the secret ${name} already exists.`)
  }
  const tags: Tags = Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? "", tag.Value ?? ""]))
  const suffix = mix(account.nextNumber()).toString(36).padStart(6, "0").slice(-6)
  return account.tables.secrets.put({
    ...account.born(name, tags),
    arn: account.arn("secretsmanager", `secret:${name}-${suffix}`),
    requestToken: input.ClientRequestToken,
    text,
    binary,
    description: input.Description,
    deletedAt: undefined,
    purgedAt: undefined
  })
}

const remove = (
  account: Account,
  input: SecretsManagerOperations["DeleteSecret"]["input"]
): SecretsManagerOperations["DeleteSecret"]["output"] => {
  const id = given(input.SecretId, "SecretId")
  const force = input.ForceDeleteWithoutRecovery === true
  const window = input.RecoveryWindowInDays
  if (force && window !== undefined) {
    throw refuse(
      "InvalidParameterException",
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
    )
  }
  if (window !== undefined && (window < 7 || window > 30)) {
    throw refuse(
      "InvalidParameterException",
      "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
    )
  }
  const secret = find(account, id)
  if (secret === undefined || !account.seesById(secret)) {
    if (force) return { Name: id, DeletionDate: new Date(account.now()) }
    throw absent()
  }
  if (secret.deletedAt !== undefined && !force) {
    throw refuse(
      "InvalidRequestException",
      "You can't perform this operation on the secret because it was already scheduled for deletion."
    )
  }
  const deletedAt = account.now()
  const purgedAt = deletedAt + (force ? account.duration("secretPurged") : (window ?? 30) * dayMillis)
  const changed = account.tables.secrets.change(secret.id, { deletedAt, purgedAt }) ?? secret
  if (purgedAt <= deletedAt) account.tables.secrets.remove(secret.id)
  else account.host.after(purgedAt - deletedAt, { on: "secret", id: secret.id, event: "purge", deletedAt })
  return { ARN: changed.arn, Name: changed.id, DeletionDate: new Date(purgedAt) }
}

/** What a filter compares a value with. */
const filtered: { readonly [key: string]: (secret: Secret) => ReadonlyArray<string> } = {
  name: ({ id }) => [id],
  description: ({ description = "" }) => [description],
  "tag-key": ({ tags }) => Object.keys(tags),
  "tag-value": ({ tags }) => Object.values(tags)
}

type Filter = NonNullable<SecretsManagerOperations["ListSecrets"]["input"]["Filters"]>[number]

const matcherOf = ({ Key, Values = [] }: Filter): ((secret: Secret) => boolean) => {
  const read = filtered[given(Key, "Filters.Key")]
  if (read === undefined) throw refuse("InvalidParameterException", `The filter ${Key} is not one that is known here.`)
  const matchers = Values.map((value) => {
    const beginning = value.startsWith("!") ? value.slice(1) : value
    return (texts: ReadonlyArray<string>) => texts.some((text) => text.startsWith(beginning)) !== value.startsWith("!")
  })
  return (secret) => matchers.some((matches) => matches(read(secret)))
}

const list = (
  account: Account,
  input: SecretsManagerOperations["ListSecrets"]["input"]
): SecretsManagerOperations["ListSecrets"]["output"] => {
  const size = input.MaxResults ?? pageMax
  if (size < 1 || size > pageMax) {
    throw refuse("InvalidParameterException", `MaxResults must be between 1 and ${pageMax} (inclusive).`)
  }
  const matchers = (input.Filters ?? []).map(matcherOf)
  const found = account.tables.secrets.filter(
    (secret) =>
      account.seesByFilter(secret) &&
      (secret.deletedAt === undefined || input.IncludePlannedDeletion === true) &&
      matchers.every((matches) => matches(secret))
  )
  const begin = Number(input.NextToken ?? 0)
  if (!Number.isSafeInteger(begin) || begin < 0)
    throw refuse("InvalidNextTokenException", "The NextToken value is invalid.")
  const end = begin + size
  return {
    SecretList: found.slice(begin, end).map((secret) => ({
      ARN: secret.arn,
      Name: secret.id,
      Description: secret.description,
      CreatedDate: new Date(secret.createdAt),
      DeletedDate: secret.deletedAt === undefined ? undefined : new Date(secret.deletedAt),
      Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value }))
    })),
    NextToken: end < found.length ? String(end) : undefined
  }
}

export const secretsManagerHandlers: Handlers<SecretsManagerOperations> = {
  CreateSecret: {
    accepts: {
      Name: true,
      ClientRequestToken: true,
      Description: true,
      SecretBinary: true,
      SecretString: true,
      Tags: [{ Key: true, Value: true }]
    },
    perform: (account, input) => {
      const secret = create(account, input)
      return { ARN: secret.arn, Name: secret.id, VersionId: secret.requestToken }
    }
  },
  DeleteSecret: {
    accepts: { SecretId: true, ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: true },
    perform: remove
  },
  ListSecrets: {
    accepts: {
      Filters: [{ Key: true, Values: [true] }],
      IncludePlannedDeletion: true,
      MaxResults: true,
      NextToken: true
    },
    perform: list
  },
  GetSecretValue: {
    accepts: { SecretId: true },
    perform: (account, input) => {
      const id = given(input.SecretId, "SecretId")
      const secret = readableSecret(account, id)
      if (secret === undefined) {
        if (find(account, id)?.deletedAt !== undefined) {
          throw refuse(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion."
          )
        }
        throw absent()
      }
      return {
        ARN: secret.arn,
        Name: secret.id,
        CreatedDate: new Date(secret.createdAt),
        SecretString: secret.text,
        SecretBinary: secret.binary === undefined ? undefined : new Uint8Array(Buffer.from(secret.binary, "base64"))
      }
    }
  }
}
