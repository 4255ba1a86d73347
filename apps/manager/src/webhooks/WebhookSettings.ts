/** Where webhooks are served, and with whose certificate. */
import type { ListenAt } from "../settings/Values.ts"

export interface WebhookSettings {
  readonly at: ListenAt
  /** Of the operator's own certificate; the shared Secret's unless given. */
  readonly certificateFolder: string | undefined
}
