import { awsError, type AwsError, clientFromCall, ec2Operations, elbOperations } from "@capstan/aws"
import { assert, describe, it } from "@effect/vitest"
import type { ObjectOf } from "@capstan/api"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { ClusterContext } from "../../src/aws-cluster/ClusterStep.ts"
import { createOnce, creationIntentAnnotation, millisUntilVisible } from "../../src/aws-cluster/CreationIntent.ts"
import type { AWSClusterBody } from "../../src/kinds/AWSCluster.ts"
import { makeRetryPace } from "../../src/RetryPace.ts"

const metadata = {
  name: "c",
  namespace: "ns",
  uid: "u",
  resourceVersion: "1",
  creationTimestamp: "1970-01-01T00:00:00Z"
}

/** What is stored of the object, and contexts as successive passes open them. */
const aStore = () => {
  let stored: ObjectOf<AWSClusterBody> = { apiVersion: "x/v1beta2", kind: "AWSCluster", metadata, spec: {} }
  const open = (): ClusterContext => {
    let current = stored
    return {
      ec2: clientFromCall(ec2Operations, (operation) => Effect.die(`unexpected ${operation}`)),
      elb: clientFromCall(elbOperations, (operation) => Effect.die(`unexpected ${operation}`)),
      pace: makeRetryPace(),
      name: "c",
      scope: {
        cluster: { apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster", metadata, spec: {} },
        infrastructure: {
          get: () => current,
          change: (change) => {
            current = change(current)
          },
          persist: Effect.sync(() => {
            stored = current
          })
        }
      }
    }
  }
  return { open, intent: () => stored.metadata.annotations?.[creationIntentAnnotation] }
}

const refusal = (code: string): AwsError => awsError("ec2", "CreateVpc", code, "no")
const attempt = (context: ClusterContext, create: Effect.Effect<string, AwsError>) =>
  Effect.result(createOnce(context, "vpc", create, () => undefined))
const tagOf = (result: unknown): string => JSON.stringify(result)

describe("createOnce", () => {
  it.effect("writes the intent before the call and takes it off after it", () =>
    Effect.gen(function* () {
      const store = aStore()
      const create = Effect.sync(() => store.intent() ?? "none")
      const result = yield* attempt(store.open(), create)
      assert.include(tagOf(result), "1970-01-01T00:00:00Z")
      assert.isUndefined(store.intent())
    })
  )

  it.effect("after a crash looks for a minute before it creates again", () =>
    Effect.gen(function* () {
      const store = aStore()
      yield* Effect.exit(attempt(store.open(), Effect.die("crash")))
      assert.isDefined(store.intent())
      yield* TestClock.adjust("59 seconds")
      const early = yield* attempt(store.open(), Effect.die("created too early"))
      assert.include(tagOf(early), "LookingForCreatedResource")
      assert.strictEqual(millisUntilVisible(store.open(), 59_000), 1_000)
      yield* TestClock.adjust("1 second")
      assert.include(tagOf(yield* attempt(store.open(), Effect.succeed("vpc-1"))), "vpc-1")
    })
  )

  it.effect("keeps the intent when no answer came, and drops it when AWS refused", () =>
    Effect.gen(function* () {
      const store = aStore()
      const context = store.open()
      yield* attempt(context, Effect.fail(refusal("VpcLimitExceeded")))
      yield* context.scope.infrastructure.persist
      assert.isUndefined(store.intent())
      const again = store.open()
      yield* attempt(again, Effect.fail(refusal("NetworkingError")))
      yield* again.scope.infrastructure.persist
      assert.isDefined(store.intent())
    })
  )
})
