/**
 * The keys that open the account: one pair that lasts, and those that `AssumeRole` has handed out until they end.
 *
 * Temporary keys end by the clock that callers sign with, since that is the one by which a caller renews them. However many are
 * asked for, no more than a number of them are kept; the oldest go first.
 * Left out: what a key may do; every one opens the whole account.
 *
 * @fidelity documented https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html — Temporary keys are good with their token and until their expiration.
 * @source https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
 */
import type { StsOperations } from "@capstan/aws"

/** A key pair that is good for calls. */
export interface WireCredentials {
  readonly secretAccessKey: string
  /** Temporary keys come with a token, and end. */
  readonly session?: { readonly token: string; readonly expiresMillis: number }
}

const issuedMax = 10_000

export class Keyring {
  /** The account's region: where signatures have to be for. */
  readonly region: string
  readonly #lasting: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly #issued = new Map<string, WireCredentials>()

  constructor(options: { readonly region: string; readonly accessKeyId: string; readonly secretAccessKey: string }) {
    this.region = options.region
    this.#lasting = options
  }

  /** The keys with this id, or `undefined`. */
  credentials(accessKeyId: string): WireCredentials | undefined {
    const { accessKeyId: lasting, secretAccessKey } = this.#lasting
    return accessKeyId === lasting ? { secretAccessKey } : this.#issued.get(accessKeyId)
  }

  /** Takes in the keys that an answer hands out. */
  issue({ Credentials }: StsOperations["AssumeRole"]["output"]): void {
    const { AccessKeyId, Expiration, SecretAccessKey, SessionToken } = Credentials ?? {}
    if (AccessKeyId === undefined || SecretAccessKey === undefined) return
    const session = { token: SessionToken ?? "", expiresMillis: Expiration?.getTime() ?? 0 }
    this.#issued.set(AccessKeyId, { secretAccessKey: SecretAccessKey, session })
    const [oldest] = this.#issued.keys()
    if (this.#issued.size > issuedMax && oldest !== undefined) this.#issued.delete(oldest)
  }
}
