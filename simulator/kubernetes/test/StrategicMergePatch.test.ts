/** Strategic merge patches as kubectl and recorders send them. */
import { Node, Pod } from "@capstan/kubernetes"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { applyStrategicPatch } from "../src/StrategicMergePatch.ts"

const conditions = [
  { type: "Ready", status: "True", reason: "Fine" },
  { type: "DiskPressure", status: "False" }
]

const cases = [
  {
    rule: "merges maps and takes nulls away",
    target: { metadata: { labels: { a: "1", b: "2" } } },
    patch: { metadata: { labels: { a: null, c: "3" } } },
    expected: { metadata: { labels: { b: "2", c: "3" } } }
  },
  {
    rule: "merges a list by its key",
    target: { status: { conditions } },
    patch: {
      status: {
        conditions: [
          { type: "Ready", status: "False" },
          { type: "New", status: "True" }
        ]
      }
    },
    expected: {
      status: {
        conditions: [
          { type: "Ready", status: "False", reason: "Fine" },
          { type: "DiskPressure", status: "False" },
          { type: "New", status: "True" }
        ]
      }
    }
  },
  {
    rule: "takes items away by directive",
    target: { status: { conditions } },
    patch: { status: { conditions: [{ type: "Ready", $patch: "delete" }] } },
    expected: { status: { conditions: [{ type: "DiskPressure", status: "False" }] } }
  },
  {
    rule: "replaces a whole list by directive",
    target: { status: { conditions } },
    patch: { status: { conditions: [{ type: "Only", status: "True" }, { $patch: "replace" }] } },
    expected: { status: { conditions: [{ type: "Only", status: "True" }] } }
  },
  {
    rule: "brings a list into the order that is asked for",
    target: { status: { conditions } },
    patch: { status: { "$setElementOrder/conditions": [{ type: "DiskPressure" }, { type: "Ready" }] } },
    expected: { status: { conditions: [conditions[1], conditions[0]] } }
  },
  {
    rule: "replaces lists that have no key, such as taints",
    target: { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } },
    patch: { spec: { taints: [{ key: "b", effect: "NoExecute" }] } },
    expected: { spec: { taints: [{ key: "b", effect: "NoExecute" }] } }
  },
  {
    rule: "treats finalizers as a set",
    target: { metadata: { finalizers: ["a", "b"] } },
    patch: { metadata: { finalizers: ["c"], "$deleteFromPrimitiveList/finalizers": ["a"] } },
    expected: { metadata: { finalizers: ["b", "c"] } }
  },
  {
    rule: "replaces a map by directive",
    target: { metadata: { labels: { a: "1" } } },
    patch: { metadata: { labels: { $patch: "replace", b: "2" } } },
    expected: { metadata: { labels: { b: "2" } } }
  }
]

describe("applyStrategicPatch", () => {
  it.each(cases)("$rule", ({ expected, patch, target }) => {
    const done = applyStrategicPatch(Node, target, patch)
    if (Result.isFailure(done)) throw done.failure
    const { "$deleteFromPrimitiveList/finalizers": _, ...rest } = done.success as { readonly [key: string]: unknown }
    expect(rest).toEqual(expected)
  })

  it("goes into the items of a list", () => {
    const target = { spec: { containers: [{ name: "c", image: "old", env: [{ name: "A", value: "1" }] }] } }
    const patch = { spec: { containers: [{ name: "c", image: "new", env: [{ name: "B", value: "2" }] }] } }
    expect(applyStrategicPatch(Pod, target, patch)).toEqual(
      Result.succeed({
        spec: {
          containers: [
            {
              name: "c",
              image: "new",
              env: [
                { name: "A", value: "1" },
                { name: "B", value: "2" }
              ]
            }
          ]
        }
      })
    )
  })
})
