/**
 * Tags of classic load balancers, which have operations of their own.
 *
 * @fidelity documented https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_AddTags.html — Overwrite semantics, `DuplicateTagKeys`, `TooManyTags`.
 * @fidelity documented https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeTags.html — At most 20 names a call.
 * @source https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_AddTags.html
 */
import type { ElbOperations, ElbShapes } from "@capstan/aws"
import type { Account } from "../Account.ts"
import type { Handlers } from "../Handler.ts"
import { given, refuse } from "../Refusal.ts"
import type { LoadBalancer, Tags } from "../Resources.ts"
import { absentLoadBalancer } from "./Absent.ts"

/** The tags after adding some. */
export const loadBalancerTags = (
  account: Account,
  name: string,
  known: Tags,
  added: ReadonlyArray<ElbShapes.Tag> | undefined
): Tags => {
  const tags: Record<string, string> = { ...known }
  const seen = new Set<string>()
  for (const tag of added ?? []) {
    const key = given(tag.Key, "Tags.member.1.Key")
    if (seen.has(key)) throw refuse("DuplicateTagKeys", `A tag key was specified more than once: ${key}`)
    seen.add(key)
    tags[key] = tag.Value ?? ""
  }
  if (Object.keys(tags).length > account.quotas.tagsPerResource) {
    throw refuse(
      "TooManyTags",
      `The quota for the number of tags that can be assigned to load balancer '${name}' has been reached`
    )
  }
  return tags
}

const named = (account: Account, names: ReadonlyArray<string> | undefined): ReadonlyArray<LoadBalancer> => {
  const wanted = given(names, "LoadBalancerNames")
  if (wanted.length > 20) throw refuse("ValidationError", "No more than 20 load balancer names may be given")
  return wanted.map((name) => account.require(account.tables.loadBalancers, name, absentLoadBalancer))
}

export const loadBalancerTagOperations: Handlers<ElbOperations, "AddTags" | "RemoveTags" | "DescribeTags"> = {
  AddTags: {
    accepts: { LoadBalancerNames: [true], Tags: [{ Key: true, Value: true }] },
    perform: (account, input) => {
      const tagged = named(account, input.LoadBalancerNames).map((balancer) => ({
        id: balancer.id,
        tags: loadBalancerTags(account, balancer.id, balancer.tags, given(input.Tags, "Tags"))
      }))
      for (const { id, tags } of tagged) account.tables.loadBalancers.change(id, { tags })
      return {}
    }
  },
  RemoveTags: {
    accepts: { LoadBalancerNames: [true], Tags: [{ Key: true }] },
    perform: (account, input) => {
      const keys = given(input.Tags, "Tags").map((tag) => tag.Key)
      for (const balancer of named(account, input.LoadBalancerNames)) {
        const tags = Object.fromEntries(Object.entries(balancer.tags).filter(([key]) => !keys.includes(key)))
        account.tables.loadBalancers.change(balancer.id, { tags })
      }
      return {}
    }
  },
  DescribeTags: {
    accepts: { LoadBalancerNames: [true] },
    perform: (account, input) => ({
      TagDescriptions: named(account, input.LoadBalancerNames).map((balancer) => ({
        LoadBalancerName: balancer.id,
        Tags: Object.entries(balancer.tags).map(([Key, Value]) => ({ Key, Value }))
      }))
    })
  }
}
