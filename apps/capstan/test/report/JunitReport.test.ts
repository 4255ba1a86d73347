import { assert, describe, it } from "@effect/vitest"
import { junitDocument } from "../../src/report/JunitReport.ts"
import { answer, plan, report, result, violated } from "./Canned.ts"

describe("junitDocument", () => {
  const failing = answer({ result: result({ passed: false, expectations: [violated] }) })

  it("has a suite a file and a case a run, with counts that add up", () => {
    const xml = junitDocument(report([plan({ seeds: [1, 2, 3] })], [answer(), failing, undefined]))
    assert.include(xml, '<testsuites name="capstan" tests="3" failures="1" errors="0" skipped="1" time="1.600">')
    assert.include(xml, '<testsuite name="scenarios/zone.yaml" tests="3" failures="1"')
    assert.include(
      xml,
      '<testcase name="zone-outage [zone=b outage=45m] seed 1" classname="zone-outage" file="scenarios/zone.yaml" time="0.800"/>'
    )
    assert.include(xml, '<skipped message="not run"/>')
  })

  it("escapes what expectations are full of", () => {
    const xml = junitDocument(report([plan()], [failing]))
    assert.include(
      xml,
      '<failure message="one-at-a-time: never cps.filter(m, deleting(m)).size() &gt; 1" type="scenario">'
    )
  })

  it("tells a defect of ours as an error, not as a failure", () => {
    const defect = { message: "<boom>", stack: undefined, atMillis: undefined }
    const xml = junitDocument(report([plan()], [answer({ result: undefined, defect })]))
    assert.include(xml, 'failures="0" errors="1"')
    assert.include(xml, '<error message="&lt;boom&gt;" type="defect">')
  })
})
