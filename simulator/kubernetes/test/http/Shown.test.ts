/** Ages and column paths: what stands in tables. */
import { describe, expect, it } from "vitest"
import { valuesAt } from "../../src/http/ColumnPath.ts"
import { humanDuration } from "../../src/http/HumanDuration.ts"

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

describe("humanDuration", () => {
  it.each([
    [0, "0s"],
    [119 * second, "119s"],
    [2 * minute, "2m"],
    [3 * minute + 12 * second, "3m12s"],
    [10 * minute + 12 * second, "10m"],
    [179 * minute, "179m"],
    [3 * hour + 5 * minute, "3h5m"],
    [17 * hour, "17h"],
    [2 * day + 4 * hour, "2d4h"],
    [9 * day + 4 * hour, "9d"],
    [800 * day, "2y70d"],
    [-5 * minute, "<invalid>"]
  ])("shows %d ms as %s", (millis, text) => {
    expect(humanDuration(millis)).toBe(text)
  })
})

describe("valuesAt", () => {
  const object = {
    metadata: { labels: { "example.com/name": "web" } },
    status: {
      conditions: [
        { type: "Ready", status: "True" },
        { type: "Paused", status: "False" }
      ],
      addresses: [{ address: "10.0.0.1" }, { address: "10.0.0.2" }]
    }
  }

  it.each([
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".metadata.labels['example\\.com/name']", ["web"]],
    [".metadata.labels.example\\.com/name", ["web"]],
    [".status.addresses[0].address", ["10.0.0.1"]],
    [".status.addresses[*].address", ["10.0.0.1", "10.0.0.2"]],
    [".status.missing.deeper", []],
    ['.status.conditions[?(@.type=="Gone")].status', []]
  ])("follows %s", (path, expected) => {
    expect(valuesAt(object, path)).toEqual(expected)
  })
})
