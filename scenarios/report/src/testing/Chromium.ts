/**
 * A Chromium of this machine, to look at reports with: Debian's, Google's, or the one that `CHROMIUM` names.
 *
 * None is fetched: where there is none, whoever asks has to say so aloud.
 *
 * @source https://playwright.dev/docs/api/class-browsertype#browser-type-launch
 */
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { type Browser, chromium } from "playwright-core"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where it is; undefined when there is none. */
export const findChromium = (environment: NodeJS.ProcessEnv = process.env): string | undefined => {
  const { CHROMIUM, PATH = "" } = environment
  if (CHROMIUM !== undefined && CHROMIUM !== "") return isProgram(CHROMIUM) ? CHROMIUM : undefined
  const folders = PATH.split(delimiter).filter((folder) => folder !== "")
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
}

/** Starts it without a window. Chromium's own sandbox does not work for root, as which containers run. */
export const openChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] })
