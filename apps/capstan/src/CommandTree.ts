/**
 * The commands, their flags and their help. What a command does is loaded when it is called, so that help is quick.
 *
 * @source docs/reference/command-line.md
 */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { accountFlags, aws, doctor, plainAccount } from "./commands/AwsFlags.ts"
import { simAws } from "./commands/SimAwsFlags.ts"
import { trace } from "./commands/TraceFlags.ts"
import { why, whyNot } from "./commands/WhyFlags.ts"
import { chosenBackend } from "./input/Backends.ts"
import { repeatedFlag, switchFlag, textFlag } from "./input/Flags.ts"

const colour = Flag.Boolean("color").pipe(
  Flag.withDescription("Colour, or --no-color; otherwise as NO_COLOR, FORCE_COLOR and the terminal say"),
  Flag.optional
)
const matrix = repeatedFlag("matrix", "axis=value", "Only the cells of the matrix with this value (repeatable)")
const variables = repeatedFlag("var", "name=value", "The value of a scenario's variable (repeatable)")
const file = Argument.String("file").pipe(Argument.withDescription("A scenario file, or catalogue:NAME"))

/** The flags of drills alone, besides those of accounts. */
const drillFlags = {
  guardrails: textFlag("guardrails", "FILE", "With --backend aws: the guardrails of a scenario that has none"),
  kubeconfig: textFlag("kubeconfig", "FILE", "With --backend aws: the management cluster whose objects are meant"),
  context: textFlag("context", "NAME", "With --kubeconfig: a context of it"),
  workloadProxy: textFlag(
    "workload-proxy",
    "URL",
    "With --kubeconfig: the way to workload clusters, as sim up prints it"
  ),
  worldClock: textFlag(
    "world-clock",
    "SPEED@TIME",
    "With --backend aws: the clock of a simulated world, as sim up prints it"
  )
}

const plainDrill = ({
  context,
  guardrails,
  kubeconfig,
  workloadProxy,
  worldClock
}: { readonly [K in keyof typeof drillFlags]: Option.Option<string> }) => ({
  context: Option.getOrUndefined(context),
  guardrails: Option.getOrUndefined(guardrails),
  kubeconfig: Option.getOrUndefined(kubeconfig),
  workloadProxy: Option.getOrUndefined(workloadProxy),
  worldClock: Option.getOrUndefined(worldClock)
})

const planBackends = repeatedFlag(
  "backend",
  "sim|aws",
  "What to run on: a simulated world unless given, or a real account"
)

const test = Command.make(
  "test",
  {
    files: Argument.String("files").pipe(
      Argument.withDescription(
        "Scenario files, folders, or catalogue:NAME; ./scenarios or else the catalogue when there are none"
      ),
      Argument.variadic()
    ),
    seed: textFlag("seed", "N|A..B", "Seeds to run instead of the file's own"),
    reporters: repeatedFlag(
      "reporter",
      "list|dot|story|json|ndjson|junit|github|html|blob[=file]",
      "How to report, and where to (repeatable)"
    ),
    sweep: textFlag(
      "sweep",
      "crash,lost,unobserved,stale,leaders|all",
      "Do each scenario once undisturbed, then once for everything of these families that could go wrong in it"
    ),
    checkDeterminism: switchFlag("check-determinism", "Run every seed twice and compare the traces"),
    bail: switchFlag("bail", "Begin no further run after one that failed"),
    workers: textFlag("workers", "N", "Worker threads; by default 1 for a few runs, else 2"),
    backends: repeatedFlag(
      "backend",
      "sim|emulated|aws",
      "What to run on: a simulated world (default), an emulator of AWS, which is emptied first, or a real account; sim and emulated together are compared"
    ),
    speed: textFlag("speed", "60x", "How fast time goes on an emulator; 60x unless given"),
    matrix,
    variables,
    grep: textFlag("grep", "RE", "Only scenarios whose name and cell match").pipe(Flag.withAlias("t")),
    grepInvert: textFlag("grep-invert", "RE", "Only scenarios whose name and cell do not match"),
    selector: textFlag("selector", "LABELS", "Only scenarios with such labels: tier=smoke,suite in (a,b),!slow").pipe(
      Flag.withAlias("l")
    ),
    changed: textFlag(
      "changed",
      "REF",
      "Only scenarios that differ from this commit, or whose manifests do; HEAD, or a pull request's base, unless given"
    ),
    lastFailed: switchFlag("last-failed", "Only the runs that failed last time here"),
    passWithNoTests: switchFlag("pass-with-no-tests", "End well when nothing is left to run"),
    watch: switchFlag("watch", "On a terminal: run again when a scenario or a manifest of one changes"),
    shard: textFlag(
      "shard",
      "I/N",
      "Only this part of N, which are dealt out run by run; report merge puts them together"
    ),
    colour,
    ...accountFlags,
    ...drillFlags,
    confirm: textFlag("confirm", "ACCOUNT", "With --backend aws: yes, this account is to be changed"),
    dryRun: switchFlag("dry-run", "With --backend aws: show what would be done, and do nothing")
  },
  ({
    backends,
    changed,
    colour,
    confirm,
    context,
    dryRun,
    endpoint,
    grep,
    grepInvert,
    guardrails,
    kubeconfig,
    region,
    seed,
    selector,
    shard,
    speed,
    state,
    sweep,
    workers,
    workloadProxy,
    worldClock,
    ...rest
  }) =>
    backends.join() === "aws"
      ? Effect.flatMap(
          Effect.promise(() => import("./commands/DrillCommand.ts")),
          ({ drillCommand }) =>
            drillCommand({
              ...rest,
              ...plainAccount({ endpoint, region, state }),
              ...plainDrill({ context, guardrails, kubeconfig, workloadProxy, worldClock }),
              dryRun,
              seed: Option.getOrUndefined(seed),
              sweep: Option.getOrUndefined(sweep),
              confirm: Option.getOrUndefined(confirm),
              ofTests: [
                ...Object.entries({ changed, grep, "grep-invert": grepInvert, selector, shard }).flatMap(
                  ([name, given]) => (Option.isSome(given) ? [`--${name}`] : [])
                ),
                ...(rest.lastFailed ? ["--last-failed"] : []),
                ...(rest.watch ? ["--watch"] : [])
              ]
            })
        )
      : Effect.flatMap(
          Effect.promise(() => import("./commands/TestCommand.ts")),
          ({ testCommand }) =>
            testCommand({
              ...rest,
              backends,
              seed: Option.getOrUndefined(seed),
              sweep: Option.getOrUndefined(sweep),
              workers: Option.getOrUndefined(workers),
              endpoint: Option.getOrUndefined(endpoint),
              speed: Option.getOrUndefined(speed),
              changed: Option.getOrUndefined(changed),
              grep: Option.getOrUndefined(grep),
              grepInvert: Option.getOrUndefined(grepInvert),
              selector: Option.getOrUndefined(selector),
              shard: Option.getOrUndefined(shard),
              colour: Option.getOrUndefined(colour),
              ofDrills: [
                ...(dryRun ? ["--dry-run"] : []),
                ...Object.entries({
                  confirm,
                  context,
                  guardrails,
                  kubeconfig,
                  region,
                  state,
                  "workload-proxy": workloadProxy,
                  "world-clock": worldClock
                }).flatMap(([name, given]) => (Option.isSome(given) ? [`--${name}`] : []))
              ]
            })
        )
).pipe(
  Command.withDescription("Run scenarios in a simulated world, or one as a drill in a real AWS account"),
  Command.withExamples([
    { command: "capstan test", description: "Everything below ./scenarios, or the built-in catalogue" },
    { command: "capstan test my-scenario.yaml --seed 1..100", description: "One file with a hundred seeds" },
    { command: "capstan test my-scenario.yaml --sweep crash", description: "With a crash at every call" },
    { command: "capstan test scenarios --reporter github --reporter junit=report.xml", description: "For CI" },
    { command: "capstan test --last-failed", description: "What failed last time, with its seeds" },
    { command: "capstan test scenarios --reporter html=report.html", description: "A page to look at" },
    {
      command: "capstan test drill.yaml --backend aws --region eu-west-1 --confirm 123456789012",
      description: "A drill, within the file's guardrails"
    }
  ])
)

/** The flags with which a replay stops somewhere, instead of going on to its verdict. */
const travelFlags = {
  break: textFlag("break", "CEL", "Stop at the first moment at which this holds, and show the objects"),
  step: switchFlag("step", "Stop at --until, --break or the start, and go on by commands from stdin"),
  serve: switchFlag("serve", "Stop there, and let kubectl look at the world as it was; Enter goes on a step"),
  port: textFlag("port", "N", "With --serve: where to listen; any free port unless given"),
  host: textFlag("host", "ADDRESS", "With --serve: where to listen; 127.0.0.1 unless given"),
  kubeconfig: textFlag(
    "kubeconfig",
    "FILE",
    "With --serve: where to write the kubeconfig; .capstan/past.kubeconfig unless given"
  )
}

const replay = Command.make(
  "replay",
  {
    file,
    scenario: textFlag("scenario", "NAME", "Which one, when the file holds several"),
    seed: textFlag("seed", "N", "The seed that the report names; the file's first otherwise"),
    matrix,
    variables,
    perturb: textFlag("perturb", "P", "What goes wrong in the run, as the report of a sweep names it"),
    until: textFlag("until", "T", "Also show the objects as they were then: 1h4m11s or 01:04:11"),
    ...travelFlags,
    trace: textFlag("trace", "FILE.ndjson", "Write the whole trace"),
    report: textFlag("report", "FILE.html", "Write the run as a page to look at"),
    colour
  },
  ({
    break: stop,
    colour,
    host,
    kubeconfig,
    perturb,
    port,
    report,
    scenario,
    seed,
    serve,
    step,
    trace,
    until,
    ...rest
  }) => {
    if (Option.isSome(stop) || step || serve || [host, kubeconfig, port].some(Option.isSome)) {
      return Effect.flatMap(
        Effect.promise(() => import("./commands/TravelCommand.ts")),
        ({ travelCommand }) =>
          travelCommand({
            ...rest,
            scenario: Option.getOrUndefined(scenario),
            seed: Option.getOrUndefined(seed),
            perturb: Option.getOrUndefined(perturb),
            until: Option.getOrUndefined(until),
            stop: Option.getOrUndefined(stop),
            step,
            serve,
            port: Option.getOrUndefined(port),
            host: Option.getOrUndefined(host),
            kubeconfig: Option.getOrUndefined(kubeconfig),
            ofWholeRuns: [...(Option.isSome(trace) ? ["--trace"] : []), ...(Option.isSome(report) ? ["--report"] : [])],
            colour: Option.getOrUndefined(colour)
          })
      )
    }
    return Effect.flatMap(
      Effect.promise(() => import("./commands/ReplayCommand.ts")),
      ({ replayCommand }) =>
        replayCommand({
          ...rest,
          scenario: Option.getOrUndefined(scenario),
          seed: Option.getOrUndefined(seed),
          perturb: Option.getOrUndefined(perturb),
          until: Option.getOrUndefined(until),
          trace: Option.getOrUndefined(trace),
          report: Option.getOrUndefined(report),
          colour: Option.getOrUndefined(colour)
        })
    )
  }
).pipe(
  Command.withDescription("Do one run again, exactly as it was, and tell what happens"),
  Command.withExamples([
    {
      command: 'capstan replay my-scenario.yaml --seed 107 --break "workers.exists(m, deleting(m))" --step',
      description: "Stop there, and go on event by event"
    },
    {
      command: "capstan replay my-scenario.yaml --seed 107 --until 1h4m11s --serve",
      description: "Let kubectl look into the past"
    },
    {
      command: "capstan replay my-scenario.yaml --seed 107 --matrix zone=us-east-1b --until 1h4m11s",
      description: "Up to the moment of a failure"
    }
  ])
)

const shrink = Command.make(
  "shrink",
  {
    file,
    scenario: textFlag("scenario", "NAME", "Which one, when the file holds several"),
    seed: textFlag("seed", "N", "The seed that fails; the file's first otherwise"),
    matrix,
    variables,
    time: textFlag("for", "60s", "How long it may take; 60s unless given"),
    folder: textFlag("output", "FOLDER", "Where to write what is left; scenarios/regressions unless given"),
    colour
  },
  ({ colour, folder, scenario, seed, time, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./commands/ShrinkCommand.ts")),
      ({ shrinkCommand }) =>
        shrinkCommand({
          ...rest,
          scenario: Option.getOrUndefined(scenario),
          seed: Option.getOrUndefined(seed),
          time: Option.getOrUndefined(time),
          folder: Option.getOrUndefined(folder),
          colour: Option.getOrUndefined(colour)
        })
    )
).pipe(
  Command.withDescription("Make a failing scenario as small as it can be, and keep it as a file"),
  Command.withExamples([
    {
      command: "capstan shrink my-scenario.yaml --seed 107",
      description: "The fewest steps that fail for the same reason"
    }
  ])
)

const explore = Command.make(
  "explore",
  {
    profile: textFlag("profile", "all|faults|changes", "What may happen; all unless given"),
    time: textFlag("for", "10m", "How long to explore; 10m unless given"),
    runs: textFlag("runs", "N", "How many scenarios to run, instead of or besides a time"),
    seed: textFlag("seed", "N", "The first scenario's seed; 1 unless given"),
    workers: textFlag("workers", "N", "Worker threads; 2 unless given"),
    folder: textFlag("output", "FOLDER", "Where to write what fails; scenarios/regressions unless given"),
    states: textFlag("states", "FILE.json", "Write every state that was seen, and in how many runs"),
    shard: textFlag("shard", "I/N", "Only this part of N; job/N takes I from the Pod of an Indexed Job"),
    blob: textFlag("blob", "FILE.ndjson", "Write what was found for report merge"),
    kubernetesJob: textFlag("kubernetes-job", "N", "Explore nothing; print an Indexed Job that does so in N Pods"),
    image: textFlag("image", "IMAGE", "With --kubernetes-job: an image whose entrypoint is capstan"),
    colour
  },
  ({ blob, colour, folder, image, kubernetesJob, profile, runs, seed, shard, states, time, workers }) =>
    Effect.flatMap(
      Effect.promise(() => import("./commands/ExploreCommand.ts")),
      ({ exploreCommand }) =>
        exploreCommand({
          profile: Option.getOrUndefined(profile),
          time: Option.getOrUndefined(time),
          runs: Option.getOrUndefined(runs),
          seed: Option.getOrUndefined(seed),
          workers: Option.getOrUndefined(workers),
          folder: Option.getOrUndefined(folder),
          states: Option.getOrUndefined(states),
          shard: Option.getOrUndefined(shard),
          blob: Option.getOrUndefined(blob),
          kubernetesJob: Option.getOrUndefined(kubernetesJob),
          image: Option.getOrUndefined(image),
          colour: Option.getOrUndefined(colour)
        })
    )
).pipe(
  Command.withDescription("Run scenarios that nobody wrote, look for what fails, and shrink it"),
  Command.withExamples([
    { command: "capstan explore --for 10m", description: "Faults and changes at random" },
    {
      command: "capstan explore --runs 1000 --seed 5000 --profile faults",
      description: "The same thousand every time"
    },
    {
      command: "capstan explore --runs 50000 --kubernetes-job 10 --image IMAGE | kubectl apply -f -",
      description: "Spread over a cluster"
    }
  ])
)

const plan = Command.make(
  "plan",
  {
    file,
    matrix,
    variables,
    backends: planBackends,
    ...accountFlags,
    ...drillFlags,
    seed: textFlag("seed", "N", "With --backend aws: the seed by which targets are chosen; 0 unless given")
  },
  ({ backends, context, endpoint, guardrails, kubeconfig, region, seed, state, workloadProxy, worldClock, ...flags }) =>
    Effect.flatMap(chosenBackend(backends), (backend) =>
      backend === "aws"
        ? Effect.flatMap(
            Effect.promise(() => import("./commands/DrillCommand.ts")),
            ({ planDrillCommand }) =>
              planDrillCommand({
                ...flags,
                ...plainAccount({ endpoint, region, state }),
                ...plainDrill({ context, guardrails, kubeconfig, workloadProxy, worldClock }),
                files: [flags.file],
                seed: Option.getOrUndefined(seed),
                confirm: undefined,
                ofTests: [],
                dryRun: true
              })
          )
        : Effect.flatMap(
            Effect.promise(() => import("./commands/PlanCommand.ts")),
            ({ planCommand }) => planCommand(flags)
          )
    )
).pipe(
  Command.withDescription("Show what a scenario would do, without doing it"),
  Command.withExamples([
    { command: "capstan plan my-scenario.yaml", description: "Steps, targets, capabilities, assumptions" },
    {
      command: "capstan plan drill.yaml --backend aws --region eu-west-1",
      description: "The exact resources of an account"
    }
  ])
)

const print = Command.make("print", {}, () =>
  Effect.flatMap(
    Effect.promise(() => import("./commands/SchemaCommand.ts")),
    ({ schemaCommand }) => schemaCommand
  )
).pipe(
  Command.withDescription("Print the JSON Schema (draft-07) of scenario files"),
  Command.withExamples([{ command: "capstan schema print > scenario.schema.json", description: "For an editor" }])
)

const schema = Command.make("schema").pipe(
  Command.withDescription("Schemas for editors"),
  Command.withSubcommands([print])
)

const explain = Command.make(
  "explain",
  { topic: Argument.String("topic").pipe(Argument.withDescription("exit-code or metric")) },
  ({ topic }) =>
    Effect.flatMap(
      Effect.promise(() => import("./commands/ExplainCommand.ts")),
      ({ explainCommand }) => explainCommand(topic)
    )
).pipe(
  Command.withDescription("Reference in the terminal"),
  Command.withExamples([{ command: "capstan explain exit-code", description: "What each exit code means" }])
)

const reportMerge = Command.make(
  "merge",
  {
    sources: Argument.String("blobs").pipe(
      Argument.withDescription("Blobs of --reporter blob, or folders with them"),
      Argument.variadic()
    ),
    reporters: repeatedFlag(
      "reporter",
      "list|dot|json|ndjson|junit|github|html[=file]",
      "How to report, and where to (repeatable)"
    ),
    wait: textFlag("wait", "1h", "Wait so long for shards whose blobs are not there yet"),
    colour
  },
  ({ colour, wait, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./commands/ReportMergeCommand.ts")),
      ({ reportMergeCommand }) =>
        reportMergeCommand({ ...rest, wait: Option.getOrUndefined(wait), colour: Option.getOrUndefined(colour) })
    )
).pipe(
  Command.withDescription("Make one report from the blobs of shards; ends as the whole test run would have"),
  Command.withExamples([
    { command: "capstan report merge blobs --reporter html=report.html", description: "All blobs in a folder" }
  ])
)

const report = Command.make("report").pipe(
  Command.withDescription("Reports from what was run before"),
  Command.withSubcommands([reportMerge])
)

const simUp = Command.make(
  "up",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("A scenario or manifests to begin with; an empty world without"),
      Argument.optional
    ),
    speed: textFlag("speed", "60x", "Virtual seconds in a real one; 1x unless given"),
    port: textFlag("port", "N", "Where to listen; any free port unless given"),
    host: textFlag("host", "ADDRESS", "Where to listen; 127.0.0.1 unless given"),
    kubeconfig: textFlag("kubeconfig", "FILE", "Where to write the kubeconfig; .capstan/kubeconfig unless given"),
    region: textFlag("region", "REGION", "Of the AWS account; a scenario says its own, else us-east-1 unless given"),
    awsPort: textFlag("aws-port", "N", "Also serve the world's AWS account, here; 0 for any free port"),
    noControllers: switchFlag("no-controllers", "Leave the controllers to you"),
    variables
  },
  ({ awsPort, file, host, kubeconfig, port, region, speed, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./commands/SimUpCommand.ts")),
      ({ simUpCommand }) =>
        simUpCommand({
          ...rest,
          file: Option.getOrUndefined(file),
          speed: Option.getOrUndefined(speed),
          port: Option.getOrUndefined(port),
          host: Option.getOrUndefined(host),
          kubeconfig: Option.getOrUndefined(kubeconfig),
          region: Option.getOrUndefined(region),
          awsPort: Option.getOrUndefined(awsPort)
        })
    )
).pipe(
  Command.withDescription("Start a simulated world in wall-clock time that kubectl can talk to; Ctrl-C ends it"),
  Command.withExamples([
    { command: "capstan sim up catalogue:quick-start/quick-start --speed 60x", description: "A cluster in minutes" },
    {
      command: "capstan sim up --no-controllers --port 6443",
      description: "An empty world for controllers of your own"
    }
  ])
)

const sim = Command.make("sim").pipe(
  Command.withDescription("Long-lived simulated worlds"),
  Command.withSubcommands([simUp, simAws])
)

const clusterKubeconfig = Command.make(
  "kubeconfig",
  {
    name: Argument.String("name").pipe(Argument.withDescription("The cluster's name")),
    namespace: Flag.String("namespace").pipe(
      Flag.withAlias("n"),
      Flag.withMetavar("NAMESPACE"),
      Flag.withDescription("Where the Cluster is; default unless given"),
      Flag.withDefault("default")
    ),
    kubeconfig: textFlag(
      "kubeconfig",
      "FILE",
      "Of the management cluster; $KUBECONFIG, .capstan/kubeconfig or ~/.kube/config unless given"
    )
  },
  ({ kubeconfig, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./commands/ClusterKubeconfigCommand.ts")),
      ({ clusterKubeconfigCommand }) =>
        clusterKubeconfigCommand({ ...rest, kubeconfig: Option.getOrUndefined(kubeconfig) })
    )
).pipe(
  Command.withDescription("Print a kubeconfig for a workload cluster"),
  Command.withExamples([
    {
      command: "capstan cluster kubeconfig capi-quickstart -n capi-quickstart > workload.kubeconfig",
      description: "Then kubectl --kubeconfig workload.kubeconfig get nodes"
    }
  ])
)

const cluster = Command.make("cluster").pipe(
  Command.withDescription("Clusters of a management cluster"),
  Command.withSubcommands([clusterKubeconfig])
)

/** Only its name, for the help: `main.ts` hands `capstan manager …` to the manager's own program. */
const manager = Command.make("manager").pipe(
  Command.withDescription("The controllers as a process of their own; see capstan manager --help")
)

/** `capstan` with all its commands. */
export const commandTree = Command.make("capstan").pipe(
  Command.withDescription("Does my cluster survive this? Cluster API scenarios in a simulated world."),
  Command.withSubcommands([
    test,
    replay,
    trace,
    why,
    whyNot,
    shrink,
    explore,
    plan,
    report,
    sim,
    cluster,
    manager,
    aws,
    doctor,
    schema,
    explain
  ])
)
