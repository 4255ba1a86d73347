/**
 * The Secrets Manager waist: where bootstrap data waits for the instance that may read it.
 *
 * Left out: versions, rotation and resource policies.
 *
 * @source https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
 */
import type {
  CreateSecretRequest,
  CreateSecretResponse,
  DeleteSecretRequest,
  DeleteSecretResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  ListSecretsRequest,
  ListSecretsResponse
} from "@aws-sdk/client-secrets-manager"
import { Context } from "effect"
import { type MutatingTable, operationNames, type OperationsClient } from "./Operation.ts"

/** Every Secrets Manager operation that Capstan uses, with AWS's own request and answer. */
export interface SecretsManagerOperations {
  readonly CreateSecret: { input: CreateSecretRequest; output: CreateSecretResponse }
  readonly DeleteSecret: { input: DeleteSecretRequest; output: DeleteSecretResponse }
  readonly GetSecretValue: { input: GetSecretValueRequest; output: GetSecretValueResponse }
  readonly ListSecrets: { input: ListSecretsRequest; output: ListSecretsResponse }
}

/** Which of them change the account. */
export const secretsManagerMutating: MutatingTable<SecretsManagerOperations> = {
  CreateSecret: true,
  DeleteSecret: true,
  GetSecretValue: false,
  ListSecrets: false
}

export const secretsManagerOperations: ReadonlyArray<keyof SecretsManagerOperations> =
  operationNames(secretsManagerMutating)

export type SecretsManagerClient = OperationsClient<SecretsManagerOperations>

/** AWS Secrets Manager in one account and region. `deleteSecret` of an absent secret succeeds only with `ForceDeleteWithoutRecovery`. */
export class SecretsManager extends Context.Service<SecretsManager, SecretsManagerClient>()(
  "@capstan/aws/SecretsManager"
) {}
