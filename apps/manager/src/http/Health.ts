/** What a manager is doing now, as far as kubelets and people ask. Pure but for the one cell. */
import type { ManagerSnapshot } from "@capstan/runtime"

/** `waiting`: for a Lease. `leading`: its controllers run, or are about to. */
export type Stage = "starting" | "waiting" | "leading" | "stopping"

export interface Answer {
  readonly status: number
  readonly text: string
}

export class Health {
  stage: Stage = "starting"
  snapshot: (() => ManagerSnapshot) | undefined
  /** False while webhooks are to be served and have no certificate to show yet. */
  webhooksShown = true

  /** Whether the process is worth being kept. */
  healthz(): Answer {
    return { status: 200, text: "ok" }
  }

  /** Whether it does its part: one that waits for its turn does. */
  readyz(): Answer {
    const notReady = (why: string): Answer => ({ status: 500, text: `not ready: ${why}` })
    if (!this.webhooksShown && this.stage !== "stopping") return notReady("the webhooks have no certificate yet")
    switch (this.stage) {
      case "starting":
        return notReady("the management cluster has not answered yet")
      case "waiting":
        return { status: 200, text: "ok: waiting for the Lease" }
      case "stopping":
        return notReady("stopping")
      case "leading": {
        const snapshot = this.snapshot?.()
        if (snapshot === undefined) return notReady("the controllers have not started yet")
        return snapshot.starting.length === 0
          ? { status: 200, text: "ok: leading" }
          : notReady(`nothing has been listed yet of ${snapshot.starting.join(", ")}`)
      }
    }
  }
}
