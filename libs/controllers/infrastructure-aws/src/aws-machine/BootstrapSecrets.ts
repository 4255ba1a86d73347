/**
 * Bootstrap data on its way to the instance: secrets in Secrets Manager, in chunks, deleted once the machine has joined.
 *
 * The prefix is made of the object's uid and is written to the object before the first secret is: whoever comes back after
 * a crash finds, replaces or deletes the same secrets.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws pkg/cloud/services/secretsmanager/secret.go
 */
import { type AwsError, catchClass, catchCode } from "@capstan/aws"
import { Effect } from "effect"
import { normal, warning } from "../Events.ts"
import { clusterTag, toAwsTags } from "../Tags.ts"
import { describeAwsError } from "../Failure.ts"
import { changeSpec, type MachineContext, specOf } from "./MachineContext.ts"

/** Bytes of one secret, well below the service's limit of 65,536. */
export const chunkSize = 7000

/** The prefix of a machine's secrets. The instance's role may read what begins with the first part. */
export const secretPrefix = (uid: string): string => `aws.cluster.x-k8s.io/${uid}`

const secretTags = (context: MachineContext) => toAwsTags({ [clusterTag(context.cluster)]: "owned" })

const deleteOne = ({ secretsManager }: MachineContext, SecretId: string): Effect.Effect<void, AwsError> =>
  secretsManager.deleteSecret({ SecretId, ForceDeleteWithoutRecovery: true }).pipe(
    Effect.asVoid,
    catchClass("notFound", () => Effect.void)
  )

/**
 * Writes every chunk.
 *
 * @param trusted the chunks that may be there already were written from the same data, and stay.
 */
export const writeSecrets = (
  context: MachineContext,
  prefix: string,
  chunks: ReadonlyArray<Uint8Array>,
  trusted: boolean
): Effect.Effect<void, AwsError> =>
  Effect.forEach(
    chunks,
    (SecretBinary, index) => {
      const Name = `${prefix}-${index}`
      const create = context.secretsManager.createSecret({ Name, SecretBinary, Tags: secretTags(context) })
      return Effect.asVoid(create).pipe(
        catchCode("ResourceExistsException", () =>
          trusted ? Effect.void : Effect.andThen(deleteOne(context, Name), Effect.asVoid(create))
        )
      )
    },
    { discard: true }
  )

/** Deletes the machine's secrets, if it has any, and forgets them. */
export const deleteSecrets = Effect.fnUntraced(function* (context: MachineContext) {
  const { secretCount = 0, secretPrefix: prefix = "" } = specOf(context).cloudInit ?? {}
  if (prefix === "" || secretCount === 0) return
  const object = context.scope.infrastructure.get()
  yield* Effect.forEach(Array.from({ length: secretCount }), (_, index) => deleteOne(context, `${prefix}-${index}`), {
    discard: true
  }).pipe(
    Effect.tapErrorTag("AwsError", (error) =>
      warning(object, "FailedDeleteEncryptedBootstrapDataSecrets", describeAwsError(error))
    )
  )
  changeSpec(context, (spec) => {
    const { secretCount: _, secretPrefix: __, ...cloudInit } = spec.cloudInit ?? {}
    return { ...spec, cloudInit }
  })
  yield* normal(
    object,
    "SuccessfulDeleteEncryptedBootstrapDataSecrets",
    "AWS Secret entries containing userdata deleted"
  )
})
