/** What is measured, and what it is measured against: the project's goals as data. */

export interface Figure {
  readonly name: string
  /** One line for people. */
  readonly what: string
  readonly unit: string
  readonly better: "lower" | "higher"
  /** At worst this. */
  readonly must: number
  /** At best this. */
  readonly goal: number
}

export interface Measured extends Figure {
  readonly value: number
  /** How it was measured, where that needs saying. */
  readonly note: string
}

export const figures = {
  report: {
    name: "report",
    what: "report of a 3+3 run, 2 virtual hours, 5 faults: Chromium opens it from a file and has drawn it",
    unit: "s",
    better: "lower",
    must: 1.5,
    goal: 0.7
  },
  run: {
    name: "run",
    what: "3+3 cluster, 2 virtual hours, 5 faults, warm, invariants on: median of a run",
    unit: "ms",
    better: "lower",
    must: 200,
    goal: 50
  },
  fleet: {
    name: "fleet",
    what: "100 clusters of 10 machines, all Ready, one process: time",
    unit: "s",
    better: "lower",
    must: 30,
    goal: 6
  },
  fleetMemory: {
    name: "fleet-memory",
    what: "100 clusters of 10 machines, all Ready, one process: peak memory",
    unit: "MB",
    better: "lower",
    must: 300,
    goal: 150
  },
  big: {
    name: "big",
    what: "1 cluster of 3+500, all Ready: time",
    unit: "s",
    better: "lower",
    must: 20,
    goal: 5
  },
  wakeUps: {
    name: "wake-ups",
    what: "kernel wake-ups with 10,000 sleeping fibers",
    unit: "/s",
    better: "higher",
    must: 150_000,
    goal: 300_000
  },
  machineCalls: {
    name: "machine-calls",
    what: "steady 3+3 clusters on the simulated account: AWS calls of AWSMachines, each machine and hour",
    unit: "calls",
    better: "lower",
    must: 6,
    goal: 6
  },
  clusterCalls: {
    name: "cluster-calls",
    what: "steady 3+3 clusters on the simulated account: AWS calls of AWSClusters, each cluster and resync",
    unit: "calls",
    better: "lower",
    must: 12,
    goal: 12
  },
  cold: {
    name: "cold",
    what: "capstan test of the instance-kill scenario, cold, packed",
    unit: "s",
    better: "lower",
    must: 3,
    goal: 1.5
  },
  doorWrites: {
    name: "door-writes",
    what: "HTTP door: writes of 2 KB objects over 16 connections",
    unit: "/s",
    better: "higher",
    must: 1000,
    goal: 3000
  },
  doorReads: {
    name: "door-reads",
    what: "HTTP door: reads of 2 KB objects over 16 connections",
    unit: "/s",
    better: "higher",
    must: 4000,
    goal: 8000
  },
  doorWatch: {
    name: "door-watch",
    what: "HTTP door: from a write until all of 100 watchers have it, median",
    unit: "ms",
    better: "lower",
    must: 30,
    goal: 15
  },
  explore: {
    name: "explore",
    what: "capstan explore, two virtual hours and a little each, two workers: seeds an hour",
    unit: "/h",
    better: "higher",
    must: 30_000,
    goal: 100_000
  },
  shrink: {
    name: "shrink",
    what: "capstan shrink: a planted failure among 20 random faults, to 3 or fewer",
    unit: "s",
    better: "lower",
    must: 60,
    goal: 30
  },
  sweep: {
    name: "sweep",
    what: "crash, stale and unobserved sweep of the instance-kill scenario, two workers: time",
    unit: "s",
    better: "lower",
    must: 60,
    goal: 15
  },
  sweepForks: {
    name: "sweep-forks",
    what: "crash runs of the instance-kill scenario: processor time from the start, against forked from snapshots",
    unit: "×",
    better: "higher",
    must: 3,
    goal: 10
  },
  sweepCatalogue: {
    name: "sweep-catalogue",
    what: "full sweep of the whole catalogue, two workers: time",
    unit: "min",
    better: "lower",
    must: 30,
    goal: 10
  },
  managerCpu: {
    name: "manager-cpu",
    what: "packed manager, 100 clusters of 10 machines, steady: of one core",
    unit: "%",
    better: "lower",
    must: 5,
    goal: 2
  },
  managerMemory: {
    name: "manager-memory",
    what: "packed manager, 100 clusters of 10 machines, steady: most resident memory",
    unit: "MB",
    better: "lower",
    must: 250,
    goal: 150
  },
  divergences: {
    name: "divergences",
    what: "seeds spread over the catalogue, each run twice: traces that differ",
    unit: "traces",
    better: "lower",
    must: 0,
    goal: 0
  }
} as const satisfies { readonly [name: string]: Figure }

/** How a value stands: `goal` reached, only what it `must` be, or `missed`. */
export const standing = ({ better, goal, must, value }: Measured): "goal" | "must" | "missed" => {
  const reaches = (limit: number): boolean => (better === "lower" ? value <= limit : value >= limit)
  return reaches(goal) ? "goal" : reaches(must) ? "must" : "missed"
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = 0, high = low] =
    sorted.length % 2 === 0 ? sorted.slice(middle - 1, middle + 1) : sorted.slice(middle, middle + 1)
  return (low + high) / 2
}
