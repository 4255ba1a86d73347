/**
 * A project of the workspace, as its `package.json` and `tsconfig.json` tell it.
 *
 * These two files say the same thing twice, for npm and Nx, and for the compiler; `Manifests.ts` holds them together.
 */
import type { SourceFile } from "./SourceFile.ts"

/** One folder with a `package.json`. `dependencies` maps each package, of whatever kind, to the range that is asked for. */
export interface Project {
  readonly folder: string
  readonly name: string
  readonly tag: string
  readonly dependencies: ReadonlyMap<string, string>
  readonly developmentOnly: ReadonlySet<string>
  readonly doors: ReadonlySet<string>
  readonly manifest: SourceFile
}

interface Manifest {
  readonly name?: string
  readonly nx?: { readonly tags?: ReadonlyArray<string> }
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** A project from its `package.json`. The root's folder is the empty string. */
export const projectOf = (file: SourceFile): Project => {
  const manifest: Manifest = JSON.parse(file.text)
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest
  return {
    folder: file.path.split("/").slice(0, -1).join("/"),
    name: manifest.name ?? "",
    tag: manifest.nx?.tags?.[0] ?? "",
    dependencies: new Map(
      Object.entries({ ...devDependencies, ...peerDependencies, ...optionalDependencies, ...dependencies })
    ),
    developmentOnly: new Set(Object.keys(devDependencies ?? {})),
    doors: new Set(Object.keys(manifest.exports ?? {})),
    manifest: file
  }
}

/** The project in whose folder a file stands, or `undefined` for files of the root. */
export const projectAt = (projects: ReadonlyArray<Project>, path: string): Project | undefined =>
  projects.find((project) => project.folder !== "" && path.startsWith(`${project.folder}/`))

/** The line of a manifest that names a package first, or 1. */
export const lineNaming = (file: SourceFile, word: string): number =>
  Math.max(1, file.text.split("\n").findIndex((line) => line.includes(`"${word}"`)) + 1)
