/**
 * `capstan manager` and its flags. What a command does is loaded when it is called, so that help is quick.
 *
 * @source docs/reference/command-line.md
 */
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { controllerNames } from "./assembly/ControllerNames.ts"

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

const toggle = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

const cluster = {
  kubeconfig: text(
    "kubeconfig",
    "FILE",
    "Of the management cluster; KUBECONFIG, ~/.kube/config or the Pod's account unless given"
  ),
  context: text("context", "NAME", "A context of the kubeconfig; its current one unless given")
}

const concurrency = Object.fromEntries(
  controllerNames.map(({ concurrency, name }) => [
    name,
    text(`${name}-concurrency`, "N", `Reconciles of ${name} at a time; ${concurrency} unless given`)
  ])
)

const flags = {
  ...cluster,
  namespace: text("namespace", "NAMESPACE", "The only namespace to look at; all unless given"),
  watchFilter: text("watch-filter", "VALUE", "Only objects with this value of cluster.x-k8s.io/watch-filter"),
  syncPeriod: text("sync-period", "DURATION", "Everything is looked at again after so long; 10m unless given"),
  kubeApiQps: text("kube-api-qps", "N", "Calls a second to the management cluster; 100 unless given"),
  kubeApiBurst: text("kube-api-burst", "N", "Calls at once to the management cluster; 200 unless given"),
  leaderElect: toggle("leader-elect", "Work only while holding the Leases of upstream's managers"),
  leaseDuration: text(
    "leader-elect-lease-duration",
    "DURATION",
    "Others may take over after so long; 15s unless given"
  ),
  renewDeadline: text("leader-elect-renew-deadline", "DURATION", "Stop when not renewed for so long; 10s unless given"),
  retryPeriod: text("leader-elect-retry-period", "DURATION", "Between two attempts; 2s unless given"),
  leaderElectionNamespace: text("leader-election-namespace", "NAMESPACE", "One for all Leases, instead of upstream's"),
  identity: text(
    "leader-elect-identity",
    "NAME",
    "Who this process is in the Leases; host and a random part unless given"
  ),
  healthAddress: text("health-addr", "ADDRESS", "Where /healthz and /readyz are, 0 for nowhere; :9440 unless given"),
  diagnosticsAddress: text(
    "diagnostics-address",
    "ADDRESS",
    "Where /metrics is, 0 for nowhere; localhost:8080 unless given"
  ),
  insecureDiagnostics: toggle("insecure-diagnostics", "Serve metrics in plain HTTP to other machines, too"),
  webhookHost: text("webhook-host", "HOST", "Address that the webhooks listen at; all unless given"),
  webhookPort: text(
    "webhook-port",
    "PORT",
    "Serve admission and conversion webhooks there, over TLS (upstream: 9443); none unless given"
  ),
  webhookCertDir: text(
    "webhook-cert-dir",
    "FOLDER",
    "With tls.crt, tls.key and perhaps ca.crt for the webhooks; a certificate of the manager's own unless given"
  ),
  serviceEndpoints: text(
    "service-endpoints",
    "TEXT",
    "Other addresses for AWS: region:service=url,service=url;region:…"
  ),
  region: text("region", "REGION", "AWS region; AWS_REGION or the profile's unless given"),
  workloadProxy: text("workload-proxy", "URL", "HTTP or SOCKS proxy that leads to workload clusters"),
  nameServer: text(
    "name-server",
    "ADDRESS",
    "DNS server for load balancers' names; this machine's resolver unless given"
  ),
  worldClock: text("world-clock", "SPEED@TIME", "Live in the time of a simulated world, as capstan sim up prints it"),
  drillState: text(
    "drill-state",
    "FOLDER",
    "Let drills with this folder make calls to AWS fail; none may unless given"
  ),
  verbosity: Flag.String("verbosity").pipe(
    Flag.withAlias("v"),
    Flag.withMetavar("N"),
    Flag.withDescription("How much to log: 0 to 10; 2 unless given"),
    Flag.optional
  ),
  loggingFormat: text("logging-format", "json|text", "json unless given"),
  concurrency
}

const run = Command.make("run", flags, ({ concurrency, insecureDiagnostics, leaderElect, ...texts }) =>
  Effect.flatMap(
    Effect.promise(() => import("./commands/RunCommand.ts")),
    ({ runCommand }) =>
      runCommand({ ...plain(texts), insecureDiagnostics, leaderElect, concurrency: plain(concurrency) })
  )
).pipe(
  Command.withDescription("Run the controllers against a management cluster, until SIGTERM"),
  Command.withExamples([
    {
      command: "capstan manager run --kubeconfig .capstan/kubeconfig",
      description: "On the account that AWS's own settings lead to"
    },
    { command: "capstan manager run --leader-elect", description: "One of several: the others wait" }
  ])
)

const install = Command.make(
  "install",
  {
    ...cluster,
    image: text("image", "IMAGE", "Run the manager there, too, from this image, whose entrypoint is capstan"),
    webhookUrl: text(
      "webhook-url",
      "URL",
      "Let the API server call the webhooks of a manager outside of the cluster, as https://host:port"
    ),
    dryRun: toggle("dry-run", "Let the server check everything, and change nothing"),
    print: toggle("print", "Print the manifests instead")
  },
  ({ dryRun, print, ...texts }) =>
    Effect.flatMap(
      Effect.promise(() => import("./commands/InstallCommand.ts")),
      ({ installCommand }) => installCommand({ ...plain(texts), dryRun, print })
    )
).pipe(
  Command.withDescription("Install what the controllers need: namespaces, kinds, roles"),
  Command.withExamples([
    { command: "capstan manager install", description: "Into the cluster of the current context" },
    { command: "capstan manager install --print > capstan.yaml", description: "For kubectl apply, or a repository" }
  ])
)

/** `capstan manager` with its commands. */
export const managerCommand = Command.make("manager").pipe(
  Command.withDescription("The controllers as a process of their own"),
  Command.withSubcommands([run, install])
)

type Plain<Texts> = { readonly [Name in keyof Texts]: string | undefined }

const plain = <Texts extends { readonly [name: string]: Option.Option<string> }>(texts: Texts): Plain<Texts> =>
  Object.fromEntries(Object.entries(texts).map(([name, given]) => [name, Option.getOrUndefined(given)])) as Plain<Texts>
