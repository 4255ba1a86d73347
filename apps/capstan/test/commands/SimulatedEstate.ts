/** A cluster's resources in an account that is spoken to over the wire, made as its controllers would tag them. */
import type { EC2, Tag } from "@aws-sdk/client-ec2"

const ownership = "sigs.k8s.io/cluster-api-provider-aws/cluster/"

const tagged = (ResourceType: "vpc" | "subnet" | "instance", cluster: string, ...more: Array<Tag>) => [
  { ResourceType, Tags: [{ Key: `${ownership}${cluster}`, Value: "owned" }, ...more] }
]

/** A network with a subnet in each of two zones and a worker in each; answers with their ids when all run. */
export const anEstate = async (client: EC2, cluster: string, region: string, block = "10.0") => {
  const vpc =
    (await client.createVpc({ CidrBlock: `${block}.0.0/16`, TagSpecifications: tagged("vpc", cluster) })).Vpc?.VpcId ??
    ""
  const subnets: Array<string> = []
  const instances: Array<string> = []
  for (const [index, letter] of ["a", "b"].entries()) {
    const { Subnet } = await client.createSubnet({
      VpcId: vpc,
      CidrBlock: `${block}.${index}.0/24`,
      AvailabilityZone: `${region}${letter}`,
      TagSpecifications: tagged("subnet", cluster)
    })
    const SubnetId = Subnet?.SubnetId ?? ""
    subnets.push(SubnetId)
    const role = { Key: "sigs.k8s.io/cluster-api-provider-aws/role", Value: "node" }
    const { Instances } = await client.runInstances({
      ImageId: "ami-00000000000000001",
      InstanceType: "t3.large",
      MinCount: 1,
      MaxCount: 1,
      SubnetId,
      TagSpecifications: tagged("instance", cluster, role)
    })
    instances.push(Instances?.[0]?.InstanceId ?? "")
  }
  await until(async () => (await statesOf(client, instances)).every((state) => state === "running"))
  return { vpc, subnets, instances }
}

export const statesOf = async (client: EC2, ids: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const { Reservations = [] } = await client.describeInstances({ InstanceIds: [...ids] })
  const found = Reservations.flatMap(({ Instances = [] }) => Instances)
  return ids.map((id) => found.find(({ InstanceId }) => InstanceId === id)?.State?.Name ?? "gone")
}

/** Asks every tenth of a second. */
export const until = async (so: () => Promise<boolean>): Promise<void> => {
  while (!(await so())) await new Promise((resolve) => setTimeout(resolve, 100))
}
