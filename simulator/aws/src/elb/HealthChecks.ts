/**
 * Which instances behind a load balancer count as healthy, and since when.
 *
 * Checks are not simulated one by one. When something changes (an instance answers or stops answering, is registered,
 * stops running) it is worked out when the run of checks that follows would end, and one timer stands for the whole run;
 * a change back in the meantime calls it off.
 * Left out: what a check sends and expects beyond a port that answers; slow answers.
 *
 * @fidelity documented https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html — Thresholds, interval, states.
 * @fidelity documented https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/enable-disable-az.html — Instances in a zone that is not enabled get no traffic.
 * @fidelity observed — Around ten seconds from registration to the first check.
 * @fidelity assumed — The first check of a run falls anywhere within one interval; an instance that is not running is out of service at once.
 * @source https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html
 */
import type { Account } from "../Account.ts"
import { isReachable } from "../ec2/InstanceLifecycle.ts"
import { nextState, type TargetEvent, targetLifecycle } from "../Lifecycle.ts"
import type { HealthCheck, Instance, LoadBalancer, Target } from "../Resources.ts"

const said = {
  registering: "Instance registration is still in progress.",
  failed: "Instance has failed at least the UnhealthyThreshold number of health checks consecutively.",
  stopped: "Instance is in stopped state.",
  terminated: "Instance is in terminated state.",
  zone: "Instance is in an Availability Zone that is not enabled for this load balancer."
}

/** The port that a health check asks, from a target such as `TCP:6443` or `HTTPS:6443/readyz`. */
export const checkedPort = (healthCheck: HealthCheck): number =>
  Number(/^[A-Z]+:(\d+)/.exec(healthCheck.target)?.[1] ?? 0)

/** A target as it is at the moment of its registration. */
export const registered = (account: Account, instanceId: string): Target => {
  const delay = account.duration("targetRegistered")
  return {
    instanceId,
    state: "OutOfService",
    reason: "ELB",
    description: said.registering,
    checkedFrom: account.now() + delay,
    pending: undefined
  }
}

/** Looks at one target anew and sets out, keeps or calls off the run of checks that would move it. */
export const reconsider = (account: Account, name: string, instanceId: string): void => {
  const balancer = account.tables.loadBalancers.get(name)
  const target = balancer?.targets.find((one) => one.instanceId === instanceId)
  if (balancer === undefined || target === undefined) return
  const instance = account.tables.instances.get(instanceId)
  if (instance === undefined || instance.state === "terminated") {
    return replaceTargets(
      account,
      balancer,
      balancer.targets.filter((one) => one !== target)
    )
  }
  if (instance.state !== "running" && instance.state !== "pending") return halt(account, balancer, target, instance)
  if (target.checkedFrom > account.now()) return
  const passes = passesChecks(account, balancer, instance)
  const event = passes ? "passed" : "failed"
  if (nextState(targetLifecycle, target.state, event) === undefined) {
    const why = passes ? target : { ...target, ...failure(balancer, instance) }
    if (target.pending !== undefined || why.description !== target.description) {
      replaceTarget(account, balancer, { ...why, pending: undefined })
    }
    return
  }
  if (target.pending?.event === event) return
  const token = account.nextNumber()
  replaceTarget(account, balancer, { ...target, pending: { event, token } })
  account.host.after(runMillis(account, balancer.healthCheck, event), {
    on: "target",
    loadBalancer: name,
    id: instanceId,
    event,
    token
  })
}

/** The run of checks is over. */
export const targetDue = (
  account: Account,
  due: { readonly loadBalancer: string; readonly id: string } & (
    | { readonly event: "passed" | "failed"; readonly token: number }
    | { readonly event: "recheck" }
  )
): void => {
  if (due.event === "recheck") return reconsider(account, due.loadBalancer, due.id)
  const balancer = account.tables.loadBalancers.get(due.loadBalancer)
  const target = balancer?.targets.find((one) => one.instanceId === due.id)
  if (balancer === undefined || target === undefined || target.pending?.token !== due.token) return
  const instance = account.tables.instances.get(due.id)
  const why =
    due.event === "passed" || instance === undefined
      ? ({ reason: "N/A", description: "N/A" } as const)
      : failure(balancer, instance)
  move(account, balancer, target, due.event, why)
}

const passesChecks = (account: Account, balancer: LoadBalancer, instance: Instance): boolean =>
  instance.state === "running" &&
  balancer.zones.includes(instance.zone) &&
  isReachable(account, instance) &&
  account.host.serves(instance.id, checkedPort(balancer.healthCheck))

const failure = (balancer: LoadBalancer, instance: Instance): Pick<Target, "reason" | "description"> =>
  balancer.zones.includes(instance.zone)
    ? { reason: "Instance", description: said.failed }
    : { reason: "ELB", description: said.zone }

const halt = (account: Account, balancer: LoadBalancer, target: Target, instance: Instance): void => {
  const description = instance.state === "shutting-down" ? said.terminated : said.stopped
  if (target.state === "InService") {
    return move(account, balancer, target, "halted", { reason: "Instance", description })
  }
  if (target.description !== description || target.pending !== undefined) {
    replaceTarget(account, balancer, { ...target, reason: "Instance", description, pending: undefined })
  }
}

const move = (
  account: Account,
  balancer: LoadBalancer,
  target: Target,
  event: TargetEvent,
  why: Pick<Target, "reason" | "description">
): void => {
  const state = nextState(targetLifecycle, target.state, event) ?? target.state
  replaceTarget(account, balancer, { ...target, ...why, state, pending: undefined })
  if (state !== target.state) account.host.moved("target", `${balancer.id}/${target.instanceId}`, target.state, state)
}

/** From a change to the last check of the run that it begins. */
const runMillis = (account: Account, check: HealthCheck, event: "passed" | "failed"): number => {
  const threshold = event === "passed" ? check.healthyThreshold : check.unhealthyThreshold
  const interval = check.intervalSeconds * 1000
  return Math.round(account.host.draw("healthCheckPhase") * interval + (threshold - 1) * interval)
}

const replaceTarget = (account: Account, balancer: LoadBalancer, target: Target): void =>
  replaceTargets(
    account,
    balancer,
    balancer.targets.map((one) => (one.instanceId === target.instanceId ? target : one))
  )

const replaceTargets = (account: Account, balancer: LoadBalancer, targets: ReadonlyArray<Target>): void => {
  account.tables.loadBalancers.change(balancer.id, { targets })
}
