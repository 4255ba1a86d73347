/**
 * One seed: the quick start comes up, loses a machine, heals and goes, while its two managers are killed as the plan says.
 *
 * The verdict is a list of sentences about what is wrong: an instance too many, a machine that was given up, something that
 * stayed in the account or in the cluster, a manager that ended by itself for another reason than a lost Lease.
 */
import { EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2"
import { Effect, Fiber } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { kubeconfigOf } from "../../src/sim/Kubeconfig.ts"
import { makeServerCertificate } from "../../src/sim/ServerCertificate.ts"
import type { Running } from "../CommandLine.ts"
import { type Blow, inWords, killPlan, type Phase } from "./KillPlan.ts"
import { type Attention, type Change, openMiddleman } from "./Middleman.ts"
import { type Document, eventually, openOutsideWorld } from "./OutsideWorld.ts"

export interface KillRunOptions {
  readonly seed: number
  /** Virtual seconds in a real one. */
  readonly speed: number
}

export interface KillRunReport {
  readonly seed: number
  /** Empty: all is well. */
  readonly problems: ReadonlyArray<string>
  /** Longest time without a leader, seconds of the world. */
  readonly outageSeconds: number
  /** What happened, each with the second of the run in which it did. */
  readonly story: ReadonlyArray<string>
  /** The last lines of every manager. */
  readonly logs: ReadonlyArray<string>
}

/** Real seconds for each phase: whatever takes longer hangs. */
const phaseSeconds = 150

/** How long a Lease lasts, real seconds. */
const leaseSeconds = 3

const core = "/apis/cluster.x-k8s.io/v1beta2/namespaces/capi-quickstart"
const infrastructure = "/apis/infrastructure.cluster.x-k8s.io/v1beta2/namespaces/capi-quickstart"
const clusterPath = `${core}/clusters/capi-quickstart`
/** Where something could be left once the cluster is gone. */
const places = [
  ...["machines", "machinesets", "machinedeployments", "machinehealthchecks"].map((kind) => `${core}/${kind}`),
  `/apis/bootstrap.cluster.x-k8s.io/v1beta2/namespaces/capi-quickstart/kubeadmconfigs`,
  `/apis/controlplane.cluster.x-k8s.io/v1beta2/namespaces/capi-quickstart/kubeadmcontrolplanes`,
  ...["awsmachines", "awsclusters"].map((kind) => `${infrastructure}/${kind}`),
  "/api/v1/namespaces/capi-quickstart/secrets"
]

/** Replaces every worker whose Node is silent for five minutes. */
const healthCheck = JSON.stringify({
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "MachineHealthCheck",
  metadata: { name: "workers", namespace: "capi-quickstart" },
  spec: {
    clusterName: "capi-quickstart",
    selector: { matchExpressions: [{ key: "cluster.x-k8s.io/control-plane", operator: "DoesNotExist" }] },
    checks: {
      nodeStartupTimeoutSeconds: 0,
      unhealthyNodeConditions: [{ type: "Ready", status: "Unknown", timeoutSeconds: 300 }]
    },
    remediation: { triggerIf: { unhealthyLessThanOrEqualTo: "100%" } }
  }
})

const isUp = (machine: Document): boolean => machine.status?.nodeRef !== undefined
const instanceOf = (machine: Document): string => String(machine.spec?.providerID).split("/").at(-1) ?? ""

/** What a blow waits for, and who hears of it. */
interface Armed {
  readonly blow: Blow
  left: number
  chosen: Change | undefined
  readonly strike: (by: string) => void
}

/** One of the two places in which there is always a manager. */
interface Seat {
  readonly name: string
  running: Running | undefined
  identity: string
}

export const killRun = Effect.fnUntraced(function* ({ seed, speed }: KillRunOptions) {
  const plan = killPlan(seed)
  const beganAt = performance.now()
  const story: Array<string> = []
  const problems: Array<string> = []
  const say = (text: string): void =>
    void story.push(`${((performance.now() - beganAt) / 1000).toFixed(1).padStart(6)} s  ${text}`)

  const world = yield* openOutsideWorld({
    controlPlanes: plan.controlPlanes,
    workers: plan.workers,
    speed,
    leaseSeconds
  })
  yield* world.install
  say(`a world at ${speed}x with ${plan.controlPlanes} + ${plan.workers} machines`)

  const launched = new Set<string>()
  let armed: Armed | undefined
  let restartMillis = 0
  const seats: ReadonlyArray<Seat> = ["a", "b"].map((name) => ({ name, running: undefined, identity: "" }))
  const killed = new Set<Running>()
  const ended: Array<Running> = []

  const attentionOf = (seat: Seat): Attention => {
    const isChosen = (change: Change, around: string): boolean =>
      armed?.chosen === change && armed.blow.moment.at === "call" && armed.blow.moment.around === around
    const strikeIf = (chosen: boolean): boolean => {
      if (chosen) armed?.strike(seat.identity)
      return chosen
    }
    return {
      before: (change) => {
        if (armed === undefined || armed.chosen !== undefined || armed.blow.moment.at !== "call") return true
        const { call, server } = armed.blow.moment
        if (server !== change.server || (call !== undefined && call !== change.name)) return true
        if (--armed.left > 0) return true
        armed.chosen = change
        return !strikeIf(isChosen(change, "before"))
      },
      served: (change, status, body) => {
        if (change.name === "RunInstances") {
          for (const [, id = ""] of body.matchAll(/<instanceId>(i-[0-9a-f]+)<\/instanceId>/g)) launched.add(id)
        }
        // Who is only stopped gets the answer once it goes on.
        return !(status < 500 && strikeIf(isChosen(change, "served"))) || !killed.has(seat.running as Running)
      },
      answered: (change) => void strikeIf(isChosen(change, "answered"))
    }
  }

  let incarnation = 0
  const startAt = Effect.fnUntraced(function* (seat: Seat, kubeconfig: string, awsEndpoint: string) {
    seat.identity = `manager-${seat.name}-${++incarnation}`
    seat.running = yield* world.manager(seat.identity, { kubeconfig, awsEndpoint })
  })

  /** Keeps a manager in the seat, as a kubelet would. */
  const occupied = Effect.fnUntraced(function* (seat: Seat) {
    const certificate = yield* makeServerCertificate(["127.0.0.1"])
    const attention = attentionOf(seat)
    const api = yield* openMiddleman({
      server: "api",
      target: world.door.url,
      secured: { authority: world.door.authority, certificate },
      attention
    })
    const awsEndpoint = yield* openMiddleman({ server: "aws", target: world.aws.endpoint, attention })
    const kubeconfig = join(world.place, `kubeconfig-${seat.name}`)
    const access = { server: api, authority: certificate.authority, token: world.door.token }
    writeFileSync(kubeconfig, kubeconfigOf("capstan-sim", access), { mode: 0o600 })
    yield* startAt(seat, kubeconfig, awsEndpoint)
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.gen(function* () {
          const running = seat.running
          if (running === undefined) return yield* Effect.die(new Error("nobody in the seat"))
          const { code, err } = yield* running.ended
          ended.push(running)
          if (!killed.has(running)) {
            say(`${seat.identity} ended by itself with ${code}`)
            if (code !== 3 || !/is lost: /.test(err)) problems.push(`${seat.identity} ended by itself with ${code}`)
          }
          yield* Effect.sleep(restartMillis)
          yield* startAt(seat, kubeconfig, awsEndpoint)
        })
      )
    )
  })
  for (const seat of seats) yield* occupied(seat)

  /** Who holds all Leases and is alive. */
  const leaderNow = Effect.map(world.holders, (holders) => {
    const seat = seats.find(({ identity }) => holders.length === 4 && holders.every((holder) => holder === identity))
    const running = seat?.running
    return running === undefined || killed.has(running) || running.child.exitCode !== null ? undefined : seat?.identity
  })
  let leaderless: number | undefined
  let longestMillis = 0
  yield* eventually("one manager leads", leaderNow, (identity) => identity !== undefined, phaseSeconds)
  yield* Effect.forkScoped(
    Effect.forever(
      Effect.gen(function* () {
        const leads = yield* leaderNow
        const now = performance.now()
        if (leads === undefined) leaderless ??= now
        else {
          if (leaderless !== undefined) longestMillis = Math.max(longestMillis, now - leaderless)
          leaderless = undefined
        }
        yield* Effect.sleep(300)
      })
    )
  )
  const someLeader = eventually("one manager leads", leaderNow, (identity) => identity !== undefined, phaseSeconds)

  const hit = (blow: Blow, by: string): void => {
    const victims = seats.filter(({ identity }) =>
      blow.victims === "both" ? true : blow.victims === "standby" ? identity !== by : identity === by
    )
    restartMillis = (blow.restartSeconds * 1000) / speed
    for (const { identity, running } of victims) {
      if (running === undefined || running.child.exitCode !== null || running.child.signalCode !== null) continue
      if (blow.kind === "kill") killed.add(running)
      running.child.kill(blow.kind === "kill" ? "SIGKILL" : "SIGSTOP")
      say(`${blow.kind === "kill" ? "kill -9" : "stopped"} ${identity}: ${inWords(blow)}`)
      if (blow.kind === "pause") setTimeout(() => running.child.kill("SIGCONT"), leaseSeconds * 1500).unref()
    }
  }

  const deal = Effect.fnUntraced(function* (blow: Blow) {
    yield* someLeader
    const { moment } = blow
    if (moment.at === "time") {
      yield* Effect.sleep((moment.seconds * 1000) / speed)
      const by = yield* someLeader
      hit(blow, by ?? "")
    } else {
      yield* Effect.callback<void>((resume) => {
        armed = {
          blow,
          left: moment.nth,
          chosen: undefined,
          strike: (by) => {
            armed = undefined
            hit(blow, by)
            resume(Effect.void)
          }
        }
        return Effect.sync(() => (armed = undefined))
      })
    }
    // Long enough for the Lease to be seen as lost.
    if (blow.kind === "pause") yield* Effect.sleep(leaseSeconds * 1500)
  })

  /** Waits for the end of a phase while its blows fall; those whose moment does not come are let go. */
  const through = Effect.fnUntraced(function* <A>(phase: Phase, reached: Effect.Effect<A>) {
    let dealt = 0
    const blows = yield* Effect.forkChild(
      Effect.forEach(plan.blows[phase], (blow) => Effect.tap(deal(blow), () => Effect.sync(() => dealt++)), {
        discard: true
      })
    )
    const answer = yield* reached
    yield* Fiber.interrupt(blows)
    say(`${phase}: reached, after ${dealt} of ${plan.blows[phase].length} blows`)
    return answer
  })

  const machines = world.items(`${core}/machines`)
  const total = plan.controlPlanes + plan.workers
  /** Instances that some machine was seen to have. */
  const owned = new Set<string>()
  const judge = (instances: ReadonlyArray<string>, when: string): void => {
    for (const id of instances) owned.add(id)
    const extra = [...launched].filter((id) => !instances.includes(id))
    if (extra.length > 0) problems.push(`${when}: nobody's instances: ${extra.join(" ")}`)
    const unknown = instances.filter((id) => !launched.has(id))
    if (unknown.length > 0)
      problems.push(`${when}: machines with instances that were never launched: ${unknown.join(" ")}`)
  }

  const life = Effect.gen(function* () {
    const up = yield* through(
      "up",
      eventually("all machines are nodes", machines, (all) => all.length === total && all.every(isUp), phaseSeconds)
    )
    const first = up.map(instanceOf)
    judge(first, "up")

    yield* world.ask(`${core}/machinehealthchecks`, { method: "POST", body: healthCheck })
    const victim = up.find(({ metadata }) => metadata?.labels?.["cluster.x-k8s.io/control-plane"] === undefined)
    const lost = victim === undefined ? "" : instanceOf(victim)
    yield* Effect.promise(async () => {
      const ec2 = new EC2Client(world.aws)
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [lost] }))
      ec2.destroy()
    })
    const healed = yield* through(
      "heal",
      eventually(
        "the lost machine is replaced",
        machines,
        (all) => all.length === total && all.every((each) => isUp(each) && instanceOf(each) !== lost),
        phaseSeconds
      )
    )
    judge([lost, ...healed.map(instanceOf)], "healed")
    const kept = healed.filter((each) => first.includes(instanceOf(each))).length
    if (kept !== total - 1) problems.push(`healed: ${total - kept} machines were replaced for one that was lost`)

    yield* world.ask(clusterPath, { method: "DELETE" })
    yield* through(
      "down",
      eventually("the cluster is gone", world.ask(clusterPath), ({ code }) => code === 404, phaseSeconds)
    )
    judge([lost, ...healed.map(instanceOf)], "gone")
    const leftovers = yield* world.leftovers
    if (leftovers.length > 0) problems.push(`left in the account: ${leftovers.join(" ")}`)
    for (const { InstanceId, State } of yield* world.instances) {
      if (State?.Name !== "terminated") problems.push(`instance ${InstanceId} is ${State?.Name}`)
    }
    for (const path of places) {
      for (const { metadata } of yield* world.items(path)) {
        problems.push(`left in the cluster: ${path.split("/").at(-1)} ${metadata?.name}`)
      }
    }
  })
  yield* Effect.catchCause(life, (cause) =>
    Effect.sync(
      () =>
        void problems.push(...cause.reasons.map((reason) => ("defect" in reason ? String(reason.defect) : reason._tag)))
    )
  )
  if (problems.length > 0) {
    const known = new Set([...owned, ...(yield* machines).map(instanceOf)])
    judge(
      [...known].filter((id) => launched.has(id)),
      "in the end"
    )
    for (const path of places) {
      for (const { metadata, status } of yield* world.items(path)) {
        const bad = (status?.conditions ?? []).filter((each) => each.status !== "True" && each.message)
        say(
          `${path.split("/").at(-1)} ${metadata?.name}: ${bad.map((each) => `${each.type} ${each.message}`).join("; ")}`
        )
      }
    }
  }
  const complaints = yield* world.end
  if (complaints !== "") problems.push(`the world: ${complaints}`)
  const all = [...ended, ...seats.flatMap(({ running }) => running ?? [])]
  for (const running of all) {
    const { err } = running.said
    if (/A defect of Capstan|"level":"error".*defect/i.test(err))
      problems.push(`a defect: ${/.*[Dd]efect.*/.exec(err)?.[0]}`)
  }
  return {
    seed,
    problems,
    outageSeconds:
      (Math.max(longestMillis, leaderless === undefined ? 0 : performance.now() - leaderless) * speed) / 1000,
    story,
    logs: seats.flatMap(({ identity, running }) => [
      `${identity}:`,
      ...(running?.said.err ?? "").trim().split("\n").slice(-25)
    ])
  } satisfies KillRunReport
}, Effect.scoped)
