/**
 * The IAM waist: only what is needed to see whether an instance profile exists.
 *
 * Left out: roles, policies and everything that writes.
 *
 * @source https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
 */
import type { GetInstanceProfileRequest, GetInstanceProfileResponse } from "@aws-sdk/client-iam"
import { Context } from "effect"
import { type MutatingTable, operationNames, type OperationsClient } from "./Operation.ts"

/** Every IAM operation that Capstan uses, with AWS's own request and answer. */
export interface IamOperations {
  readonly GetInstanceProfile: { input: GetInstanceProfileRequest; output: GetInstanceProfileResponse }
}

/** Which of them change the account. */
export const iamMutating: MutatingTable<IamOperations> = {
  GetInstanceProfile: false
}

export const iamOperations: ReadonlyArray<keyof IamOperations> = operationNames(iamMutating)

export type IamClient = OperationsClient<IamOperations>

/** AWS Identity and Access Management in one account. */
export class Iam extends Context.Service<Iam, IamClient>()("@capstan/aws/Iam") {}
