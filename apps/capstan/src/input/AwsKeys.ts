/** The keys that open a simulated account: the demonstration's, or the user's. Pure. */
import * as Result from "effect/Result"

export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** How the secret may be written on a screen: the demonstration's in full, the user's as the variable that holds it. */
  readonly shownSecret: string
}

/** Where the secret comes from when it is not the demonstration's: no command line, which everybody can read. */
const secretVariable = "CAPSTAN_SIM_SECRET_ACCESS_KEY"
const demonstrationKey = "test"

/** The demonstration's keys are known to everybody, so they open nothing that others can reach. */
export const parseAwsKeys = (
  given: { readonly accessKeyId: string | undefined; readonly host: string },
  environment: { readonly [name: string]: string | undefined }
): Result.Result<AwsKeys, string> => {
  const accessKeyId = given.accessKeyId ?? demonstrationKey
  const own = environment[secretVariable] ?? ""
  if (own !== "") return Result.succeed({ accessKeyId, secretAccessKey: own, shownSecret: `$${secretVariable}` })
  return isLoopback(given.host)
    ? Result.succeed({ accessKeyId, secretAccessKey: demonstrationKey, shownSecret: demonstrationKey })
    : Result.fail(
        `The demonstration keys open an account on this machine only: to listen at ${given.host}, set ${secretVariable}.`
      )
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host)
