/**
 * Questions for one instance, or one load balancer, that are asked at the same moment go to AWS as one.
 *
 * A hundred machines that are looked at again together are a hundred calls otherwise, and each control-plane machine asks for the
 * same load balancer. AWS refuses the whole question when it does not know one of the names, or one is malformed; then each is
 * asked by itself, so that only who asked for it hears of it. A call is caused by the first that asked.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
 * @source https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeLoadBalancers.html
 */
import type { AwsError, Ec2, Elb } from "@capstan/aws"
import { Cause, Effect, Exit, Option, Request, RequestResolver } from "effect"

/** Asked within this time of each other, milliseconds, questions go together. */
const windowMillis = 20

interface ForOne<Answer> extends Request.Request<Answer, AwsError> {
  readonly _tag: "ForOne"
  readonly name: string
}

type Ask<Question, Answer> = (question: Question) => Effect.Effect<Answer, AwsError>

interface Batching<Question, Answer> {
  readonly ask: Ask<Question, Answer>
  /** The name, when a question asks for one thing and nothing else. */
  readonly soleName: (question: Question) => string | undefined
  readonly questionFor: (names: ReadonlyArray<string>) => Question
  /** The part of an answer that is about one of them. */
  readonly only: (answer: Answer, name: string) => Answer
  /** Whether a refusal is about one name, and the others are not to blame. */
  readonly isAboutOne: (error: AwsError) => boolean
  /** Names in one question. */
  readonly batchMax: number
}

const batched = <Question, Answer>(options: Batching<Question, Answer>): Ask<Question, Answer> => {
  const { ask, batchMax, isAboutOne, only, questionFor, soleName } = options
  type Entry = Request.Entry<ForOne<Answer>>
  const ForOne = Request.tagged<ForOne<Answer>>("ForOne")
  const complete = (exit: Exit.Exit<Answer, AwsError>, asked: ReadonlyArray<Entry>): void => {
    for (const entry of asked) entry.completeUnsafe(Exit.map(exit, (answer) => only(answer, entry.request.name)))
  }
  const resolver = RequestResolver.make<ForOne<Answer>>((entries) => {
    const names = [...new Set(entries.map(({ request }) => request.name))]
    const oneByOne = Effect.forEach(
      names,
      (name) =>
        Effect.map(Effect.exit(ask(questionFor([name]))), (exit) =>
          complete(
            exit,
            entries.filter(({ request }) => request.name === name)
          )
        ),
      { concurrency: 10, discard: true }
    )
    return Effect.flatMap(Effect.exit(ask(questionFor(names))), (exit) => {
      const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none()
      if (names.length > 1 && Option.isSome(error) && isAboutOne(error.value)) return oneByOne
      return Effect.sync(() => complete(exit, entries))
    })
  }).pipe(RequestResolver.setDelay(windowMillis), RequestResolver.batchN(batchMax))
  return (question) => {
    const name = soleName(question)
    return name === undefined ? ask(question) : Effect.request(ForOne({ name }), resolver)
  }
}

/** The only element of a list that is all there is of a question. */
const soleElement = (question: object, list: ReadonlyArray<string> | undefined): string | undefined => {
  const [name, ...others] = list ?? []
  const fields = Object.values(question).filter((value) => value !== undefined)
  return fields.length === 1 && others.length === 0 ? name : undefined
}

/** The same service, with questions for single instances batched. */
export const withBatchedInstances = (client: Ec2["Service"]): Ec2["Service"] => ({
  ...client,
  describeInstances: batched({
    ask: client.describeInstances,
    soleName: (question) => soleElement(question, question.InstanceIds),
    questionFor: (ids) => ({ InstanceIds: [...ids] }),
    only: (answer, id) => ({
      Reservations: (answer.Reservations ?? []).flatMap((reservation) => {
        const Instances = (reservation.Instances ?? []).filter((instance) => instance.InstanceId === id)
        return Instances.length === 0 ? [] : [{ ...reservation, Instances }]
      })
    }),
    // `InvalidInstanceID.NotFound`, `InvalidInstanceID.Malformed`.
    isAboutOne: (error) => error.code.startsWith("InvalidInstanceID"),
    batchMax: 100
  })
})

/** The same service, with questions for single load balancers batched. */
export const withBatchedLoadBalancers = (client: Elb["Service"]): Elb["Service"] => ({
  ...client,
  describeLoadBalancers: batched({
    ask: client.describeLoadBalancers,
    soleName: (question) => soleElement(question, question.LoadBalancerNames),
    questionFor: (names) => ({ LoadBalancerNames: [...names] }),
    only: (answer, name) => ({
      LoadBalancerDescriptions: (answer.LoadBalancerDescriptions ?? []).filter(
        ({ LoadBalancerName }) => LoadBalancerName === name
      )
    }),
    isAboutOne: (error) => error.code === "LoadBalancerNotFound",
    batchMax: 20
  })
})
