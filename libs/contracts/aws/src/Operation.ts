/**
 * How an AWS service becomes an Effect service: a map from operation to its request and answer, and nothing more.
 *
 * Everything that stands behind the waist (the SDK, the simulated account, a recorder) is one function
 * `call(operation, input)`; the methods that controllers see are derived from the map by name alone.
 * Left out: paginators and waiters (callers page and wait themselves), and streaming answers (none is used).
 *
 * @source https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/
 */
import type { Effect } from "effect"
import type { AwsError } from "./AwsError.ts"

/** The request and the answer of one operation, in AWS's own shapes. */
export interface Operation {
  readonly input: object
  /** `void` where AWS answers with an empty body. */
  readonly output: object | void
}

/** What every map of operations satisfies. */
export type OperationMap<Operations> = { readonly [K in keyof Operations]: Operation }

/** The service derived from a map of operations: `RunInstances` becomes `runInstances(input)`. */
export type OperationsClient<Operations extends OperationMap<Operations>> = {
  readonly [K in keyof Operations & string as Uncapitalize<K>]: (
    input: Operations[K]["input"]
  ) => Effect.Effect<Operations[K]["output"], AwsError>
}

/** Whether an operation changes the account: decides what may be repeated blindly, and where a lost answer hurts. */
export type MutatingTable<Operations> = { readonly [K in keyof Operations]: boolean }

/** The one function that a backend has to supply for a service. */
export type OperationCall<Operations extends OperationMap<Operations>> = <K extends keyof Operations & string>(
  operation: K,
  input: Operations[K]["input"]
) => Effect.Effect<Operations[K]["output"], AwsError>

/** The names in a table of operations, in the order in which they are written there. */
export const operationNames = <Operations>(
  table: MutatingTable<Operations>
): ReadonlyArray<keyof Operations & string> => Object.keys(table) as Array<keyof Operations & string>

/** Builds the derived service from the one function behind it. */
export const clientFromCall = <Operations extends OperationMap<Operations>>(
  operations: ReadonlyArray<keyof Operations & string>,
  call: OperationCall<Operations>
): OperationsClient<Operations> => {
  const client: Record<string, unknown> = {}
  for (const operation of operations) {
    client[methodName(operation)] = (input: Operations[typeof operation]["input"]) => call(operation, input)
  }
  // The loop above fills exactly the keys that the mapped type names; TypeScript cannot follow a computed key.
  return client as OperationsClient<Operations>
}

/** `RunInstances` → `runInstances`. */
export const methodName = <Name extends string>(operation: Name): Uncapitalize<Name> =>
  (operation.charAt(0).toLowerCase() + operation.slice(1)) as Uncapitalize<Name>
