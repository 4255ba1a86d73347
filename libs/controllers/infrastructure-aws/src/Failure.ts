/**
 * Failures in words: what AWS refused and why, for conditions and events, and what the management API refused, for the queue.
 */
import { type AwsError, isUnauthorized } from "@capstan/aws"
import type { ApiError } from "@capstan/kubernetes"
import { ProviderError } from "@capstan/provider"

/** Operation, code and message; a missing permission is named as such. */
export const describeAwsError = (error: AwsError): string => {
  const access = isUnauthorized(error) ? " (the controller's credentials lack this permission)" : ""
  return `${error.operation}: ${error.code}: ${error.message}${access}`
}

/** A management API that refuses or is away: the work queue tries again. */
export const fromApiError = (error: ApiError): ProviderError =>
  new ProviderError({ reason: "ManagementApiFailed", message: error.message, cause: error })
