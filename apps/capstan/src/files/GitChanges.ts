/**
 * Which files of a git repository differ from a commit: changed, new, or new to git.
 *
 * Against another branch, what counts is what was done on this one: the comparison is with the commit where the two parted.
 *
 * @source https://git-scm.com/docs/git-diff
 * @source https://git-scm.com/docs/git-ls-files
 */
import * as Result from "effect/Result"
import { spawnSync } from "node:child_process"
import { realpathSync } from "node:fs"
import { resolve } from "node:path"

/** Why nothing can be said: git is missing or the folder is none of its own; or there is no such commit. */
export interface GitProblem {
  readonly kind: "setup" | "commit"
  readonly message: string
}

const outputMax = 256 * 1024 * 1024

const git = (folder: string, ...args: ReadonlyArray<string>): string | undefined => {
  const ended = spawnSync("git", args, { cwd: folder, encoding: "utf8", maxBuffer: outputMax })
  return ended.status === 0 ? ended.stdout : undefined
}

/**
 * Absolute paths, links followed.
 *
 * @param reference a branch, tag or commit, such as `HEAD` or `origin/main`.
 */
export const changedFiles = (folder: string, reference: string): Result.Result<ReadonlySet<string>, GitProblem> => {
  const root = git(folder, "rev-parse", "--show-toplevel")?.trimEnd()
  if (root === undefined) {
    const message = "--changed asks git, and this folder is in no git repository, or git is not installed."
    return Result.fail({ kind: "setup", message })
  }
  const commit = git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", `${reference}^{commit}`)?.trim()
  if (commit === undefined) {
    const message = `--changed: git knows no commit '${reference}'. A shallow clone has to fetch it first.`
    return Result.fail({ kind: "commit", message })
  }
  const base = git(folder, "merge-base", commit, "HEAD")?.trim() ?? commit
  const changed = git(root, "diff", "--name-only", "--no-ext-diff", "-z", base, "--")
  const unknown = git(root, "ls-files", "--others", "--exclude-standard", "-z")
  if (changed === undefined || unknown === undefined) {
    return Result.fail({ kind: "setup", message: `--changed: git could not compare with '${reference}'.` })
  }
  const names = `${changed}${unknown}`.split("\0").filter((name) => name !== "")
  return Result.succeed(new Set(names.map((name) => realPath(resolve(root, name)))))
}

/** With links followed; as it is when it is gone. */
export const realPath = (path: string): string =>
  Result.getOrElse(Result.try({ try: () => realpathSync(path), catch: () => undefined }), () => path)

/** What is compared with when nobody says: on GitHub the branch that a pull request goes to, else what was committed last. */
export const defaultReference = ({ GITHUB_BASE_REF: base = "" }: { readonly GITHUB_BASE_REF?: string }): string =>
  base === "" ? "HEAD" : `origin/${base}`
