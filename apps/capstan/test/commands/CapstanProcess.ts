/** The command line as a process of its own, and an EC2 client for the account that it tells of. */
import { EC2 } from "@aws-sdk/client-ec2"
import { spawn } from "node:child_process"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const main = join(dirname(fileURLToPath(import.meta.url)), "../../src/main.ts")

/** Runs a command; `until` answers when its output shows the pattern, `ended` when it is over. */
export const capstan = (args: ReadonlyArray<string>, environment: Record<string, string> = {}) =>
  capstanIn(process.cwd(), args, environment)

/** The same in a folder. */
export const capstanIn = (cwd: string, args: ReadonlyArray<string>, environment: Record<string, string> = {}) => {
  const { AWS_REGION: _, AWS_DEFAULT_REGION: __, ...own } = process.env
  const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...own, ...environment } })
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (data: Buffer) => void (stdout += data.toString()))
  child.stderr.on("data", (data: Buffer) => void (stderr += data.toString()))
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }))
  })
  const until = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if (pattern.test(stdout)) resolve(stdout)
      }
      child.stdout.on("data", look)
      child.on("close", () => reject(new Error(`ended before it said ${String(pattern)}: ${stdout}${stderr}`)))
    })
  return { ended, until, interrupt: () => child.kill("SIGINT"), kill: () => child.kill("SIGKILL") }
}

/** The variables that the command tells to export. */
export const exported = (stdout: string): Record<string, string> =>
  Object.fromEntries([...stdout.matchAll(/(AWS_\w+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]))

export const clientFor = (stdout: string, secretAccessKey?: string) => {
  const { AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, AWS_REGION, AWS_SECRET_ACCESS_KEY } = exported(stdout)
  return new EC2({
    endpoint: AWS_ENDPOINT_URL ?? "",
    region: AWS_REGION ?? "",
    maxAttempts: 1,
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: secretAccessKey ?? AWS_SECRET_ACCESS_KEY ?? ""
    }
  })
}
