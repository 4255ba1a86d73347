/**
 * What an emulator's account needs before a cluster can be made in it, and no controller makes: key pairs and instance profiles.
 *
 * Images cannot be made with the right owner over the wire; an emulator is started with them. What is there already stays.
 *
 * @source https://docs.getmoto.org/en/latest/docs/server_mode.html
 */
import { CreateKeyPairCommand, EC2Client } from "@aws-sdk/client-ec2"
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient
} from "@aws-sdk/client-iam"
import type { AwsError, AwsServiceName } from "@capstan/aws"
import { Effect } from "effect"
import type { AwsLiveOptions } from "./AwsLive.ts"
import { fromSdk } from "./SdkError.ts"

const trust = JSON.stringify({ Version: "2012-10-17", Statement: [] })

/** Empties a moto server, for all who use it, where the endpoint is one. Tells whether it was. */
export const resetEmulator = (endpoint: string): Effect.Effect<boolean> =>
  Effect.tryPromise((signal) => fetch(new URL("/moto-api/reset", endpoint), { method: "POST", signal })).pipe(
    Effect.map(({ ok }) => ok),
    Effect.orElseSucceed(() => false)
  )

/** Makes what is missing of these. */
export const seedEmulator = (
  options: Pick<AwsLiveOptions, "endpoint" | "region" | "credentials">,
  wanted: { readonly keyPairs: ReadonlyArray<string>; readonly instanceProfiles: ReadonlyArray<string> }
): Effect.Effect<void, AwsError> => {
  const ask = (service: AwsServiceName, operation: string, send: () => Promise<unknown>) =>
    Effect.tryPromise({ try: send, catch: (thrown) => fromSdk({ service, operation, input: {} }, thrown).error }).pipe(
      Effect.catchIf(
        ({ code }) => /AlreadyExists|Duplicate|LimitExceeded/.test(code),
        () => Effect.void
      )
    )
  return Effect.acquireUseRelease(
    Effect.sync(() => ({ ec2: new EC2Client(options as object), iam: new IAMClient(options as object) })),
    ({ ec2, iam }) =>
      Effect.gen(function* () {
        for (const KeyName of wanted.keyPairs) {
          yield* ask("ec2", "CreateKeyPair", () => ec2.send(new CreateKeyPairCommand({ KeyName })))
        }
        for (const InstanceProfileName of wanted.instanceProfiles) {
          const profile = { InstanceProfileName }
          const role = { RoleName: InstanceProfileName }
          yield* ask("iam", "CreateRole", () =>
            iam.send(new CreateRoleCommand({ ...role, AssumeRolePolicyDocument: trust }))
          )
          yield* ask("iam", "CreateInstanceProfile", () => iam.send(new CreateInstanceProfileCommand(profile)))
          yield* ask("iam", "AddRoleToInstanceProfile", () =>
            iam.send(new AddRoleToInstanceProfileCommand({ ...profile, ...role }))
          )
        }
      }),
    ({ ec2, iam }) =>
      Effect.sync(() => {
        ec2.destroy()
        iam.destroy()
      })
  )
}
