/**
 * How long things take in the simulated account: one table of distributions, all in milliseconds.
 *
 * A distribution is a list of quantiles joined by straight lines, so that a draw needs nothing but multiplication and
 * comes out the same on every machine. Without chance (seed 0) every draw is the median.
 * Left out: correlation between draws (a slow minute of the whole region).
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html — A terminated instance stays visible for about an hour.
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html — A failed NAT gateway stays visible for about an hour.
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/query-api-troubleshooting.html#eventual-consistency — New resources become visible after a while.
 * @fidelity observed — Medians and 95th percentiles of every transition.
 * @fidelity assumed — The shape between and beyond the two percentiles; the time of an API call; 60 s for a host to come back after power does.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */

/** Quantiles in rising order, from probability 0 to 1: `[probability, millis]`. */
export type Distribution = ReadonlyArray<readonly [probability: number, millis: number]>

/** A distribution from its median and its 95th percentile; never below half the median nor above twice the percentile. */
export const spread = (p50: number, p95: number): Distribution => [
  [0, p50 / 2],
  [0.5, p50],
  [0.95, p95],
  [1, p95 * 2]
]

export const always = (millis: number): Distribution => [
  [0, millis],
  [1, millis]
]

/** The whole number of milliseconds below which a draw falls with this probability. */
export const quantile = (distribution: Distribution, probability: number): number => {
  let [lowAt, low] = distribution[0] ?? [0, 0]
  for (const [highAt, high] of distribution) {
    if (probability <= highAt) {
      return Math.round(highAt === lowAt ? high : low + ((high - low) * (probability - lowAt)) / (highAt - lowAt))
    }
    lowAt = highAt
    low = high
  }
  return Math.round(low)
}

const seconds = 1000
const minutes = 60 * seconds

export const latencies = {
  vpcAvailable: spread(0.5 * seconds, 5 * seconds),
  subnetAvailable: spread(0.5 * seconds, 5 * seconds),
  natAvailable: spread(75 * seconds, 150 * seconds),
  natFailed: spread(30 * seconds, 120 * seconds),
  natDeleted: spread(45 * seconds, 120 * seconds),
  natForgotten: always(60 * minutes),
  instanceBooted: spread(12 * seconds, 40 * seconds),
  instanceHalted: spread(40 * seconds, 120 * seconds),
  instanceGone: spread(30 * seconds, 120 * seconds),
  instanceForgotten: always(60 * minutes),
  /** From power being back in a zone to a host of it running again. */
  powerRestored: spread(60 * seconds, 10 * minutes),
  /** From an instance failing to its status check saying so. */
  statusImpaired: spread(60 * seconds, 5 * minutes),
  /** From launch to the first status check that is not `initializing`. */
  statusChecked: spread(120 * seconds, 240 * seconds),
  loadBalancerResolves: spread(30 * seconds, 180 * seconds),
  loadBalancerInterfacesGone: spread(60 * seconds, 5 * minutes),
  targetRegistered: spread(10 * seconds, 50 * seconds),
  secretPurged: [
    [0, 0],
    [0.5, 0],
    [1, 2 * seconds]
  ],
  /** From a create to lookups by id finding the resource. */
  visibleById: [
    [0, 0],
    [0.5, 0],
    [0.95, 1.5 * seconds],
    [0.99, 5 * seconds],
    [1, 60 * seconds]
  ],
  /** From lookups by id to lookups by filter finding it too. */
  visibleByFilter: [
    [0, 0],
    [0.5, 0],
    [0.95, 3 * seconds],
    [0.99, 8 * seconds],
    [1, 60 * seconds]
  ],
  readCall: spread(80, 250),
  writeCall: spread(250, 900),
  runInstancesCall: spread(1200, 3000)
} satisfies Record<string, Distribution>

export type LatencyName = keyof typeof latencies
export type LatencyTable = { readonly [K in LatencyName]: Distribution }
