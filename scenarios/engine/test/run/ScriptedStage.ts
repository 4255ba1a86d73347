/** A stage for tests of steps and expectations: time and members are set by the test, everything that is done is noted. */
import type { Scene, Victim } from "../../src/language/Expression.ts"
import type { Binding } from "../../src/language/ScenarioDocument.ts"
import type { Stage } from "../../src/run/Stage.ts"

export class ScriptedStage {
  now = 0
  members: ReadonlyArray<unknown> = []
  refusal: string | undefined
  readonly done: Array<string> = []
  readonly wakes: Array<number> = []
  readonly ended = new Set<string>()

  readonly stage: Stage = {
    now: () => this.now,
    wakeAt: (millis) => void this.wakes.push(millis),
    members: (_binding: Binding) => this.members,
    apply: ({ object }) => this.note(`apply ${object.kind}`),
    patch: (_action, name) => this.note(`patch ${name}`),
    delete: (_reference, name) => this.note(`delete ${name}`),
    inject: (step, action, targets) => this.note(`inject ${step} ${action.fault.name} ${JSON.stringify(targets)}`),
    heal: (step) => {
      this.ended.add(step)
      this.done.push(`heal ${step}`)
    },
    faultEnded: (step) => this.ended.has(step),
    victims: (): ReadonlyArray<Victim> => [],
    observe: {
      etcd: () => ({ members: 0, healthy: 0 }),
      instancesOf: () => [],
      workload: () => undefined,
      calls: () => 0
    },
    note: () => 0,
    draw: () => 0
  }

  scene(): Scene {
    return {
      ...this.stage.observe,
      nowMillis: this.now,
      binding: () => this.members,
      victims: this.stage.victims,
      faultEnded: this.stage.faultEnded,
      stepStartMillis: () => undefined,
      stepEndMillis: () => undefined
    }
  }

  private note(what: string): string | undefined {
    this.done.push(what)
    return this.refusal
  }
}
