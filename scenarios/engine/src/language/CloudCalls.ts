/**
 * The names of cloud calls, as faults and expressions write them: `ec2.RunInstances`. Data: the AWS contract's own lists.
 *
 * Services whose operations no contract lists (`kubernetes`, `etcd`, `dev`) are taken as written.
 *
 * @source docs/guides/faults.md
 */
import { ec2Operations, elbOperations, iamOperations, secretsManagerOperations, stsOperations } from "@capstan/aws"
import { didYouMean } from "./Nearest.ts"

const operationsOf = new Map<string, ReadonlyArray<string>>([
  ["ec2", ec2Operations],
  ["elb", elbOperations],
  ["iam", iamOperations],
  ["secretsmanager", secretsManagerOperations],
  ["sts", stsOperations]
])

const services = [...operationsOf.keys(), "kubernetes", "etcd", "dev"]

interface Problem {
  readonly message: string
  readonly hint?: string
}

/** What is wrong with an operation of a service; `*` stands for all of them. */
export const operationProblem = (service: string, operation: string): Problem | undefined => {
  const known = operationsOf.get(service)
  return known === undefined || operation === "*" || known.includes(operation)
    ? undefined
    : { message: `'${service}' has no operation '${operation}'.`, ...didYouMean(operation, known) }
}

/** What is wrong with `service.Operation`, with or without `:Code` behind it. */
export const callProblem = (text: string): Problem | undefined => {
  const [, service, operation] = /^([^.:]+)\.([^.:]+)(?::.+)?$/.exec(text) ?? []
  if (service === undefined || operation === undefined)
    return { message: `'${text}' names no call.`, hint: "Write service.Operation, such as ec2.RunInstances." }
  return services.includes(service)
    ? operationProblem(service, operation)
    : { message: `There is no service '${service}'.`, ...didYouMean(service, services) }
}
