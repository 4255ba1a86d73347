/**
 * Reads a cloud-config: the files that it writes and the commands that it runs. Pure.
 *
 * Left out: users, disks, mounts, time servers and boot commands, none of which decides whether a machine joins; what a
 * command other than kubeadm does.
 *
 * @source https://cloudinit.readthedocs.io/en/latest/reference/modules.html
 */
import { gunzipSync } from "node:zlib"
import { Result } from "effect"
import { isList, listAt, textAt, valueAt } from "./YamlPath.ts"
import { readYaml, type YamlValue } from "./YamlReader.ts"

/** What a machine does at its first boot. */
export interface BootScript {
  /** Content by path. */
  readonly files: ReadonlyMap<string, string>
  /** One line each, in order. */
  readonly commands: ReadonlyArray<string>
}

/** The text in gzipped bytes, or in plain ones. Throws when they are neither. */
export const unpack = (bytes: Uint8Array): string =>
  Buffer.from(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString("utf8")

const contentOf = (entry: YamlValue): string => {
  const content = textAt(entry, "content") ?? ""
  const encoding = textAt(entry, "encoding") ?? ""
  if (/b(?:ase)?64/.test(encoding)) return unpack(Buffer.from(content, "base64"))
  return content
}

const commandOf = (command: YamlValue): ReadonlyArray<string> => {
  if (isList(command)) return [command.map(String).join(" ")]
  return typeof command === "string" ? [command] : []
}

/** Fails with a sentence when it is no cloud-config that cloud-init would take. */
export const readCloudConfig = (text: string): Result.Result<BootScript, string> => {
  if (!/^#cloud-config\s*(?:\n|$)/.test(text)) return Result.fail("the user data does not begin with #cloud-config")
  try {
    const document = readYaml(text)[0] ?? null
    const files = new Map<string, string>()
    for (const entry of listAt(document, "write_files")) {
      const path = textAt(entry, "path")
      if (path === undefined) continue
      const before = valueAt(entry, "append") === true ? (files.get(path) ?? "") : ""
      files.set(path, before + contentOf(entry))
    }
    return Result.succeed({ files, commands: listAt(document, "runcmd").flatMap(commandOf) })
  } catch (error) {
    return Result.fail(
      `the cloud-config cannot be read: ${error instanceof Error ? firstLine(error.message) : "no YAML"}`
    )
  }
}

const firstLine = (text: string): string => text.split("\n")[0] ?? ""
