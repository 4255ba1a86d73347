/**
 * `capstan replay … --break|--step|--serve`: a run that stops in the middle, to be looked at, gone on with by hand, and served to kubectl.
 */
import { endWith, ExitCode, Stop, usage } from "@capstan/command-line"
import { compileQuestion, holds, StoryTeller, type TimeTravel } from "@capstan/engine"
import { formatClock, type RunResult } from "@capstan/engine/text"
import type { TraceEvent } from "@capstan/kernel"
import { eventLine, redactEvent } from "@capstan/report/trace"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { openLines } from "../input/Lines.ts"
import { parseMoment } from "../input/Moment.ts"
import { parsePort } from "../input/SimFlags.ts"
import { parseStepCommand, type StepCommand, stepHelp } from "../input/StepCommand.ts"
import { Screen } from "../output/Screen.ts"
import { linesOf } from "../report/Amounts.ts"
import { storyReporter, verdictLines } from "../report/StoryReport.ts"
import { exitCodeOfRun, groupsOf } from "../report/TestReport.ts"
import type { RunAnswer } from "../run/Messages.ts"
import { beginTravel, goOn, goTo, type TravelFlags } from "../run/Traveller.ts"
import { kubeconfigOf } from "../sim/Kubeconfig.ts"
import { writeKubeconfig } from "../sim/KubeconfigFile.ts"
import { openDoor } from "../sim/OpenDoor.ts"
import { workloadServer } from "../sim/OpenNetwork.ts"

export interface TravelCommandFlags extends TravelFlags {
  readonly until: string | undefined
  /** The expression of `--break`. */
  readonly stop: string | undefined
  readonly step: boolean
  readonly serve: boolean
  readonly port: string | undefined
  readonly host: string | undefined
  readonly kubeconfig: string | undefined
  /** Flags that were given and are about runs that are not stopped. */
  readonly ofWholeRuns: ReadonlyArray<string>
  readonly colour: boolean | undefined
}

const contextName = "capstan-past"
/** Not that of a world that is up. */
const pastKubeconfig = ".capstan/past.kubeconfig"

export const travelCommand = (flags: TravelCommandFlags): Effect.Effect<void, Stop> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { port, untilMillis } = yield* Effect.mapError(Effect.fromResult(wishOf(flags)), usage)
      const session = new Session(new Screen(flags.colour))
      const traveller = yield* beginTravel(flags, (event) => session.hear(event))
      const { perturbation, plan, seed, travel } = traveller
      const [group] = groupsOf([plan], [seed])
      const [job] = group?.jobs ?? []
      if (group === undefined || job === undefined) return
      const told = perturbation === undefined ? job : { ...job, perturbation }
      const question = yield* compiled(travel, flags.stop)
      session.begin(storyReporter(session.screen.paint).open?.(told, group) ?? "")
      const held = yield* comeTo(travel, session, untilMillis, question, flags)
      const asked = flags.step || flags.serve
      if (flags.serve) yield* serve(travel, session, flags, port)
      if (asked) yield* obey(travel, session, flags.serve)
      if (!travel.isOver) {
        travel.finish()
        return
      }
      const answer = session.verdict(travel)
      if (!held && !asked) return yield* endWith(ExitCode.nothingMatched)
      return yield* endWith(exitCodeOfRun({ job: told, answer, divergence: undefined }))
    })
  )

const wishOf = (flags: TravelCommandFlags) =>
  Result.gen(function* () {
    const [whole] = flags.ofWholeRuns
    if (whole !== undefined) {
      return yield* Result.fail(`${whole} is about a whole run: leave out --break, --step and --serve.`)
    }
    const served = Object.entries({ "--port": flags.port, "--host": flags.host, "--kubeconfig": flags.kubeconfig })
    const [name] = served.find(([, given]) => given !== undefined) ?? []
    if (name !== undefined && !flags.serve) return yield* Result.fail(`${name} goes with --serve.`)
    return {
      port: flags.port === undefined ? 0 : yield* parsePort(flags.port),
      untilMillis: flags.until === undefined ? undefined : yield* parseMoment(flags.until)
    }
  })

/** Whether an expression holds now; undefined without one. */
const compiled = (travel: TimeTravel, source: string | undefined): Effect.Effect<(() => boolean) | undefined, Stop> =>
  source === undefined
    ? Effect.succeed(undefined)
    : Effect.map(
        Effect.mapError(Effect.fromResult(compileQuestion(source, travel.names)), usage),
        ({ expression }) =>
          () =>
            holds(expression.evaluate(travel.scene()))
      )

/** What is shown of a run while it goes on: its story until it stops for the first time, then every event. */
class Session {
  readonly screen: Screen
  private readonly teller = new StoryTeller()
  /** What came before it is known what to do with it. */
  private early: Array<TraceEvent> | undefined = []
  private each = false
  private answer: RunAnswer | undefined

  constructor(screen: Screen) {
    this.screen = screen
  }

  begin(head: string): void {
    this.screen.print(head)
    const early = this.early ?? []
    this.early = undefined
    for (const event of early) this.hear(event)
  }

  hear(event: TraceEvent): void {
    if (this.early !== undefined) {
      this.early.push(event)
      return
    }
    // It tells what it has heard: so it hears everything.
    const story = this.teller.tell(event)
    this.screen.print(linesOf((this.each ? [eventLine(redactEvent(event))] : story).map((line) => ` ${line}`)))
  }

  /** From now on event by event, or as a story again. */
  showEach(each: boolean): void {
    this.each = each
  }

  stopped(travel: TimeTravel, why: string): void {
    this.screen.print(`\n Stopped at ${clockOf(travel)}${why === "" ? "" : `: ${why}`}\n\n`)
  }

  tree(travel: TimeTravel): void {
    this.screen.print(`${travel.tree().trimEnd()}\n\n`)
  }

  /** Tells the verdict, once. */
  verdict(travel: TimeTravel): RunAnswer {
    if (this.answer !== undefined) return this.answer
    this.each = false
    const result: RunResult = travel.finish()
    const answer: RunAnswer = { result, defect: undefined, otherHash: undefined, wallMillis: 0, causes: {} }
    this.answer = answer
    const { passed, problem, traceHash } = result
    const why = problem === undefined ? "" : `: ${problem.message}`
    this.screen.print(
      linesOf([
        "",
        ` The run is over at ${clockOf(travel)}, and has ${passed ? "passed" : "failed"}${why}`,
        "",
        ...verdictLines(answer, this.screen.paint),
        "",
        ` Trace     hash ${traceHash}`
      ])
    )
    return answer
  }
}

const clockOf = (travel: TimeTravel): string => formatClock(travel.millis, { millis: true })

/** Goes to where the flags say. Whether it came there; without a place, it stays at the start. */
const comeTo = (
  travel: TimeTravel,
  session: Session,
  untilMillis: number | undefined,
  question: (() => boolean) | undefined,
  { stop = "" }: TravelCommandFlags
): Effect.Effect<boolean, Stop> =>
  Effect.gen(function* () {
    if (question === undefined) {
      if (untilMillis !== undefined) yield* goTo(travel, untilMillis)
      session.stopped(travel, "")
      session.tree(travel)
      return true
    }
    const stopped = yield* goOn(travel, { when: question, ...(untilMillis === undefined ? {} : { untilMillis }) })
    if (stopped === "when") {
      const event = travel.lastHappening
      const after = event === undefined ? "" : `, after\n ${eventLine(redactEvent(event))}`
      session.stopped(travel, `${stop} holds${after}`)
      session.tree(travel)
    } else if (stopped === "over") {
      session.screen.print(`\n It never holds in this run: ${stop}\n`)
    } else {
      session.stopped(travel, `until then, ${stop} does not hold`)
      session.tree(travel)
    }
    return stopped === "when"
  })

const frozen = "this is the past, and the past cannot be changed: the world is a replay that stands still"

/** Opens the world to kubectl, for reading. */
const serve = (
  travel: TimeTravel,
  session: Session,
  flags: TravelCommandFlags,
  port: number
): Effect.Effect<void, Stop, Scope.Scope> =>
  Effect.gen(function* () {
    const { world } = travel
    const door = yield* openDoor({
      server: world.server,
      workloadServer: (namespace, name) => workloadServer(world, namespace, name),
      readOnly: frozen,
      port,
      ...(flags.host === undefined ? {} : { host: flags.host })
    })
    const file = flags.kubeconfig ?? pastKubeconfig
    const access = { server: door.url, authority: door.authority, token: door.token }
    yield* writeKubeconfig(file, contextName, kubeconfigOf(contextName, access))
    session.screen.print(
      linesOf([
        ` The world of ${clockOf(travel)} is at ${door.url}, to be read and not to be written.`,
        "",
        `   export KUBECONFIG=${file}`,
        "   kubectl get machines -A",
        "",
        " Enter goes on to the next event, h shows what else there is, Ctrl-C ends it.",
        ""
      ])
    )
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => session.screen.print(`\n The world is gone; ${file} leads nowhere now.\n`))
    )
  })

/** Does what the lines of stdin say, until they end or say so. A world that is served stays when they have ended. */
const obey = (travel: TimeTravel, session: Session, stays: boolean): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const lines = yield* openLines
    for (;;) {
      if (lines.isTerminal) session.screen.print(`${clockOf(travel)}> `)
      const line = yield* lines.next
      if (line === undefined) return stays ? yield* Effect.never : undefined
      const command = parseStepCommand(line)
      if (Result.isFailure(command)) session.screen.complain(`capstan: ${command.failure}`)
      else if (command.success._tag === "Quit") return
      else {
        const refused = yield* Effect.result(perform(travel, session, command.success))
        if (Result.isFailure(refused)) session.screen.complain(`capstan: ${refused.failure.message}`)
      }
    }
  })

const perform = (travel: TimeTravel, session: Session, command: StepCommand): Effect.Effect<void, Stop> =>
  Effect.gen(function* () {
    switch (command._tag) {
      case "Tree":
        return session.tree(travel)
      case "Help":
        return session.screen.print(linesOf(stepHelp))
      case "Next":
        session.showEach(true)
        return arrived(travel, session, yield* goOn(travel, { when: () => true }))
      case "Write": {
        session.showEach(true)
        const { seq } = travel.world.kernel.trace
        const written = () => travel.events.slice(seq).some(({ kind }) => kind === "write")
        return arrived(travel, session, yield* goOn(travel, { when: written }))
      }
      case "Until": {
        if (command.millis < travel.millis) {
          return yield* usage(
            `${formatClock(command.millis)} is over: it is ${clockOf(travel)}. A replay only goes on.`
          )
        }
        session.showEach(false)
        const stopped = yield* goOn(travel, { untilMillis: command.millis })
        if (stopped === "time") session.stopped(travel, "")
        return arrived(travel, session, stopped)
      }
      case "Continue": {
        const when = yield* compiled(travel, command.expression)
        session.showEach(false)
        const stopped = yield* goOn(travel, when === undefined ? {} : { when })
        if (stopped === "when") session.stopped(travel, `${command.expression} holds`)
        return arrived(travel, session, stopped)
      }
      case "Quit":
        return
    }
  })

/** The end of a run comes with its verdict, whichever way it was reached. */
const arrived = (travel: TimeTravel, session: Session, stopped: "when" | "time" | "over"): void => {
  if (stopped === "over") session.verdict(travel)
}
