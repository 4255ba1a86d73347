/**
 * What every Secrets Manager, IAM and STS have to do, as far as Capstan uses them.
 *
 * @source https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
 */
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { Iam } from "../Iam.ts"
import { SecretsManager } from "../SecretsManager.ts"
import { Sts } from "../Sts.ts"
import { checksOf, type ConformanceBackend } from "./Backend.ts"
import { refusedWith, until } from "./Fixtures.ts"

const Name = "capstan.conformance/secret"
const other = "capstan.conformance/other"

/** The secret, deleted for good at the end. */
const aSecret = (bytes: Uint8Array, name = Name) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const secrets = yield* SecretsManager
      yield* secrets.createSecret({
        Name: name,
        SecretBinary: bytes,
        Tags: [{ Key: "owner", Value: "conformance" }]
      })
      yield* until("the secret is readable", Effect.as(secrets.getSecretValue({ SecretId: name }), true))
    }),
    () => Effect.orDie(forget(name))
  )

const forget = (name: string) =>
  Effect.gen(function* () {
    const secrets = yield* SecretsManager
    yield* secrets.deleteSecret({ SecretId: name, ForceDeleteWithoutRecovery: true })
  })

export const secretsConformance = (backend: ConformanceBackend): void => {
  describe(`Secrets and identities: ${backend.name}`, () => {
    const check = checksOf(backend)

    check("a secret reads as it was written", () =>
      Effect.gen(function* () {
        const secrets = yield* SecretsManager
        yield* aSecret(Uint8Array.of(0, 1, 254, 255))
        const read = yield* secrets.getSecretValue({ SecretId: Name })
        assert.deepStrictEqual([...(read.SecretBinary ?? [])], [0, 1, 254, 255])
        assert.strictEqual(read.Name, Name)
        const byArn = yield* secrets.getSecretValue({ SecretId: read.ARN })
        assert.strictEqual(byArn.Name, Name)
      })
    )

    check("a name is taken once", () =>
      Effect.gen(function* () {
        const secrets = yield* SecretsManager
        yield* aSecret(Uint8Array.of(1))
        yield* refusedWith("ResourceExistsException", secrets.createSecret({ Name, SecretBinary: Uint8Array.of(2) }))
      })
    )

    check("an absent secret is not found, and may be deleted by force", () =>
      Effect.gen(function* () {
        const secrets = yield* SecretsManager
        const SecretId = "capstan.conformance/absent"
        yield* refusedWith("ResourceNotFoundException", secrets.getSecretValue({ SecretId }))
        yield* refusedWith("ResourceNotFoundException", secrets.deleteSecret({ SecretId }))
        yield* secrets.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })
      })
    )

    check("a secret that waits for its deletion is neither readable nor replaceable", () =>
      Effect.gen(function* () {
        const secrets = yield* SecretsManager
        yield* aSecret(Uint8Array.of(1))
        yield* secrets.deleteSecret({ SecretId: Name, RecoveryWindowInDays: 7 })
        yield* refusedWith("InvalidRequestException", secrets.getSecretValue({ SecretId: Name }))
        yield* refusedWith("InvalidRequestException", secrets.createSecret({ Name, SecretBinary: Uint8Array.of(2) }))
      })
    )

    check("secrets are listed by the beginnings of their names and tags, without their values", () =>
      Effect.gen(function* () {
        const secrets = yield* SecretsManager
        yield* aSecret(Uint8Array.of(1))
        const listed = (...Filters: Array<{ Key: "name" | "tag-key" | "tag-value"; Values: Array<string> }>) =>
          Effect.map(secrets.listSecrets({ Filters }), ({ SecretList = [] }) => SecretList)
        const names = (found: ReadonlyArray<{ readonly Name?: string | undefined }>) =>
          found.map((secret) => secret.Name)
        const found = yield* until(
          "the secret is listed",
          Effect.map(listed({ Key: "name", Values: ["capstan.conformance/"] }), (all) => (all[0] ? all : undefined))
        )
        assert.deepStrictEqual(
          found.map((secret) => [secret.Name, secret.Tags]),
          [[Name, [{ Key: "owner", Value: "conformance" }]]]
        )
        assert.notProperty(found[0], "SecretBinary")
        const [owner, ours] = [["own"], ["other", "conform"]]
        const byTag = yield* listed({ Key: "tag-key", Values: owner }, { Key: "tag-value", Values: ours })
        assert.include(names(byTag), Name)
        assert.notInclude(names(yield* listed({ Key: "name", Values: ["conformance/"] })), Name)
        assert.notInclude(names(yield* listed({ Key: "name", Values: [`!${Name}`] })), Name)
      })
    )

    check("a list of secrets comes in pages, and shows what waits for its deletion only when asked", () =>
      Effect.gen(function* () {
        const secrets = yield* SecretsManager
        const Filters = [{ Key: "name" as const, Values: ["capstan.conformance/"] }]
        yield* aSecret(Uint8Array.of(1))
        yield* aSecret(Uint8Array.of(2), other)
        const all = Effect.map(secrets.listSecrets({ Filters }), ({ SecretList = [] }) => SecretList)
        yield* until(
          "both are listed",
          Effect.map(all, ({ length }) => length === 2 || undefined)
        )
        const first = yield* secrets.listSecrets({ Filters, MaxResults: 1 })
        const second = yield* secrets.listSecrets({ Filters, MaxResults: 1, NextToken: first.NextToken })
        assert.deepStrictEqual(
          [first, second].flatMap(({ SecretList = [] }) => SecretList.map((secret) => secret.Name)).sort(),
          [other, Name].sort()
        )
        assert.isUndefined(second.NextToken)
        yield* secrets.deleteSecret({ SecretId: Name, RecoveryWindowInDays: 7 })
        yield* until(
          "the secret is listed no more",
          Effect.map(all, ({ length }) => length === 1 || undefined)
        )
        const planned = yield* secrets.listSecrets({ Filters, IncludePlannedDeletion: true })
        assert.deepStrictEqual(
          (planned.SecretList ?? []).map((secret) => [secret.Name, secret.DeletedDate !== undefined]).sort(),
          [
            [other, false],
            [Name, true]
          ].sort()
        )
      })
    )

    check("the caller has an account", () =>
      Effect.gen(function* () {
        const sts = yield* Sts
        const identity = yield* sts.getCallerIdentity({})
        assert.match(identity.Account ?? "", /^\d{12}$/)
        assert.include(identity.Arn, identity.Account)
      })
    )

    check("a role that may not be assumed is refused", () =>
      Effect.gen(function* () {
        const sts = yield* Sts
        yield* refusedWith(
          "AccessDenied",
          sts.assumeRole({ RoleArn: "arn:aws:iam::123456789012:role/no-such-role", RoleSessionName: "conformance" })
        )
      })
    )

    check("an instance profile exists or is no such entity", () =>
      Effect.gen(function* () {
        const iam = yield* Iam
        const found = yield* iam.getInstanceProfile({ InstanceProfileName: backend.given.instanceProfile })
        assert.isAtLeast(found.InstanceProfile?.Roles?.length ?? 0, 1)
        yield* refusedWith("NoSuchEntity", iam.getInstanceProfile({ InstanceProfileName: "no-such-profile" }))
      })
    )
  })
}
