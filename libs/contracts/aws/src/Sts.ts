/**
 * The STS waist: who is calling, and as whom else.
 *
 * Left out: federation and session policies beyond what `AssumeRole` carries.
 *
 * @source https://docs.aws.amazon.com/STS/latest/APIReference/Welcome.html
 */
import type {
  AssumeRoleRequest,
  AssumeRoleResponse,
  GetCallerIdentityRequest,
  GetCallerIdentityResponse
} from "@aws-sdk/client-sts"
import { Context } from "effect"
import { type MutatingTable, operationNames, type OperationsClient } from "./Operation.ts"

/** Every STS operation that Capstan uses, with AWS's own request and answer. */
export interface StsOperations {
  readonly GetCallerIdentity: { input: GetCallerIdentityRequest; output: GetCallerIdentityResponse }
  readonly AssumeRole: { input: AssumeRoleRequest; output: AssumeRoleResponse }
}

/** Which of them change the account. */
export const stsMutating: MutatingTable<StsOperations> = {
  GetCallerIdentity: false,
  AssumeRole: false
}

export const stsOperations: ReadonlyArray<keyof StsOperations> = operationNames(stsMutating)

export type StsClient = OperationsClient<StsOperations>

/** AWS Security Token Service. */
export class Sts extends Context.Service<Sts, StsClient>()("@capstan/aws/Sts") {}
