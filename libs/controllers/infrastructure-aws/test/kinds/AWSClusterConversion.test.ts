import type { Unstructured } from "@capstan/api"
import { assert, describe, it } from "@effect/vitest"
import { defaultAwsClusterSpec } from "../../src/kinds/AWSClusterAdmission.ts"
import { AWSCluster } from "../../src/kinds/AWSCluster.ts"
import { AWSMachineTemplate } from "../../src/kinds/AWSMachineTemplate.ts"

const versionOf = (kind: { readonly versions: typeof AWSCluster.versions }, name: string) => {
  const version = kind.versions.find((candidate) => candidate.name === name)
  assert.isDefined(version)
  return version
}

const quickStart: Unstructured = {
  apiVersion: "infrastructure.cluster.x-k8s.io/v1alpha3",
  kind: "AWSCluster",
  metadata: { name: "capi-quickstart", namespace: "capi-quickstart" },
  spec: { region: "ap-northeast-2", sshKeyName: "capi-quickstart" }
}

describe("AWSCluster from v1alpha3", () => {
  const convert = versionOf(AWSCluster, "v1alpha3").toStorage

  it("takes the quick start as it stands, with the open bastion that it meant", () => {
    assert.deepStrictEqual(convert(quickStart), {
      ...quickStart,
      apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
      spec: {
        region: "ap-northeast-2",
        sshKeyName: "capi-quickstart",
        bastion: { allowedCIDRBlocks: ["0.0.0.0/0"] }
      }
    })
  })

  it("renames the network, spells the scheme as today and names nameless subnets", () => {
    const converted = convert({
      ...quickStart,
      spec: {
        networkSpec: {
          vpc: { id: "vpc-1" },
          subnets: [
            { availabilityZone: "eu-west-1a", isPublic: true },
            { availabilityZone: "eu-west-1a" },
            { id: "subnet-7", availabilityZone: "eu-west-1a" },
            { availabilityZone: "eu-west-1a" }
          ]
        },
        controlPlaneLoadBalancer: { scheme: "Internet-facing" }
      },
      status: { ready: true }
    })
    assert.deepStrictEqual(converted.spec, {
      network: {
        vpc: { id: "vpc-1" },
        subnets: [
          { availabilityZone: "eu-west-1a", isPublic: true, id: "capi-quickstart-subnet-public-eu-west-1a" },
          { availabilityZone: "eu-west-1a", id: "capi-quickstart-subnet-private-eu-west-1a" },
          { id: "subnet-7", availabilityZone: "eu-west-1a" },
          { availabilityZone: "eu-west-1a", id: "capi-quickstart-subnet-private-eu-west-1a-3" }
        ]
      },
      controlPlaneLoadBalancer: { scheme: "internet-facing" },
      bastion: { allowedCIDRBlocks: ["0.0.0.0/0"] }
    })
    assert.isUndefined(converted.status)
  })
})

describe("AWSCluster by way of v1beta1", () => {
  const version = versionOf(AWSCluster, "v1beta1")
  const stored: Unstructured = {
    apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
    kind: "AWSCluster",
    metadata: { name: "c", annotations: { mine: "1" } },
    spec: {
      region: "eu-west-1",
      partition: "aws",
      network: {
        vpc: { id: "vpc-1", subnetSchema: "PreferPublic" },
        subnets: [{ id: "a", resourceID: "subnet-1", zoneType: "availability-zone", cidrBlock: "10.0.0.0/24" }]
      },
      controlPlaneLoadBalancer: { scheme: "internal", loadBalancerType: "classic", preserveClientIP: true }
    },
    status: { ready: true, networkStatus: { natGatewaysIPs: ["1.2.3.4"] } }
  }
  const older = version.fromStorage?.(stored) ?? {}

  it("shows only what that version has", () => {
    assert.deepStrictEqual(older.spec, {
      region: "eu-west-1",
      network: { vpc: { id: "vpc-1" }, subnets: [{ id: "a", cidrBlock: "10.0.0.0/24" }] },
      controlPlaneLoadBalancer: { scheme: "internal" }
    })
  })

  it("loses nothing on the way there and back", () => {
    assert.deepStrictEqual(version.toStorage(older), stored)
  })

  it("keeps what was changed in the older version", () => {
    const changed = { ...older, spec: { ...(older.spec as Unstructured), region: "eu-west-2" } }
    const back = version.toStorage(changed).spec as Unstructured
    assert.strictEqual(back.region, "eu-west-2")
    assert.strictEqual(back.partition, "aws")
  })
})

describe("AWSMachineTemplate from v1alpha3", () => {
  it("drops what no later version has", () => {
    const converted = versionOf(AWSMachineTemplate, "v1alpha3").toStorage({
      apiVersion: "infrastructure.cluster.x-k8s.io/v1alpha3",
      kind: "AWSMachineTemplate",
      metadata: { name: "t" },
      spec: {
        template: {
          spec: {
            instanceType: "t3.large",
            failureDomain: "a",
            ami: { id: "ami-1", arn: "arn:x", filters: [] },
            subnet: { id: "subnet-1", arn: "arn:y" },
            additionalSecurityGroups: [{ id: "sg-1", arn: "arn:z" }]
          }
        }
      }
    })
    assert.deepStrictEqual(converted.spec, {
      template: {
        spec: {
          instanceType: "t3.large",
          ami: { id: "ami-1" },
          subnet: { id: "subnet-1" },
          additionalSecurityGroups: [{ id: "sg-1" }]
        }
      }
    })
  })
})

describe("defaultAwsClusterSpec", () => {
  it("fills in identity, load balancer, bastion, zones and Calico's rules", () => {
    assert.deepStrictEqual(defaultAwsClusterSpec({ region: "eu-west-1" }), {
      region: "eu-west-1",
      bastion: { enabled: false, allowedCIDRBlocks: ["0.0.0.0/0", "::/0"] },
      controlPlaneLoadBalancer: { scheme: "internet-facing", loadBalancerType: "classic" },
      identityRef: { kind: "AWSClusterControllerIdentity", name: "default" },
      network: {
        cni: {
          cniIngressRules: [
            { description: "bgp (calico)", fromPort: 179, protocol: "tcp", toPort: 179 },
            { description: "IP-in-IP (calico)", fromPort: -1, protocol: "4", toPort: 65535 }
          ]
        },
        vpc: { availabilityZoneSelection: "Ordered", availabilityZoneUsageLimit: 3, subnetSchema: "PreferPrivate" }
      }
    })
  })

  it("leaves alone what is said, and gives the same spec back when nothing is missing", () => {
    const spec = defaultAwsClusterSpec({ network: { cni: {} } })
    assert.deepStrictEqual(spec.network?.cni, {})
    assert.strictEqual(defaultAwsClusterSpec(spec), spec)
  })
})
