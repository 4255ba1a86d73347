/**
 * What an account costs an hour, about. Pure.
 *
 * List prices of us-east-1, Linux on demand, for instances that run, NAT gateways, Classic Load Balancers and public IPv4 addresses.
 * Left out: other regions' prices, volumes, traffic, requests, free tiers and every agreement that somebody may have: good enough to
 * see that one way of doing things costs twice as much as another, and for no bill.
 *
 * @source https://aws.amazon.com/ec2/pricing/on-demand/
 * @source https://aws.amazon.com/vpc/pricing/
 * @source https://aws.amazon.com/elasticloadbalancing/pricing/
 */
import type { AccountView } from "@capstan/simulator-aws"

/** Dollars an hour of a family's `large`. */
const largePrices: { readonly [family: string]: number } = {
  c5: 0.085,
  c6g: 0.068,
  c6i: 0.085,
  c7g: 0.0725,
  c7i: 0.08925,
  m5: 0.096,
  m6a: 0.0864,
  m6g: 0.077,
  m6i: 0.096,
  m7g: 0.0816,
  m7i: 0.1008,
  r5: 0.126,
  r6g: 0.1008,
  r6i: 0.126,
  r7g: 0.1071,
  t2: 0.0928,
  t3: 0.0832,
  t3a: 0.0752,
  t4g: 0.0672
}

/** How many times a `large` a size is, in these families. */
const sizes: { readonly [size: string]: number } = {
  nano: 1 / 16,
  micro: 1 / 8,
  small: 1 / 4,
  medium: 1 / 2,
  large: 1,
  xlarge: 2,
  "2xlarge": 4,
  "4xlarge": 8,
  "8xlarge": 16,
  "12xlarge": 24,
  "16xlarge": 32,
  "24xlarge": 48
}

const natGatewayPrice = 0.045
const loadBalancerPrice = 0.025
const publicAddressPrice = 0.005

/** Dollars an hour; undefined for a type that is not in the table. */
export const instancePrice = (type: string): number | undefined => {
  const [family = "", size = ""] = type.split(".")
  const large = Object.hasOwn(largePrices, family) ? largePrices[family] : undefined
  const times = Object.hasOwn(sizes, size) ? sizes[size] : undefined
  return large === undefined || times === undefined ? undefined : large * times
}

/** What is in an account that is paid for by the hour. */
type Paid = Pick<AccountView, "instances" | "natGateways" | "loadBalancers" | "addresses">

/** Dollars an hour for everything that is there now; undefined when an instance runs whose price is not known. */
export const hourlyDollars = ({ addresses, instances, loadBalancers, natGateways }: Paid): number | undefined => {
  let sum = addresses.length * publicAddressPrice + loadBalancers.length * loadBalancerPrice
  for (const { state } of natGateways) if (state === "pending" || state === "available") sum += natGatewayPrice
  for (const { instanceType, publicIp, state } of instances) {
    if (state !== "running") continue
    const price = instancePrice(instanceType)
    if (price === undefined) return undefined
    // An Elastic IP address is counted among the addresses.
    const own = publicIp !== undefined && !addresses.some((address) => address.publicIp === publicIp)
    sum += price + (own ? publicAddressPrice : 0)
  }
  return sum
}
