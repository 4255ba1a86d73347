/**
 * Time and chance are services: the same seed must give the same history on every machine.
 *
 * Names what code under simulation may not touch, and what to use instead. Clocks, timers and entropy are banned in everything
 * that runs in a simulated world; promises, whose order no seed decides, in simulator, controllers and scenario engine; what
 * depends on the machine's language settings or copies objects, in all of these. Exceptions stand in `AllowList.ts`.
 */
import type { Finding } from "./Finding.ts"
import { codeOf, lineAt, type SourceFile } from "./SourceFile.ts"

interface Ban {
  readonly rule: "clock" | "timer" | "chance" | "promise" | "locale" | "clone"
  readonly pattern: RegExp
  readonly instead: string
}

const clock = "ask Effect's Clock or DateTime (controllers) or kernel.now() (simulator)"
const timer = "a reconcile says when to look again, the simulator puts a tagged event on its component's timers"
const chance = "draw from a named stream of the kernel, or from Effect's Random"
const promise = "no seed decides the order of promises: write an Effect or a plain function"
const locale = "the answer depends on the machine's language data: compare with < and >, format by hand"

/** What may not appear in code, and what to do instead. */
export const bans: ReadonlyArray<Ban> = [
  { rule: "clock", pattern: /\bDate\s*\.\s*now\b/g, instead: clock },
  { rule: "clock", pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\s\w(.]))/g, instead: clock },
  { rule: "clock", pattern: /(?<![\w.]|new\s+)Date\s*\(\s*\)/g, instead: clock },
  { rule: "clock", pattern: /\bperformance\s*\.\s*(?:now|timeOrigin)\b/g, instead: clock },
  { rule: "clock", pattern: /\bprocess\s*\.\s*(?:hrtime|uptime)\b/g, instead: clock },
  { rule: "timer", pattern: /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/g, instead: timer },
  { rule: "timer", pattern: /\bprocess\s*\.\s*nextTick\b/g, instead: timer },
  { rule: "chance", pattern: /\bMath\s*\.\s*random\b/g, instead: chance },
  { rule: "chance", pattern: /\b(?:randomUUID|getRandomValues|randomBytes|randomInt)\b/g, instead: chance },
  { rule: "promise", pattern: /\basync\b(?=\s*(?:function\b|\(|\*|[\w$]+\s*(?:=>|\(|<)))/g, instead: promise },
  { rule: "promise", pattern: /\bPromise\b/g, instead: promise },
  { rule: "promise", pattern: /\bEffect\s*\.\s*(?:promise|tryPromise|runPromise\w*)\b/g, instead: promise },
  { rule: "locale", pattern: /\.\s*(?:localeCompare|toLocale\w+)\b/g, instead: locale },
  { rule: "locale", pattern: /\bIntl\b/g, instead: locale },
  {
    rule: "clone",
    pattern: /\bstructuredClone\b/g,
    instead: "objects are deeply frozen and shared: build the changed object from the old one"
  }
]

const inSource = (folders: string): RegExp => new RegExp(`^(?:${folders})/src/`)
const simulated = inSource("libs/(?:contracts|controllers)/[^/]+|simulator/[^/]+|scenarios/[^/]+")
const withoutPromises = inSource("libs/controllers/[^/]+|simulator/[^/]+|scenarios/engine")

const appliesTo = (ban: Ban, path: string): boolean => (ban.rule === "promise" ? withoutPromises : simulated).test(path)

/** Every use of a banned name. */
export const checkClocksAndChance = (files: ReadonlyArray<SourceFile>): ReadonlyArray<Finding> =>
  files.flatMap((file) => {
    const applying = bans.filter((ban) => appliesTo(ban, file.path))
    if (applying.length === 0) return []
    const code = codeOf(file.text)
    return applying.flatMap(({ instead, pattern, rule }) =>
      [...code.matchAll(pattern)].map((match) => ({
        path: file.path,
        line: lineAt(code, match.index),
        rule,
        message: `${match[0].trim()} is banned here: ${instead}`
      }))
    )
  })
