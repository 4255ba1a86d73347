/**
 * The webhooks' certificate from a folder of the operator's: `tls.crt`, `tls.key`, and `ca.crt` if the manager is to spread it.
 *
 * @source https://github.com/kubernetes-sigs/controller-runtime pkg/webhook/server.go (CertDir)
 */
import { cannotRun, type Stop } from "@capstan/command-line"
import { Effect, FileSystem, Option } from "effect"
import type { Serving } from "./ServingCertificate.ts"

export const servingIn = Effect.fnUntraced(function* (
  folder: string
): Effect.fn.Return<Serving, Stop, FileSystem.FileSystem> {
  const files = yield* FileSystem.FileSystem
  const read = (name: string) => files.readFileString(`${folder}/${name}`)
  const needed = (name: string) =>
    Effect.mapError(read(name), () => cannotRun(`--webhook-cert-dir: ${folder}/${name} cannot be read.`))
  return {
    certificate: yield* needed("tls.crt"),
    key: yield* needed("tls.key"),
    authorities: Option.getOrUndefined(yield* Effect.option(read("ca.crt")))
  }
})
