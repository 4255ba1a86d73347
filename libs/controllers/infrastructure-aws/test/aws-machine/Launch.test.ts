/**
 * What a launch does when it is cut off, repeated or refused, told by the calls that it makes. EC2 and Secrets Manager are
 * scripted here, since only the decisions are looked at; how they behave in earnest is a scenario's business.
 */
import type { Cluster, Machine, ObjectOf } from "@capstan/api"
import {
  awsError,
  clientFromCall,
  type AwsError,
  ec2Operations,
  elbOperations,
  secretsManagerOperations,
  type Ec2Shapes
} from "@capstan/aws"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ensureAwsMachine } from "../../src/aws-machine/AwsMachineEnsure.ts"
import { makeImageCache } from "../../src/aws-machine/ImageLookup.ts"
import { lookupInstance } from "../../src/aws-machine/InstanceLookup.ts"
import { launchIntentAnnotation, parseLaunchIntent } from "../../src/aws-machine/LaunchIntent.ts"
import type { MachineContext } from "../../src/aws-machine/MachineContext.ts"
import type { AWSClusterBody } from "../../src/kinds/AWSCluster.ts"
import type { AWSMachineBody } from "../../src/kinds/AWSMachine.ts"
import { makeRetryPace } from "../../src/RetryPace.ts"

const uid = "0c6a1d1e-0000-4000-8000-000000000001"
const meta = (name: string, id: string) => ({
  name,
  namespace: "ns",
  uid: id,
  resourceVersion: "1",
  creationTimestamp: "2026-01-01T00:00:00Z"
})

const cluster: Cluster = {
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "Cluster",
  metadata: meta("c", "u-c"),
  spec: {}
}
const machine: Machine = {
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "Machine",
  metadata: meta("m", "u-m"),
  spec: {
    clusterName: "c",
    version: "v1.20.5",
    failureDomain: "eu-west-1b",
    bootstrap: { dataSecretName: "m" },
    infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "AWSMachine", name: "m" }
  }
}
const awsCluster: ObjectOf<AWSClusterBody> = {
  apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
  kind: "AWSCluster",
  metadata: meta("c", "u-ac"),
  spec: {
    region: "eu-west-1",
    network: {
      subnets: [
        { id: "a", resourceID: "subnet-a", availabilityZone: "eu-west-1a" },
        { id: "pub-b", resourceID: "subnet-pb", availabilityZone: "eu-west-1b", isPublic: true },
        { id: "b", resourceID: "subnet-b", availabilityZone: "eu-west-1b" }
      ]
    }
  },
  status: {
    ready: true,
    networkStatus: {
      apiServerElb: { name: "c-apiserver", dnsName: "c-apiserver.example" },
      securityGroups: {
        node: { id: "sg-node", name: "c-node" },
        lb: { id: "sg-lb", name: "c-lb" }
      }
    }
  }
}
const awsMachine: ObjectOf<AWSMachineBody> = {
  apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
  kind: "AWSMachine",
  metadata: meta("m", uid),
  spec: { instanceType: "t3.large", cloudInit: { secureSecretsBackend: "secrets-manager" } }
}

/** The world of one test: what is stored, what was called, and what EC2 answers to a launch. */
class World {
  stored = awsMachine
  readonly calls: Array<string> = []
  readonly requests: Array<Ec2Shapes.RunInstancesRequest> = []
  instance: Ec2Shapes.Instance | undefined = undefined
  image = "ami-1"
  visible = true
  onRun: () => AwsError | "crash" | "lost" | undefined = () => undefined
  onPersist: () => "crash" | undefined = () => undefined

  /** A manager's view: a copy of what is stored, written back by `persist` and at the end. */
  readonly context = (): { readonly context: MachineContext; readonly write: () => void } => {
    let current = this.stored
    const write = (): void => {
      if (current !== this.stored) this.calls.push("write")
      this.stored = current
    }
    const ec2 = clientFromCall(ec2Operations, (operation, input) => this.#ec2(operation, input))
    const context: MachineContext = {
      ec2,
      elb: clientFromCall(elbOperations, (operation) => Effect.die(`unexpected ${operation}`)),
      secretsManager: clientFromCall(secretsManagerOperations, (operation, input) => {
        const name = "Name" in input ? input.Name : "SecretId" in input ? input.SecretId : ""
        this.calls.push(`${operation} ${name?.replace(uid, "uid")}`)
        return Effect.succeed({}) as never
      }),
      pace: makeRetryPace(),
      images: makeImageCache(ec2),
      cluster: "c",
      scope: {
        cluster,
        machine,
        infrastructureCluster: awsCluster,
        isControlPlane: false,
        bootstrapData: Effect.succeed({ value: "#cloud-config", format: "cloud-config" }),
        infrastructure: {
          get: () => current,
          change: (change) => {
            current = change(current)
          },
          persist: Effect.suspend(() => {
            if (this.onPersist() === "crash") return Effect.die("crash")
            write()
            return Effect.void
          })
        }
      }
    }
    return { context, write }
  }

  #ec2(operation: string, input: object): Effect.Effect<never, AwsError> {
    if (operation === "RunInstances") return this.#run(input as Ec2Shapes.RunInstancesRequest)
    this.calls.push(operation)
    const answers: { readonly [operation: string]: unknown } = {
      DescribeImages: { Images: [{ ImageId: this.image, CreationDate: "2026-01-01T00:00:00.000Z" }] },
      DescribeInstanceTypes: { InstanceTypes: [{ ProcessorInfo: { SupportedArchitectures: ["x86_64"] } }] },
      DescribeInstances: {
        Reservations: this.instance !== undefined && this.visible ? [{ Instances: [this.instance] }] : []
      }
    }
    return Effect.succeed((answers[operation] ?? {}) as never)
  }

  #run(request: Ec2Shapes.RunInstancesRequest): Effect.Effect<never, AwsError> {
    this.calls.push("RunInstances")
    this.requests.push(request)
    const trouble = this.onRun()
    if (trouble !== undefined && typeof trouble !== "string") return Effect.fail(trouble)
    this.instance = {
      InstanceId: "i-1",
      State: { Name: "pending" },
      Placement: { AvailabilityZone: "eu-west-1b" },
      Tags: request.TagSpecifications?.[0]?.Tags ?? []
    }
    if (trouble === "crash") return Effect.die("crash")
    if (trouble === "lost") return Effect.fail(refusal("NetworkingError", 0))
    return Effect.succeed({ Instances: [this.instance] } as never)
  }

  /** One reconcile; a crash loses everything but what was persisted. */
  readonly reconcile = Effect.fnUntraced(function* (this: World) {
    this.calls.length = 0
    const { context, write } = this.context()
    const outcome = yield* Effect.flatMap(lookupInstance(context), (lookup) => ensureAwsMachine(context, lookup)).pipe(
      Effect.catchDefect(() => Effect.succeed("crashed" as const))
    )
    if (outcome !== "crashed") write()
    return outcome
  })

  get condition() {
    return this.stored.status?.conditions?.find((condition) => condition.type === "InstanceReady")
  }
}

const refusal = (code: string, status = 400): AwsError => awsError("ec2", "RunInstances", code, "no", status)

describe("launch", () => {
  it.effect("writes the plan before the secrets, the secrets before the launch, the answer at once", () =>
    Effect.gen(function* () {
      const world = new World()
      const outcome = yield* world.reconcile()
      assert.deepStrictEqual(world.calls, [
        "DescribeInstances",
        "DescribeInstanceTypes",
        "DescribeImages",
        "write",
        "CreateSecret aws.cluster.x-k8s.io/uid-0",
        "RunInstances",
        "write",
        "write"
      ])
      assert.strictEqual(world.stored.spec.providerID, "aws:///eu-west-1b/i-1")
      assert.strictEqual(world.stored.spec.instanceID, "i-1")
      assert.strictEqual(world.condition?.reason, "InstanceNotReady")
      assert.strictEqual(typeof outcome === "string" ? "" : outcome._tag, "Provisioned")
    })
  )

  it.effect("asks for the machine's zone, key, groups and token", () =>
    Effect.gen(function* () {
      const world = new World()
      yield* world.reconcile()
      const request = world.requests[0]
      assert.deepStrictEqual(request?.NetworkInterfaces, [
        {
          DeviceIndex: 0,
          SubnetId: "subnet-b",
          Groups: ["sg-node", "sg-lb"]
        }
      ])
      assert.strictEqual(request?.ClientToken, uid)
      assert.strictEqual(request?.KeyName, "default")
      assert.strictEqual(request?.ImageId, "ami-1")
    })
  )

  it.effect("after a crash behind the launch finds the instance by its token and launches nothing", () =>
    Effect.gen(function* () {
      const world = new World()
      world.onRun = () => "crash"
      assert.strictEqual(yield* world.reconcile(), "crashed")
      assert.isUndefined(world.stored.spec.instanceID)
      world.onRun = () => assert.fail("launched twice")
      yield* world.reconcile()
      assert.strictEqual(world.stored.spec.instanceID, "i-1")
    })
  )

  it.effect("repeats the very same request while the instance of a crashed launch is not visible", () =>
    Effect.gen(function* () {
      const world = new World()
      world.onRun = () => "crash"
      yield* world.reconcile()
      world.visible = false
      world.image = "ami-2"
      world.onRun = () => undefined
      yield* world.reconcile()
      assert.deepStrictEqual(world.requests[1], world.requests[0])
      assert.strictEqual(world.stored.spec.instanceID, "i-1")
    })
  )

  it.effect("looks for the instance when EC2 says that the token is taken, never launching under another", () =>
    Effect.gen(function* () {
      const world = new World()
      world.visible = false
      world.instance = { InstanceId: "i-9", State: { Name: "running" }, Placement: { AvailabilityZone: "eu-west-1b" } }
      world.onRun = () => refusal("IdempotentParameterMismatch")
      yield* world.reconcile()
      assert.isUndefined(world.stored.spec.instanceID)
      world.visible = true
      yield* world.reconcile()
      assert.strictEqual(world.stored.spec.instanceID, "i-9")
      assert.deepStrictEqual(
        world.requests.map((request) => request.ClientToken),
        [uid]
      )
    })
  )

  it.effect("adopts a terminated instance as terminated, and lets somebody replace the machine", () =>
    Effect.gen(function* () {
      const world = new World()
      world.visible = false
      world.onRun = () => refusal("IdempotentInstanceTerminated")
      yield* world.reconcile()
      world.visible = true
      world.instance = {
        InstanceId: "i-9",
        State: { Name: "terminated" },
        Placement: { AvailabilityZone: "eu-west-1b" }
      }
      yield* world.reconcile()
      assert.strictEqual(world.stored.status?.failureReason, "UpdateError")
      assert.strictEqual(world.condition?.reason, "InstanceTerminated")
    })
  )

  it.effect("treats a lost answer as a launch that may have happened", () =>
    Effect.gen(function* () {
      const world = new World()
      world.onRun = () => "lost"
      yield* world.reconcile()
      assert.isDefined(parseLaunchIntent(world.stored.metadata.annotations?.[launchIntentAnnotation]))
      world.onRun = () => assert.fail("launched twice")
      yield* world.reconcile()
      assert.strictEqual(world.stored.spec.instanceID, "i-1")
    })
  )

  it.effect("keeps its plan and its one set of secrets while there is no capacity", () =>
    Effect.gen(function* () {
      const world = new World()
      world.onRun = () => refusal("InsufficientInstanceCapacity", 500)
      const outcome = yield* world.reconcile()
      const intent = world.stored.metadata.annotations?.[launchIntentAnnotation]
      assert.strictEqual(world.condition?.reason, "InstanceProvisionFailed")
      assert.isUndefined(world.stored.status?.failureReason)
      assert.isAbove(typeof outcome === "string" ? 0 : (outcome.requeueAfterMillis ?? 0), 10_000)
      yield* world.reconcile()
      assert.strictEqual(world.stored.metadata.annotations?.[launchIntentAnnotation], intent)
      assert.strictEqual(world.stored.spec.cloudInit?.secretPrefix, `aws.cluster.x-k8s.io/${uid}`)
      assert.strictEqual(world.condition?.reason, "InstanceProvisionFailed")
    })
  )

  it.effect("makes a new plan when the image that it named is gone", () =>
    Effect.gen(function* () {
      const world = new World()
      world.onRun = () => refusal("InvalidAMIID.NotFound")
      yield* world.reconcile()
      world.image = "ami-2"
      world.onRun = () => undefined
      yield* world.reconcile()
      assert.deepStrictEqual(
        world.requests.map((request) => request.ImageId),
        ["ami-1", "ami-2"]
      )
    })
  )

  it.effect("asks EC2 for nothing when the plan cannot be written", () =>
    Effect.gen(function* () {
      const world = new World()
      world.onPersist = () => "crash"
      yield* world.reconcile()
      assert.lengthOf(world.requests, 0)
    })
  )
})
