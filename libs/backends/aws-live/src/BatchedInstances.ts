/**
 * Questions for single instances that are asked at the same moment go to EC2 as one.
 *
 * A hundred machines that are looked at again together are a hundred calls otherwise. EC2 refuses the whole question when it
 * does not know one of the ids, or one is malformed; then each is asked by itself, so that only who asked for it hears of it.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
 */
import type { AwsError, Ec2, Ec2Operations } from "@capstan/aws"
import { Cause, Effect, Exit, Option, Request, RequestResolver } from "effect"

type Answer = Ec2Operations["DescribeInstances"]["output"]
type Question = Ec2Operations["DescribeInstances"]["input"]

/** Asked within this time of each other, milliseconds, questions go together. */
const windowMillis = 20
/** Instances in one question. EC2 gives a thousand on a page; fewer keep the answers small. */
const batchMax = 100

interface OneInstance extends Request.Request<Answer, AwsError> {
  readonly _tag: "OneInstance"
  readonly id: string
}
const OneInstance = Request.tagged<OneInstance>("OneInstance")

/** The id, when a question asks for one instance and nothing else. */
const soleId = (question: Question): string | undefined => {
  const [id, ...others] = question.InstanceIds ?? []
  const fields = Object.entries(question).filter(([, value]) => value !== undefined)
  return fields.length === 1 && others.length === 0 ? id : undefined
}

/** `InvalidInstanceID.NotFound`, `InvalidInstanceID.Malformed`: the other ids of the question are not to blame. */
const isAboutOneId = (error: AwsError): boolean => error.code.startsWith("InvalidInstanceID")

/** The part of an answer that is about one instance. */
const only = (answer: Answer, id: string): Answer => ({
  Reservations: (answer.Reservations ?? []).flatMap((reservation) => {
    const Instances = (reservation.Instances ?? []).filter((instance) => instance.InstanceId === id)
    return Instances.length === 0 ? [] : [{ ...reservation, Instances }]
  })
})

/** The same service, with such questions batched. */
export const batchedInstances = (client: Ec2["Service"]): Ec2["Service"] => {
  const resolver = RequestResolver.make<OneInstance>((entries) => {
    const ids = [...new Set(entries.map(({ request }) => request.id))]
    const complete = (exit: Exit.Exit<Answer, AwsError>, asked: ReadonlyArray<Request.Entry<OneInstance>>): void => {
      for (const entry of asked) entry.completeUnsafe(Exit.map(exit, (answer) => only(answer, entry.request.id)))
    }
    const oneByOne = Effect.forEach(
      ids,
      (id) =>
        Effect.map(Effect.exit(client.describeInstances({ InstanceIds: [id] })), (exit) =>
          complete(
            exit,
            entries.filter(({ request }) => request.id === id)
          )
        ),
      { concurrency: 10, discard: true }
    )
    return Effect.flatMap(Effect.exit(client.describeInstances({ InstanceIds: ids })), (exit) => {
      const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none()
      if (ids.length > 1 && Option.isSome(error) && isAboutOneId(error.value)) return oneByOne
      return Effect.sync(() => complete(exit, entries))
    })
  }).pipe(RequestResolver.setDelay(windowMillis), RequestResolver.batchN(batchMax))
  return {
    ...client,
    describeInstances: (question) => {
      const id = soleId(question)
      return id === undefined ? client.describeInstances(question) : Effect.request(OneInstance({ id }), resolver)
    }
  }
}
