/** `${{ … }}` in scenario files: CEL over `vars` and `matrix`, filled in before anything else is looked at. Pure. */
import type { Diagnostic } from "../language/Diagnostic.ts"
import { type Compiler, makeCompiler, type Scene } from "../language/Expression.ts"
import type { Path, YamlDocument } from "../language/YamlSource.ts"

const template = /\$\{\{(.+?)\}\}/gs

/** Where nothing is and nothing has happened: all that a template can ask for, since it is filled in before the run. */
export const emptyScene: Scene = {
  nowMillis: 0,
  binding: () => undefined,
  victims: () => [],
  stepStartMillis: () => undefined,
  stepEndMillis: () => undefined,
  faultEnded: () => false,
  etcd: () => ({ members: 0, healthy: 0 }),
  instancesOf: () => [],
  workload: () => undefined,
  calls: () => 0
}

/** The value of one expression over constants, or what is wrong with it. */
export const evaluateConstant = (
  compiler: Compiler,
  text: string
): { readonly value: unknown } | { readonly code: string; readonly message: string; readonly hint?: string } => {
  const { expression, problems } = compiler.compile(text)
  const problem = problems[0]
  if (expression === undefined) {
    return problem ?? { code: "CEL001", message: "This expression cannot be read." }
  }
  const evaluation = expression.evaluate(emptyScene)
  if (evaluation._tag === "Unknown") return { code: "CEL004", message: `${evaluation.message}.` }
  return { value: typeof evaluation.value === "bigint" ? Number(evaluation.value) : evaluation.value }
}

/** Fills in every template below a value. Map keys are left alone. */
export const fillTemplates = (options: {
  readonly file: string
  readonly document: YamlDocument
  readonly value: unknown
  readonly path: Path
  readonly constants: { readonly [name: string]: unknown }
}): { readonly value: unknown; readonly diagnostics: ReadonlyArray<Diagnostic> } => {
  const compiler = makeCompiler({ bindings: [], constants: options.constants })
  const diagnostics: Array<Diagnostic> = []
  const fillText = (text: string, path: Path): unknown => {
    const whole = /^\$\{\{(.+?)\}\}$/s.exec(text.trim())
    const evaluate = (source: string): unknown => {
      const result = evaluateConstant(compiler, source.trim())
      if ("value" in result) return result.value
      const { code, hint, message } = result
      diagnostics.push({
        file: options.file,
        ...options.document.positionOf(path),
        code,
        message,
        ...(hint === undefined ? {} : { hint })
      })
      return ""
    }
    if (whole?.[1] !== undefined) return evaluate(whole[1])
    return text.replaceAll(template, (_, source: string) => String(evaluate(source)))
  }
  const fill = (value: unknown, path: Path): unknown => {
    if (typeof value === "string") return value.includes("${{") ? fillText(value, path) : value
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]))
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]))
  }
  return { value: fill(options.value, options.path), diagnostics }
}
