import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { changedFiles, defaultReference } from "../../src/files/GitChanges.ts"

const folder = (): string => realpathSync(mkdtempSync(join(tmpdir(), "capstan-git-")))

/** A repository whose configuration is nobody's. */
const repository = () => {
  const home = folder()
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" }
  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: home, env, stdio: "pipe" })
  const write = (name: string, text: string) => writeFileSync(join(home, name), text)
  const commit = () => {
    git("add", "-A")
    git("commit", "-qm", "a commit")
  }
  git("init", "-q", "-b", "main")
  mkdirSync(join(home, "manifests"))
  write("a.yaml", "1")
  write("manifests/ü b.yaml", "1")
  write(".gitignore", "ignored\n")
  commit()
  const changed = (reference: string, from = home) =>
    Result.map(changedFiles(from, reference), (files) => [...files].map((file) => relative(home, file)).sort())
  return { home, git, write, commit, changed }
}

describe("changedFiles", () => {
  it("knows what differs from the last commit, and what git does not know yet", () => {
    const { changed, home, write } = repository()
    assert.deepStrictEqual(changed("HEAD"), Result.succeed([]))
    write("manifests/ü b.yaml", "2")
    write("new.yaml", "1")
    write("ignored", "1")
    assert.deepStrictEqual(changed("HEAD"), Result.succeed(["manifests/ü b.yaml", "new.yaml"]))
    assert.deepStrictEqual(changed("HEAD", join(home, "manifests")), Result.succeed(["manifests/ü b.yaml", "new.yaml"]))
  })

  it("counts against a branch what was done since it parted, not what was done there", () => {
    const { changed, commit, git, home, write } = repository()
    git("checkout", "-qb", "topic")
    write("a.yaml", "2")
    commit()
    git("checkout", "-q", "main")
    write("theirs.yaml", "1")
    commit()
    git("checkout", "-q", "topic")
    rmSync(join(home, "manifests"), { recursive: true })
    assert.deepStrictEqual(changed("main"), Result.succeed(["a.yaml", "manifests/ü b.yaml"]))
  })

  it.each(["nowhere", "--output=x", ""])("says that there is no commit '%s'", (reference) => {
    assert.deepStrictEqual(
      repository().changed(reference),
      Result.fail({
        kind: "commit",
        message: `--changed: git knows no commit '${reference}'. A shallow clone has to fetch it first.`
      })
    )
  })

  it("says that there is no repository", () => {
    const found = changedFiles(folder(), "HEAD")
    assert.strictEqual(Result.getOrUndefined(Result.flip(found))?.kind, "setup")
  })
})

describe("defaultReference", () => {
  it("is the base of a pull request on GitHub, and what was committed last elsewhere", () => {
    assert.strictEqual(defaultReference({}), "HEAD")
    assert.strictEqual(defaultReference({ GITHUB_BASE_REF: "" }), "HEAD")
    assert.strictEqual(defaultReference({ GITHUB_BASE_REF: "main" }), "origin/main")
  })
})
