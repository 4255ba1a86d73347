/** The AWS waist on the SDK's clients, with nothing added: one attempt, the code as it came. */
import * as ec2 from "@aws-sdk/client-ec2"
import * as elb from "@aws-sdk/client-elastic-load-balancing"
import * as iam from "@aws-sdk/client-iam"
import * as secretsManager from "@aws-sdk/client-secrets-manager"
import * as sts from "@aws-sdk/client-sts"
import {
  awsError,
  type AwsServiceName,
  clientFromCall,
  Ec2,
  ec2Operations,
  Elb,
  elbOperations,
  Iam,
  iamOperations,
  type OperationCall,
  type OperationMap,
  SecretsManager,
  secretsManagerOperations,
  Sts,
  stsOperations
} from "@capstan/aws"
import type { AwsWaist } from "@capstan/aws/testing"
import { Effect, Layer } from "effect"

interface Client {
  send(command: object): Promise<object>
  destroy(): void
}

export const sdkWaist = (at: {
  readonly endpoint: string
  readonly region: string
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string }
}) =>
  Effect.gen(function* () {
    const options = { endpoint: at.endpoint, region: at.region, credentials: at.keys, maxAttempts: 1 }
    const clients: { readonly [S in AwsServiceName]: { readonly client: Client; readonly sdk: object } } = {
      ec2: { client: new ec2.EC2Client(options) as Client, sdk: ec2 },
      elb: { client: new elb.ElasticLoadBalancingClient(options) as Client, sdk: elb },
      iam: { client: new iam.IAMClient(options) as Client, sdk: iam },
      secretsmanager: { client: new secretsManager.SecretsManagerClient(options) as Client, sdk: secretsManager },
      sts: { client: new sts.STSClient(options) as Client, sdk: sts }
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => Object.values(clients).forEach(({ client }) => client.destroy()))
    )
    const call = <Operations extends OperationMap<Operations>>(service: AwsServiceName): OperationCall<Operations> => {
      const { client, sdk } = clients[service]
      return ((operation: string, input: object) => {
        const Command = Reflect.get(sdk, `${operation}Command`) as new (input: object) => object
        return Effect.tryPromise({
          try: () => client.send(new Command(input)),
          catch: (error) => {
            const told = error as {
              name: string
              message: string
              Code?: string
              $metadata?: { httpStatusCode?: number }
            }
            return awsError(
              service,
              operation,
              told.Code ?? told.name,
              told.message,
              told.$metadata?.httpStatusCode ?? 0
            )
          }
        })
      }) as OperationCall<Operations>
    }
    const waist: Layer.Layer<AwsWaist> = Layer.mergeAll(
      Layer.succeed(Ec2, clientFromCall(ec2Operations, call("ec2"))),
      Layer.succeed(Elb, clientFromCall(elbOperations, call("elb"))),
      Layer.succeed(Iam, clientFromCall(iamOperations, call("iam"))),
      Layer.succeed(SecretsManager, clientFromCall(secretsManagerOperations, call("secretsmanager"))),
      Layer.succeed(Sts, clientFromCall(stsOperations, call("sts")))
    )
    return waist
  })
