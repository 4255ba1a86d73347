import { describe, expect, it } from "vitest"
import { checkClocksAndChance } from "../src/ClocksAndChance.ts"

const rulesOf = (text: string, path = "simulator/aws/src/A.ts"): ReadonlyArray<string> =>
  checkClocksAndChance([{ path, text }]).map((finding) => `${finding.line} ${finding.rule}`)

describe("checkClocksAndChance finds", () => {
  it.each([
    { text: "const now = Date.now()", expected: "clock" },
    { text: "const now = new Date()", expected: "clock" },
    { text: "const now = new Date", expected: "clock" },
    { text: "const now = Date()", expected: "clock" },
    { text: "const now = performance.now()", expected: "clock" },
    { text: "const now = process.hrtime.bigint()", expected: "clock" },
    { text: "setTimeout(f, 10)", expected: "timer" },
    { text: "globalThis.setInterval(f, 10)", expected: "timer" },
    { text: "setImmediate(f)", expected: "timer" },
    { text: "queueMicrotask(f)", expected: "timer" },
    { text: "process.nextTick(f)", expected: "timer" },
    { text: "Math.random()", expected: "chance" },
    { text: "crypto.randomUUID()", expected: "chance" },
    { text: "async function f() {}", expected: "promise" },
    { text: "const f = async () => 1", expected: "promise" },
    { text: "const f = async x => x", expected: "promise" },
    { text: "class A { async run() {} }", expected: "promise" },
    { text: "const p: Promise<void> = f()", expected: "promise" },
    { text: "Effect.tryPromise(f)", expected: "promise" },
    { text: "a.localeCompare(b)", expected: "locale" },
    { text: "new Intl.NumberFormat()", expected: "locale" },
    { text: "structuredClone(a)", expected: "clone" }
  ])("$expected in $text", ({ expected, text }) => {
    expect(rulesOf(`\n${text}\n`)).toEqual([`2 ${expected}`])
  })
})

describe("checkClocksAndChance lets pass", () => {
  it.each([
    { rule: "a date of a given moment", text: "new Date(millis).toISOString()" },
    { rule: "a type of dates", text: "const f = (date: Date) => date" },
    { rule: "a sentence that names a clock", text: '// Date.now is banned\nconst a = "Math.random"' },
    { rule: "a field called async", text: "const a = { async: true }" },
    { rule: "a clock in a test", text: "Date.now()", path: "simulator/aws/test/A.test.ts" },
    { rule: "a clock in a live backend", text: "Date.now()", path: "libs/backends/aws-live/src/A.ts" },
    { rule: "a promise in a contract", text: "const f = async () => 1", path: "libs/contracts/api/src/A.ts" },
    { rule: "a timer in an app", text: "setTimeout(f, 1)", path: "apps/capstan/src/A.ts" }
  ])("$rule", ({ path, text }) => {
    expect(rulesOf(text, path)).toEqual([])
  })

  it.each([
    { path: "libs/controllers/core/src/A.ts" },
    { path: "libs/contracts/api/src/A.ts" },
    { path: "scenarios/catalogue/src/A.ts" }
  ])("no clock in $path", ({ path }) => {
    expect(rulesOf("Date.now()", path)).toEqual(["1 clock"])
  })
})
