import { assert, describe, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { boundTo } from "../../src/index.ts"

class Api extends Context.Service<Api, { readonly name: string }>()("test/Api") {}
const Caller = Context.Reference<string>("test/Caller", { defaultValue: () => "nobody" })

describe("boundTo", () => {
  it.effect("gives the services of the making, and leaves what the reconcile brings along", () =>
    Effect.gen(function* () {
      const made = yield* Effect.context<Api>()
      const seen = boundTo(made)(Effect.all({ api: Api, caller: Caller }))
      const { api, caller } = yield* Effect.provideService(seen, Caller, "reconcile")
      assert.deepStrictEqual([api.name, caller], ["management", "reconcile"])
      assert.strictEqual((yield* seen).caller, "start")
    }).pipe(Effect.provideService(Api, { name: "management" }), Effect.provideService(Caller, "start"))
  )
})
