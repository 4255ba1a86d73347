import { assert, describe, it } from "@effect/vitest"
import {
  desiredRules,
  diffRules,
  type FlatRule,
  flatten,
  managedRoles,
  type RuleInputs,
  toIngressRules,
  toPermission
} from "../../../src/aws-cluster/network/SecurityGroupRules.ts"
import { calicoIngressRules } from "../../../src/kinds/IngressRule.ts"

const inputs: RuleInputs = {
  groups: { "apiserver-lb": "sg-api", lb: "sg-lb", controlplane: "sg-cp", node: "sg-node" },
  network: { cni: { cniIngressRules: calicoIngressRules } },
  scheme: "internet-facing",
  apiIngressRules: [],
  apiServerPort: 6443,
  natAddresses: ["1.1.1.1", "2.2.2.2"],
  vpcCidr: "10.0.0.0/16"
}
const line = ({ description, fromPort, protocol, source, toPort }: FlatRule): string =>
  `${description}: ${protocol} ${fromPort}-${toPort} from ${Object.values(source)[0]}`
const lines = (role: (typeof managedRoles)[number], given: Partial<RuleInputs> = {}) =>
  desiredRules(role, { ...inputs, ...given }).map(line)

describe("desiredRules", () => {
  const calico = [
    "bgp (calico): tcp 179-179 from sg-cp",
    "bgp (calico): tcp 179-179 from sg-node",
    "IP-in-IP (calico): 4 0-0 from sg-cp",
    "IP-in-IP (calico): 4 0-0 from sg-node"
  ]
  const cases: ReadonlyArray<{
    rule: string
    role: (typeof managedRoles)[number]
    given?: Partial<RuleInputs>
    expected: ReadonlyArray<string>
  }> = [
    {
      rule: "lets the balancers, the control plane and the nodes reach the API server",
      role: "controlplane",
      expected: [
        "Kubernetes API: tcp 6443-6443 from sg-api",
        "Kubernetes API: tcp 6443-6443 from sg-cp",
        "Kubernetes API: tcp 6443-6443 from sg-node",
        "etcd: tcp 2379-2379 from sg-cp",
        "etcd peer: tcp 2380-2380 from sg-cp",
        ...calico
      ]
    },
    {
      rule: "opens the nodes' ports to anyone and their kubelets to the cluster",
      role: "node",
      expected: [
        "Node Port Services: tcp 30000-32767 from 0.0.0.0/0",
        "Kubelet API: tcp 10250-10250 from sg-cp",
        "Kubelet API: tcp 10250-10250 from sg-node",
        ...calico
      ]
    },
    {
      rule: "lets the NAT gateways and anyone reach the load balancer",
      role: "apiserver-lb",
      expected: [
        "Kubernetes API: tcp 6443-6443 from 1.1.1.1/32",
        "Kubernetes API: tcp 6443-6443 from 2.2.2.2/32",
        "Kubernetes API: tcp 6443-6443 from 0.0.0.0/0"
      ]
    },
    {
      rule: "keeps the NAT gateways' way in when the user narrows the rest",
      role: "apiserver-lb",
      given: {
        apiIngressRules: [
          { description: "office", protocol: "tcp", fromPort: 6443, toPort: 6443, cidrBlocks: ["9.9.9.0/24"] }
        ]
      },
      expected: [
        "Kubernetes API: tcp 6443-6443 from 1.1.1.1/32",
        "Kubernetes API: tcp 6443-6443 from 2.2.2.2/32",
        "office: tcp 6443-6443 from 9.9.9.0/24"
      ]
    },
    {
      rule: "says anyone once, not twice, while no NAT address is known",
      role: "apiserver-lb",
      given: { natAddresses: [] },
      expected: ["Kubernetes API: tcp 6443-6443 from 0.0.0.0/0"]
    },
    {
      rule: "opens an internal load balancer to the VPC",
      role: "apiserver-lb",
      given: {
        scheme: "internal",
        apiIngressRules: [
          { description: "x", protocol: "tcp", fromPort: 6443, toPort: 6443, sourceSecurityGroupRoles: ["node"] }
        ]
      },
      expected: ["Kubernetes API: tcp 6443-6443 from 10.0.0.0/16", "x: tcp 6443-6443 from sg-node"]
    },
    { rule: "has none for the cloud controller's group", role: "lb", expected: [] }
  ]
  it.each(cases)("$rule", ({ expected, given, role }) => assert.deepStrictEqual(lines(role, given), expected))
})

describe("diffRules", () => {
  it.each(managedRoles.map((role) => ({ role })))(
    "finds nothing to do once the rules of $role are at AWS",
    ({ role }) => {
      const wanted = desiredRules(role, inputs)
      const found = flatten(wanted.map(toPermission))
      assert.deepStrictEqual(diffRules(found, wanted), { revokeFirst: [], authorize: [], revokeAfter: [] })
    }
  )

  it("finds nothing to do when AWS groups the sources and fills in ports", () => {
    const wanted = desiredRules("node", inputs).filter((flat) => flat.protocol === "4")
    const found = flatten([
      {
        IpProtocol: "4",
        UserIdGroupPairs: [
          { GroupId: "sg-node", UserId: "1", Description: "IP-in-IP (calico)" },
          { GroupId: "sg-cp", UserId: "1", Description: "IP-in-IP (calico)" }
        ]
      }
    ])
    assert.deepStrictEqual(diffRules(found, wanted), { revokeFirst: [], authorize: [], revokeAfter: [] })
  })

  it("takes an edited description back first, and a foreign rule last", () => {
    const wanted = desiredRules("apiserver-lb", inputs)
    const [first] = wanted
    assert.isDefined(first)
    const edited: FlatRule = { ...first, description: "edited" }
    const foreign: FlatRule = {
      protocol: "tcp",
      fromPort: 22,
      toPort: 22,
      description: "",
      source: { cidr: "0.0.0.0/0" }
    }
    const changes = diffRules([edited, ...wanted.slice(1), foreign], wanted)
    assert.deepStrictEqual(changes, { revokeFirst: [edited], authorize: [first], revokeAfter: [foreign] })
  })
})

describe("toIngressRules", () => {
  it("lists the sources of one rule together", () => {
    assert.deepStrictEqual(toIngressRules(desiredRules("controlplane", inputs))[0], {
      description: "Kubernetes API",
      protocol: "tcp",
      fromPort: 6443,
      toPort: 6443,
      sourceSecurityGroupIds: ["sg-api", "sg-cp", "sg-node"]
    })
  })
})
