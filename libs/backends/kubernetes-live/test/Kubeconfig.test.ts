/** What is wrong with a kubeconfig is said before the first call, without its secrets. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { type KubeconfigSource, loadKubeconfig } from "../src/Kubeconfig.ts"

const secret = "c2VjcmV0LXRoYXQtbm9ib2R5LW1heS1zZWU="

const config = (more: { readonly cluster?: object; readonly user?: object; readonly top?: object } = {}): string =>
  JSON.stringify({
    clusters: [{ name: "c", cluster: { server: "https://c.example:6443", ...more.cluster } }],
    users: [{ name: "u", user: { token: secret, ...more.user } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
    ...more.top
  })

const complaintOf = (source: KubeconfigSource) =>
  Effect.map(Effect.result(loadKubeconfig(source)), (result) => {
    const message = Result.isFailure(result) ? result.failure.message : "no complaint"
    assert.notInclude(message, secret)
    return message
  })

interface Complaint {
  readonly about: string
  readonly text: string
  readonly says: RegExp
}

const complaints: ReadonlyArray<Complaint> = [
  { about: "nothing", text: "", says: /is no kubeconfig/ },
  { about: "prose", text: `no kubeconfig ${secret}`, says: /is no kubeconfig|names no current-context/ },
  { about: "broken YAML", text: `a: [\ntoken: "${secret}`, says: /is no YAML: look at line \d/ },
  { about: "no current context", text: config({ top: { "current-context": "" } }), says: /names no current-context/ },
  { about: "a context that is not there", text: config({ top: { "current-context": "y" } }), says: /has no context y/ },
  {
    about: "a cluster that is not there",
    text: config({ top: { clusters: [] } }),
    says: /has no cluster c, which context x names/
  },
  {
    about: "a user that is not there",
    text: config({ top: { users: [] } }),
    says: /has no user u, which context x names/
  },
  {
    about: "a server that is no address",
    text: config({ cluster: { server: "c.example" } }),
    says: /server of cluster c is no https/
  },
  {
    about: "a server of another protocol",
    text: config({ cluster: { server: "ftp://c.example" } }),
    says: /is no https/
  },
  {
    about: "plain http",
    text: config({ cluster: { server: "http://c.example" } }),
    says: /plain http.*insecure-skip-tls-verify/
  },
  {
    about: "a certificate without its key",
    text: config({ user: { "client-certificate-data": secret } }),
    says: /no client key/
  },
  {
    about: "a key without its certificate",
    text: config({ user: { "client-key-data": secret } }),
    says: /no client certificate/
  },
  {
    about: "a plugin in a text",
    text: config({ user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "rm" } } }),
    says: /credential plugin, which a kubeconfig in a Secret may not run/
  },
  {
    about: "an old plugin in a text",
    text: config({ user: { "auth-provider": { name: "exec", config: {} } } }),
    says: /credential plugin/
  },
  {
    about: "a token file as the library spells it",
    text: config({ user: { "token-file": "/etc/hostname" } }),
    says: /files of this machine/
  },
  {
    about: "a token file in a text",
    text: config({ user: { tokenFile: "/etc/shadow" } }),
    says: /files of this machine/
  },
  {
    about: "files in a text",
    text: config({ user: { "client-certificate": "/etc/a", "client-key": "/etc/b" } }),
    says: /files of this machine.*--flatten/
  },
  {
    about: "an authority's file in a text",
    text: config({ cluster: { "certificate-authority": "/a" } }),
    says: /files of this machine/
  }
]

describe("a kubeconfig", () => {
  for (const { about, says, text } of complaints) {
    it.effect(`is refused for ${about}`, () =>
      Effect.map(complaintOf({ _tag: "Text", text }), (message) => assert.match(message, says))
    )
  }

  it.live("of a file is found, and its context chosen", () =>
    Effect.acquireUseRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "kubeconfig-"))),
      (folder) =>
        Effect.gen(function* () {
          const path = join(folder, "config")
          yield* Effect.promise(() => writeFile(path, config()))
          assert.strictEqual((yield* loadKubeconfig({ _tag: "File", path })).server.href, "https://c.example:6443/")
          assert.match(yield* complaintOf({ _tag: "File", path, context: "y" }), /has no context y; it has: x$/)
          assert.match(yield* complaintOf({ _tag: "File", path: `${path}.not` }), /does not exist$/)
          assert.match(yield* complaintOf({ _tag: "File", path: folder }), /is a directory$/)
        }),
      (folder) => Effect.promise(() => rm(folder, { recursive: true }))
    )
  )

  it.live("of several files is one, and the first one's context counts", () =>
    Effect.acquireUseRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "kubeconfig-"))),
      (folder) =>
        Effect.gen(function* () {
          const [one, other] = [join(folder, "one"), join(folder, "other")]
          yield* Effect.promise(() => writeFile(one, config()))
          const named = config({ cluster: { server: "https://d.example" } }).replaceAll(/"([cux])"/g, '"$1$1"')
          yield* Effect.promise(() => writeFile(other, named))
          process.env["KUBECONFIG"] = [one, other].join(delimiter)
          assert.strictEqual((yield* loadKubeconfig({ _tag: "Default" })).server.host, "c.example:6443")
          assert.strictEqual((yield* loadKubeconfig({ _tag: "Default", context: "xx" })).server.host, "d.example")
          process.env["KUBECONFIG"] = [one, one].join(delimiter)
          assert.match(yield* complaintOf({ _tag: "Default" }), /cannot be put together: a name in .*one is taken/)
        }),
      (folder) =>
        Effect.promise(() => {
          delete process.env["KUBECONFIG"]
          return rm(folder, { recursive: true })
        })
    )
  )

  it.effect("of a Pod needs a Pod", () =>
    Effect.map(complaintOf({ _tag: "InCluster" }), (message) => assert.match(message, /this is no Pod/))
  )
})
