/**
 * A report on disk: whole or not there at all.
 *
 * The report is collected beside its place and moved there at the end. The file beside it is opened before anything runs, so that a
 * folder that is missing or may not be written is known at once.
 */
import * as Result from "effect/Result"
import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from "node:fs"
import { dirname, resolve } from "node:path"

export interface ReportFile {
  readonly path: string
  /** Adds a part of the report now, before `write` ends it; a sentence when that fails. */
  readonly append: (text: string) => Result.Result<void, string>
  /** Writes the report, or the rest of it, and moves it to its place; a sentence when that fails. */
  readonly write: (text: string) => Result.Result<void, string>
  /** Takes away what was begun. Does nothing after `write`. */
  readonly discard: () => void
}

const reasons: { readonly [code: string]: (path: string) => string } = {
  ENOENT: (path) => `there is no folder ${dirname(path)}`,
  ENOTDIR: (path) => `${dirname(path)} is not a folder`,
  EISDIR: () => "it is a folder",
  EACCES: () => "you may not write there",
  EPERM: () => "you may not write there",
  EROFS: () => "the disk is read-only",
  ENOSPC: () => "the disk is full",
  EDQUOT: () => "your disk quota is used up"
}

const sentence = (path: string, error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : ""
  const reason = reasons[code]?.(path) ?? (error instanceof Error ? error.message : String(error))
  return `cannot write ${path}: ${reason}.`
}

/**
 * Begins a report file, or says why it cannot be written. What is no plain file, such as a pipe, is written to as it is.
 *
 * @param way `growing`: where others read along, it grows at its place; `added`: it is put behind what stands there already.
 */
export const openReportFile = (
  folder: string,
  file: string,
  way: "whole" | "growing" | "added" = "whole"
): Result.Result<ReportFile, string> => {
  const asked = resolve(folder, file)
  try {
    const known = statSync(asked, { throwIfNoEntry: false })
    const path = known?.isFile() === true ? realpathSync(asked) : asked
    const apart = way === "whole" && (known === undefined || known.isFile())
    const beside = apart ? `${path}.${process.pid}.part` : path
    const handle = openSync(beside, way === "added" ? "a" : "w")
    let open = true
    const close = (): void => {
      if (open) closeSync(handle)
      open = false
    }
    const discard = (): void => {
      if (!open) return
      close()
      if (apart) rmSync(beside, { force: true })
    }
    const put = (text: string): void => {
      const bytes = Buffer.from(text)
      for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written)
    }
    return Result.succeed({
      path,
      append: (text) => {
        try {
          return Result.succeed(put(text))
        } catch (error) {
          return Result.fail(sentence(file, error))
        }
      },
      write: (text) => {
        try {
          put(text)
          if (apart) fsyncSync(handle)
          close()
          if (apart) renameSync(beside, path)
          return Result.succeed(undefined)
        } catch (error) {
          close()
          if (apart) rmSync(beside, { force: true })
          return Result.fail(sentence(file, error))
        }
      },
      discard
    })
  } catch (error) {
    return Result.fail(sentence(file, error))
  }
}
