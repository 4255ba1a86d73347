/**
 * What a network ACL lets through: the rule with the lowest number that matches decides, in each direction by itself.
 *
 * ACLs keep no state: a flow needs both directions, so a subnet with one of them shut is cut off. Only rules for all traffic
 * from or to everywhere are judged. Left out: traffic within a subnet, which no ACL sees (no machine here needs it alone).
 *
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html — Lowest number first; what no rule matches is denied.
 * @fidelity documented https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html — Stateless; existing flows are cut too.
 * @fidelity assumed — Rules for single protocols, ports or blocks cut nothing off; a machine that is cut off loses its neighbours too.
 * @source https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
 */
import type { Account } from "../Account.ts"
import { byGuardedSubnet } from "../Indexes.ts"
import type { NetworkAcl } from "../Resources.ts"

/** The last rule of each direction, which cannot be taken away. */
export const lastRule = 32767

/** Whether no packet enters or leaves the subnet. */
export const isCutOff = (account: Account, subnetId: string): boolean => {
  const [acl] = account.tables.networkAcls.having(byGuardedSubnet, subnetId)
  return acl !== undefined && (isShut(acl, false) || isShut(acl, true))
}

/** Whether the first rule that concerns all traffic denies it, and none before it lets some through. */
const isShut = (acl: NetworkAcl, egress: boolean): boolean => {
  const rules = acl.entries.filter((entry) => entry.egress === egress).sort((a, b) => a.number - b.number)
  for (const rule of rules) {
    if (rule.action === "allow") return false
    if (rule.protocol === "-1" && rule.cidr === "0.0.0.0/0") return true
  }
  return true
}
