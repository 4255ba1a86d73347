/**
 * The exceptions to the rules, each with the reason for which it was granted in review.
 *
 * An exception lets one rule pass in one file. One that no longer lets anything pass is itself a finding, so the list only holds
 * what is needed.
 */
import type { Finding } from "./Finding.ts"

/** One exception: in `path`, findings of `rule` pass, because of `reason`. */
export interface Allowed {
  readonly path: string
  readonly rule: string
  readonly reason: string
}

/** All exceptions of this repository. */
export const allowList: ReadonlyArray<Allowed> = [
  {
    path: "apps/capstan/bin/capstan.mjs",
    rule: "arrows",
    reason:
      "the door of a clone runs the clone's own set-up, which must work before any package can be imported by name"
  },
  {
    path: "scenarios/report/src/page/App.tsx",
    rule: "timer",
    reason:
      "runs in a reader's browser, long after the run: the page's address follows when the cursor has come to rest"
  },
  {
    path: "simulator/kernel/src/Entropy.ts",
    rule: "chance",
    reason:
      "this is the seeded stand-in for Web Crypto: it must answer under the original's names, and draws from the kernel's streams"
  }
]

/** The findings that no exception covers, and one for each exception that covers nothing. */
export const withoutAllowed = (
  findings: ReadonlyArray<Finding>,
  allowed: ReadonlyArray<Allowed>
): ReadonlyArray<Finding> => {
  const covers = (entry: Allowed, finding: Finding): boolean =>
    entry.path === finding.path && entry.rule === finding.rule
  const idle = allowed.filter((entry) => !findings.some((finding) => covers(entry, finding)))
  return [
    ...findings.filter((finding) => !allowed.some((entry) => covers(entry, finding))),
    ...idle.map((entry) => ({
      path: entry.path,
      line: 1,
      rule: "allow-list",
      message: `the exception from ${entry.rule} is not needed any more: take it out of libs/tidy/src/AllowList.ts`
    }))
  ]
}
