/**
 * What a tidiness rule has to say: a place and a sentence that tells what to do instead.
 *
 * Rules are plain functions from texts to findings, so that each can be shown firing on a few lines; the tree itself is read in
 * one other place (`Repository.ts`).
 */

/** One thing that is out of order. `path` is from the repository's root, `line` counts from 1. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly rule: string
  readonly message: string
}

/** A finding as editors and terminals link it: `path:line  rule: message`. */
export const formatFinding = (finding: Finding): string =>
  `${finding.path}:${finding.line}  ${finding.rule}: ${finding.message}`
