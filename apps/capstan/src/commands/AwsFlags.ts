/** `capstan aws …`: the commands on real accounts and their flags. What they do is loaded when they are called. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { repeatedFlag, switchFlag, textFlag } from "../input/Flags.ts"

/** The flags that say which account a command is about. */
export const accountFlags = {
  region: textFlag("region", "REGION", "The AWS region; AWS_REGION unless given"),
  endpoint: textFlag(
    "endpoint",
    "URL",
    "Where AWS is, for emulators and capstan sim aws; AWS_ENDPOINT_URL unless given"
  ),
  state: textFlag("state", "FOLDER", "Where drills keep their journal; .capstan/drills unless given")
}

type Given = { readonly [K in keyof typeof accountFlags]: Option.Option<string> }

/** The same, as plain values. */
export const plainAccount = ({ endpoint, region, state }: Given) => ({
  endpoint: Option.getOrUndefined(endpoint),
  region: Option.getOrUndefined(region),
  state: Option.getOrUndefined(state)
})

const dryRun = switchFlag("dry-run", "Show what would be done, and do nothing")

const janitor = Command.make(
  "janitor",
  {
    ...accountFlags,
    now: switchFlag("now", "Also restore what belongs to drills that may still be running"),
    tagsOnly: switchFlag("tags-only", "Pass the journal over and go by the tags in the account alone"),
    clusters: repeatedFlag(
      "cluster",
      "NAME",
      "A cluster that exists: what belongs to others is listed as leaked (repeatable)"
    ),
    dryRun
  },
  ({ endpoint, region, state, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./AwsJanitorCommand.ts")),
      ({ awsJanitorCommand }) => awsJanitorCommand({ ...rest, ...plainAccount({ endpoint, region, state }) })
    )
).pipe(
  Command.withDescription("Put back what drills left behind in an account, and list leaked resources"),
  Command.withExamples([
    { command: "capstan aws janitor --region eu-west-1 --dry-run", description: "What there is to do" },
    { command: "capstan aws janitor --region eu-west-1 --now --cluster demo", description: "All of it, at once" }
  ])
)

const stop = Command.make(
  "stop",
  {
    ...accountFlags,
    lift: switchFlag("lift", "Let drills act again"),
    clusters: repeatedFlag(
      "cluster",
      "NAME",
      "Also stop drills of other machines on this cluster, by a tag (repeatable)"
    ),
    dryRun
  },
  ({ endpoint, region, state, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./AwsStopCommand.ts")),
      ({ awsStopCommand }) => awsStopCommand({ ...rest, ...plainAccount({ endpoint, region, state }) })
    )
).pipe(
  Command.withDescription("The kill switch: no drill acts while it is pulled; what they did is undone"),
  Command.withExamples([
    { command: "capstan aws stop", description: "Drills of this machine and folder" },
    { command: "capstan aws stop --cluster demo --region eu-west-1", description: "Also those of other machines" }
  ])
)

const iamPolicy = Command.make(
  "iam-policy",
  {
    audience: Flag.String("for").pipe(
      Flag.withMetavar("controllers|drills"),
      Flag.withDescription("Whose policy; the controllers' unless given"),
      Flag.withDefault("controllers")
    ),
    clusters: repeatedFlag(
      "cluster",
      "NAME",
      "A cluster that the policy is bound to, by its ownership tag (repeatable)"
    ),
    region: textFlag("region", "REGION", "The region that it is bound to; all of them unless given"),
    account: textFlag("account", "ID", "The account in the resources' names; any unless given")
  },
  ({ account, region, ...rest }) =>
    Effect.flatMap(
      Effect.promise(() => import("./AwsIamPolicyCommand.ts")),
      ({ awsIamPolicyCommand }) =>
        awsIamPolicyCommand({
          ...rest,
          account: Option.getOrUndefined(account),
          region: Option.getOrUndefined(region)
        })
    )
).pipe(
  Command.withDescription("Print the least IAM policy, made from the operations that are called"),
  Command.withExamples([
    { command: "capstan aws iam-policy > controllers.json", description: "For the manager" },
    { command: "capstan aws iam-policy --for drills --cluster demo", description: "For whoever runs drills on demo" }
  ])
)

const preflight = Command.make(
  "preflight",
  {
    ...accountFlags,
    kubernetesVersion: textFlag("kubernetes-version", "VERSION", "Look for an image of this version, as v1.33.1"),
    imageOwner: textFlag("image-owner", "ID", "The account that publishes the images; Cluster API's unless given"),
    instanceType: textFlag("instance-type", "TYPE", "The machines' type; t3.large unless given"),
    keyName: textFlag("ssh-key", "NAME", "The machines' key pair; none unless given"),
    clusters: repeatedFlag("cluster", "NAME", "Also try the rights of drills on this cluster (repeatable)")
  },
  ({ clusters, imageOwner, instanceType, keyName, kubernetesVersion, ...account }) =>
    Effect.flatMap(
      Effect.promise(() => import("./AwsPreflightCommand.ts")),
      ({ awsPreflightCommand }) =>
        awsPreflightCommand({
          ...plainAccount(account),
          clusters,
          imageOwner: Option.getOrUndefined(imageOwner),
          instanceType: Option.getOrUndefined(instanceType),
          keyName: Option.getOrUndefined(keyName),
          kubernetesVersion: Option.getOrUndefined(kubernetesVersion)
        })
    )
).pipe(
  Command.withDescription("Look whether an account is ready for clusters and drills; changes nothing"),
  Command.withExamples([
    {
      command: "capstan aws preflight --region eu-west-1 --kubernetes-version v1.33.1 --ssh-key default",
      description: "Credentials, region, image, quotas, key pair, profiles, rights"
    }
  ])
)

export const aws = Command.make("aws").pipe(
  Command.withDescription("Real AWS accounts: ready for clusters, drills undone, the kill switch"),
  Command.withSubcommands([preflight, iamPolicy, janitor, stop])
)

export const doctor = Command.make("doctor", {}, () =>
  Effect.flatMap(
    Effect.promise(() => import("./DoctorCommand.ts")),
    ({ doctorCommand }) => doctorCommand
  )
).pipe(
  Command.withDescription("What this machine has of what Capstan can use, and how to get what is missing"),
  Command.withExamples([
    { command: "capstan doctor", description: "Node, kubectl, Python, Docker, kubeconfig, credentials" }
  ])
)
