/**
 * Reads the user data that an instance was really launched with. Pure but for the secrets that it asks for.
 *
 * Either the user data is a cloud-config, or it is a MIME archive whose boothook fetches the cloud-config in pieces from a
 * secret store and hands it to cloud-init. Of that script only two things count: the prefix of the secrets' names and how many
 * there are; they are read out of its text, whoever wrote it.
 * Left out: Ignition, `#include`, scripts, and the boothook's deletion of the secrets it has read.
 *
 * @source https://cloudinit.readthedocs.io/en/latest/explanation/format.html
 * @fidelity observed cluster-api-provider-aws — Names of the pieces, gzip, ten tries ten seconds apart.
 */
import { Data, Result } from "effect"
import { type BootScript, readCloudConfig, unpack } from "./CloudConfig.ts"
import { type Host, renderTemplate } from "./JinjaTemplate.ts"

/** What came of reading user data. */
export type UserData = Data.TaggedEnum<{
  /** There is none, or none that cloud-init runs. */
  Nothing: {}
  Script: { readonly script: BootScript }
  /** A piece is not there (yet). */
  MissingSecret: { readonly name: string }
  Unreadable: { readonly message: string }
}>
export const UserData = Data.taggedEnum<UserData>()

interface SecretPieces {
  readonly prefix: string
  readonly count: number
}

/** Where a boothook says that the data is; `undefined` when it fetches nothing. */
export const secretPiecesOf = (script: string): SecretPieces | undefined => {
  const prefix = /^\s*(?:export\s+)?[A-Za-z_]*PREFIX[A-Za-z_]*=["']?([^"'\s]+)/im.exec(script)?.[1]
  const count = /^\s*(?:export\s+)?[A-Za-z_]*(?:CHUNK|COUNT)[A-Za-z_]*=["']?(\d+)/im.exec(script)?.[1]
  return prefix === undefined || count === undefined ? undefined : { prefix, count: Number(count) }
}

/** Pieces in Parameter Store have paths; those in Secrets Manager have numbers behind a dash. */
const pieceName = ({ prefix }: SecretPieces, index: number): string =>
  prefix.startsWith("/") ? `${prefix}/${index}` : `${prefix}-${index}`

interface MimePart {
  readonly type: string
  readonly body: string
}

/** The parts of a MIME archive; `undefined` when the text is none. */
const mimeParts = (text: string): ReadonlyArray<MimePart> | undefined => {
  const boundary = /^Content-Type:\s*multipart\/[a-z]+;\s*boundary="?([^"\s;]+)/im.exec(text.slice(0, 1000))?.[1]
  if (boundary === undefined) return undefined
  return text
    .split(`--${boundary}`)
    .slice(1)
    .flatMap((part) => {
      const end = part.indexOf("\n\n")
      const type = /^Content-Type:\s*([^\s;]+)/im.exec(part.slice(0, end))?.[1]
      return type === undefined || end < 0 ? [] : [{ type: type.toLowerCase(), body: part.slice(end + 2) }]
    })
}

const asScript = (text: string, host: Host): UserData => {
  const read = readCloudConfig(renderTemplate(text, host))
  return Result.isSuccess(read)
    ? UserData.Script({ script: read.success })
    : UserData.Unreadable({ message: read.failure })
}

const fetch = (pieces: SecretPieces, host: Host, readSecret: (name: string) => string | undefined): UserData => {
  const parts: Array<Buffer> = []
  for (let index = 0; index < pieces.count; index++) {
    const name = pieceName(pieces, index)
    const piece = readSecret(name)
    if (piece === undefined) return UserData.MissingSecret({ name })
    parts.push(Buffer.from(piece, "base64"))
  }
  try {
    return asScript(unpack(Buffer.concat(parts)), host)
  } catch {
    return UserData.Unreadable({ message: `the secrets ${pieces.prefix} hold no gzipped data` })
  }
}

export const readUserData = (
  userData: string | undefined,
  host: Host,
  readSecret: (name: string) => string | undefined
): UserData => {
  if (userData === undefined || userData.trim() === "") return UserData.Nothing()
  const parts = mimeParts(userData)
  if (parts === undefined) {
    return userData.startsWith("#!") ? UserData.Nothing() : asScript(userData, host)
  }
  const hook = parts.find((part) => part.type === "text/cloud-boothook")
  const pieces = hook === undefined ? undefined : secretPiecesOf(hook.body)
  if (pieces !== undefined) return fetch(pieces, host, readSecret)
  const config = parts.find((part) => part.type === "text/cloud-config" || part.type === "text/jinja2")
  return config === undefined ? UserData.Nothing() : asScript(config.body, host)
}
