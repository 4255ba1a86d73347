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

/** The secret, deleted for good at the end. */
const aSecret = (bytes: Uint8Array) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const secrets = yield* SecretsManager
      yield* secrets.createSecret({ Name, SecretBinary: bytes })
      yield* until("the secret is readable", Effect.as(secrets.getSecretValue({ SecretId: Name }), true))
    }),
    () => Effect.orDie(forget)
  )

const forget = Effect.gen(function* () {
  const secrets = yield* SecretsManager
  yield* secrets.deleteSecret({ SecretId: Name, ForceDeleteWithoutRecovery: true })
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
