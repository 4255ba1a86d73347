/** `capstan explain`: reference in the terminal. */
import { exitCodeMeanings, type Stop, usage } from "@capstan/command-line"
import { didYouMean, metricMeanings } from "@capstan/engine/text"
import * as Effect from "effect/Effect"

const topics: { readonly [topic: string]: () => string } = {
  "exit-code": () => exitCodeMeanings.map(([code, meaning]) => `${String(code).padStart(4)}  ${meaning}`).join("\n"),
  metric: () => metricMeanings.map(([metric, meaning]) => `${metric.padEnd(12)}  ${meaning}`).join("\n")
}

export const explainCommand = (topic: string): Effect.Effect<void, Stop> =>
  Effect.suspend(() => {
    const explain = Object.hasOwn(topics, topic) ? topics[topic] : undefined
    if (explain === undefined) {
      return Effect.fail(
        usage(`There is nothing to explain about '${topic}'. ${didYouMean(topic, Object.keys(topics)).hint ?? ""}`)
      )
    }
    return Effect.sync(() => void process.stdout.write(`${explain()}\n`))
  })
