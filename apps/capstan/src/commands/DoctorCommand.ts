/** `capstan doctor`: what this machine has of what Capstan can use, and how to get what is missing. */
import { endWith, ExitCode, type Stop } from "@capstan/command-line"
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { findingLines, type Shown } from "../output/Findings.ts"

/** The oldest Node that runs this. */
const oldestNode: readonly [major: number, minor: number] = [22, 19]

/** How long a tool may take to tell its version, real milliseconds. */
const patienceMillis = 10_000

export const doctorCommand: Effect.Effect<void, Stop> = Effect.gen(function* () {
  const findings = [
    node(process.versions.node),
    ...(yield* Effect.all([kubectl, python, moto, docker], { concurrency: "unbounded" })),
    kubeconfig(process.env),
    credentials(process.env)
  ]
  process.stdout.write(`${findingLines(findings).join("\n")}\n`)
  const lacking = findings.some(({ status }) => status === "missing")
  return yield* endWith(lacking ? ExitCode.cannotRun : ExitCode.passed)
})

/** What a program prints; `undefined` when it is not there, fails or takes too long. */
const said = (program: string, ...args: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const child = execFile(program, [...args], { timeout: patienceMillis }, (error, stdout) =>
      resume(Effect.succeed(error === null ? stdout.trim() : undefined))
    )
    return Effect.sync(() => void child.kill())
  })

const ok = (what: string, detail: string): Shown => ({ what, status: "ok", detail, remedy: "" })
const warning = (what: string, detail: string, remedy: string): Shown => ({ what, status: "warning", detail, remedy })

/** Whether this Node is new enough. */
export const node = (version: string): Shown => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const [oldMajor, oldMinor] = oldestNode
  return major > oldMajor || (major === oldMajor && minor >= oldMinor)
    ? ok("Node", version)
    : {
        what: "Node",
        status: "missing",
        detail: `${version}; ${oldestNode.join(".")} is the oldest that will do`,
        remedy: "install Node 24 from https://nodejs.org"
      }
}

const kubectl = Effect.map(said("kubectl", "version", "--client", "-o", "json"), (text) => {
  const version = /"gitVersion":\s*"([^"]+)"/.exec(text ?? "")?.[1]
  return version === undefined
    ? warning("kubectl", "not found", "https://kubernetes.io/docs/tasks/tools; needed to look into clusters")
    : ok("kubectl", version)
})

const python = Effect.map(said("python3", "--version"), (text) =>
  text === undefined
    ? warning("Python", "not found", "https://www.python.org; needed to run the AWS conformance suite against moto")
    : ok("Python", text.replace(/^Python /, ""))
)

const moto = Effect.map(said("python3", "-c", "import importlib.metadata as m; print(m.version('moto'))"), (version) =>
  version === undefined
    ? warning("moto", "not found", "npm run conformance:aws installs it into an environment of its own")
    : ok("moto", version)
)

const docker = Effect.map(said("docker", "version", "--format", "{{.Server.Version}}"), (version) =>
  version === undefined
    ? warning("Docker", "no engine answers", "start one; needed for LocalStack and kind, and for nothing else")
    : ok("Docker", version)
)

/** The kubeconfig that kubectl would use. Its contents are nobody's business here. */
export const kubeconfig = (environment: NodeJS.ProcessEnv): Shown => {
  const named = (environment["KUBECONFIG"] ?? "").split(":").filter((path) => path !== "")
  const looked = named.length > 0 ? named : [".capstan/kubeconfig", join(homedir(), ".kube", "config")]
  const found = looked.filter((path) => existsSync(path))
  return found.length === 0
    ? warning("kubeconfig", `none at ${looked.join(" or ")}`, "set KUBECONFIG, or start a world with capstan sim up")
    : ok("kubeconfig", found.join(", "))
}

/** Whether the environment names credentials for AWS, and how; never what they are. */
export const credentials = (environment: NodeJS.ProcessEnv): Shown => {
  const way = [
    "AWS_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI"
  ].find((name) => (environment[name] ?? "") !== "")
  const files = [join(homedir(), ".aws", "config"), join(homedir(), ".aws", "credentials")].filter((path) =>
    existsSync(path)
  )
  if (way !== undefined) return ok("AWS", `credentials by ${way}; capstan aws preflight tries them`)
  return files.length > 0
    ? ok("AWS", `credentials by ${files.join(", ")}; capstan aws preflight tries them`)
    : warning(
        "AWS",
        "no credentials in the environment",
        "aws configure sso, or export AWS_PROFILE; needed for real accounts only"
      )
}
