/**
 * What a manager is told to do, checked. Flags have upstream's names and defaults wherever upstream has them.
 *
 * Upstream's manager is four programs with a flag each; ours is one, so each controller's flag stands here. Of our own are
 * `--context`, `--region`, `--leader-elect-identity`, `--webhook-host` and `--drill-state`, and for simulated worlds `--workload-proxy`, `--name-server` and
 * `--world-clock`.
 *
 * @source https://github.com/kubernetes-sigs/cluster-api main.go
 * @source https://github.com/kubernetes-sigs/cluster-api-provider-aws main.go
 */
import { parseServiceEndpoints, type ServiceEndpoints } from "@capstan/aws-live"
import { leaderElectionDefaults, leaderElectionProblem } from "@capstan/runtime"
import { Result } from "effect"
import { controllerNames } from "../assembly/ControllerNames.ts"
import type { WorldTime } from "../assembly/WorldClock.ts"
import type { WebhookSettings } from "../webhooks/WebhookSettings.ts"
import { isLoopback, type ListenAt, parseAddress, parseCount, parseDuration, parseWorldTime } from "./Values.ts"

/** As they were given; absent for the default. */
export interface ManagerFlags {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  readonly namespace: string | undefined
  readonly watchFilter: string | undefined
  readonly syncPeriod: string | undefined
  readonly kubeApiQps: string | undefined
  readonly kubeApiBurst: string | undefined
  readonly leaderElect: boolean
  readonly leaseDuration: string | undefined
  readonly renewDeadline: string | undefined
  readonly retryPeriod: string | undefined
  readonly leaderElectionNamespace: string | undefined
  readonly identity: string | undefined
  readonly healthAddress: string | undefined
  readonly diagnosticsAddress: string | undefined
  readonly insecureDiagnostics: boolean
  readonly webhookHost: string | undefined
  readonly webhookPort: string | undefined
  readonly webhookCertDir: string | undefined
  readonly serviceEndpoints: string | undefined
  readonly region: string | undefined
  readonly workloadProxy: string | undefined
  readonly nameServer: string | undefined
  readonly worldClock: string | undefined
  readonly drillState: string | undefined
  readonly verbosity: string | undefined
  readonly loggingFormat: string | undefined
  /** By controller name. */
  readonly concurrency: { readonly [controller: string]: string | undefined }
}

export interface LeaderSettings {
  readonly durationMillis: number
  readonly renewDeadlineMillis: number
  readonly retryPeriodMillis: number
  /** Instead of the namespace that each of upstream's managers has its Lease in. */
  readonly namespace: string | undefined
  readonly identity: string | undefined
}

export interface ManagerSettings {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  readonly namespace: string | undefined
  readonly watchFilter: string | undefined
  readonly syncPeriodMillis: number
  readonly callsPerSecond: number
  readonly burst: number
  /** `undefined`: lead without asking. */
  readonly leader: LeaderSettings | undefined
  readonly health: ListenAt | undefined
  readonly diagnostics: ListenAt | undefined
  /** `undefined`: serve none. */
  readonly webhooks: WebhookSettings | undefined
  readonly region: string | undefined
  readonly serviceEndpoints: ServiceEndpoints | undefined
  /** URL of an HTTP or SOCKS proxy that leads to workload clusters. */
  readonly workloadProxy: string | undefined
  /** `address:port` of a DNS server that knows the load balancers' names. */
  readonly nameServer: string | undefined
  /** The time of a simulated world; the wall's unless given. */
  readonly worldClock: WorldTime | undefined
  /** The folder of drills that may make calls to AWS fail; none unless given. */
  readonly drillState: string | undefined
  readonly verbosity: number
  readonly loggingFormat: "json" | "text"
  readonly concurrency: { readonly [controller: string]: number }
}

export const defaults = {
  syncPeriod: "10m",
  kubeApiQps: "100",
  kubeApiBurst: "200",
  healthAddress: ":9440",
  diagnosticsAddress: "localhost:8080",
  verbosity: "2",
  loggingFormat: "json"
} as const

const verbosityMax = 10
const portMax = 65_535

/** `environment`: for the region, which the addresses of services are said for. */
export const managerSettings = (
  flags: ManagerFlags,
  environment: { readonly [name: string]: string | undefined }
): Result.Result<ManagerSettings, string> =>
  Result.gen(function* () {
    const concurrency: { [controller: string]: number } = {}
    for (const { name } of controllerNames) {
      const text = flags.concurrency[name]
      if (text !== undefined) concurrency[name] = yield* parseCount(`${name}-concurrency`, text)
    }
    const { loggingFormat = defaults.loggingFormat, verbosity = defaults.verbosity } = flags
    if (loggingFormat !== "json" && loggingFormat !== "text") {
      return yield* Result.fail(`--logging-format '${loggingFormat}' is none: there are json and text.`)
    }
    if (!/^\d{1,2}$/.test(verbosity) || Number(verbosity) > verbosityMax) {
      return yield* Result.fail(`-v '${verbosity}' is none: say a number from 0 to ${verbosityMax}.`)
    }
    return {
      kubeconfig: flags.kubeconfig,
      context: flags.context,
      namespace: flags.namespace,
      watchFilter: flags.watchFilter,
      syncPeriodMillis: yield* parseDuration("sync-period", flags.syncPeriod ?? defaults.syncPeriod),
      callsPerSecond: yield* parseCount("kube-api-qps", flags.kubeApiQps ?? defaults.kubeApiQps),
      burst: yield* parseCount("kube-api-burst", flags.kubeApiBurst ?? defaults.kubeApiBurst),
      leader: flags.leaderElect ? yield* leaderSettings(flags) : undefined,
      health: yield* parseAddress("health-addr", flags.healthAddress ?? defaults.healthAddress),
      diagnostics: yield* diagnosticsAddress(flags),
      webhooks: yield* webhookSettings(flags),
      region: flags.region,
      serviceEndpoints: yield* endpointsOf(flags, environment),
      workloadProxy: yield* proxyOf(flags.workloadProxy),
      nameServer: yield* nameServerOf(flags.nameServer),
      worldClock: flags.worldClock === undefined ? undefined : yield* parseWorldTime("world-clock", flags.worldClock),
      drillState: flags.drillState,
      verbosity: Number(verbosity),
      loggingFormat,
      concurrency
    }
  })

const leaderSettings = (flags: ManagerFlags): Result.Result<LeaderSettings, string> =>
  Result.gen(function* () {
    const duration = (flag: string, text: string | undefined, otherwise: number) =>
      text === undefined ? Result.succeed(otherwise) : parseDuration(flag, text)
    const terms = {
      durationMillis: yield* duration(
        "leader-elect-lease-duration",
        flags.leaseDuration,
        leaderElectionDefaults.durationMillis
      ),
      renewDeadlineMillis: yield* duration(
        "leader-elect-renew-deadline",
        flags.renewDeadline,
        leaderElectionDefaults.renewDeadlineMillis
      ),
      retryPeriodMillis: yield* duration(
        "leader-elect-retry-period",
        flags.retryPeriod,
        leaderElectionDefaults.retryPeriodMillis
      )
    }
    const problem = leaderElectionProblem({ ...terms, identity: "", leases: [] })
    if (problem !== undefined) return yield* Result.fail(`--leader-elect-…: ${problem}.`)
    return { ...terms, namespace: flags.leaderElectionNamespace, identity: flags.identity }
  })

/** Metrics tell much of a cluster: without a word of the operator's only this machine may read them. */
const diagnosticsAddress = (flags: ManagerFlags): Result.Result<ListenAt | undefined, string> =>
  Result.flatMap(parseAddress("diagnostics-address", flags.diagnosticsAddress ?? defaults.diagnosticsAddress), (at) =>
    at === undefined || isLoopback(at) || flags.insecureDiagnostics
      ? Result.succeed(at)
      : Result.fail(
          `--diagnostics-address '${flags.diagnosticsAddress}' can be reached from other machines, and diagnostics are served in plain HTTP to anybody: add --insecure-diagnostics if that is meant.`
        )
  )

/** None unless a port is given: simulated API servers admit in process, and others have to be told of webhooks first. */
const webhookSettings = ({
  webhookCertDir,
  webhookHost,
  webhookPort = "0"
}: ManagerFlags): Result.Result<WebhookSettings | undefined, string> => {
  if (!/^\d{1,5}$/.test(webhookPort) || Number(webhookPort) > portMax)
    return Result.fail(`--webhook-port '${webhookPort}' is none: say a number up to ${portMax}, or 0 for no webhooks.`)
  if (Number(webhookPort) > 0)
    return Result.succeed({
      at: { host: webhookHost ?? "0.0.0.0", port: Number(webhookPort) },
      certificateFolder: webhookCertDir
    })
  return webhookCertDir === undefined && webhookHost === undefined
    ? Result.succeed(undefined)
    : Result.fail("--webhook-host and --webhook-cert-dir need --webhook-port, such as 9443.")
}

const endpointsOf = (
  { region, serviceEndpoints }: ManagerFlags,
  environment: { readonly [name: string]: string | undefined }
): Result.Result<ServiceEndpoints | undefined, string> => {
  if (serviceEndpoints === undefined) return Result.succeed(undefined)
  const here = region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
  return Result.mapError(parseServiceEndpoints(serviceEndpoints, here), (problem) => `--service-endpoints: ${problem}.`)
}

const proxyOf = (text: string | undefined): Result.Result<string | undefined, string> =>
  text === undefined || (URL.canParse(text) && /^(?:https?|socks5?):$/.test(new URL(text).protocol))
    ? Result.succeed(text)
    : Result.fail("--workload-proxy is no URL of a proxy: say it as http://host:port or socks5://host:port.")

const nameServerOf = (text: string | undefined): Result.Result<string | undefined, string> =>
  text === undefined || /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(text)
    ? Result.succeed(text)
    : Result.fail(`--name-server '${text}' is none: say an IP address, with a port if it is not 53.`)
