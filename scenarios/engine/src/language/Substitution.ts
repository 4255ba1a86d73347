/**
 * clusterctl's `${VAR}` substitution in manifests: `${VAR}`, `${VAR:-default}`, `${VAR:=default}`, `${VAR-default}`,
 * `${#VAR}`, `$${literal}`. Pure.
 *
 * Left out: the slicing and replacing forms (`${VAR:0:2}`, `${VAR/a/b}`): they are reported, not passed through.
 *
 * @source https://cluster-api.sigs.k8s.io/clusterctl/provider-contract and https://github.com/drone/envsubst
 */
import { shownText } from "./Diagnostic.ts"

export interface SubstitutionProblem {
  /** Offset of the `$` in the text. */
  readonly offset: number
  readonly message: string
  /** The variable's name, when the problem is that it has no value. */
  readonly missing?: string
}

export interface Substituted {
  readonly text: string
  /** The names that occur, in order of first use. */
  readonly variables: ReadonlyArray<string>
  readonly problems: ReadonlyArray<SubstitutionProblem>
}

const form = /\$(\$?)\{([^}]*)\}/g
const body = /^(#?)([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-=])(.*))?$/s

/** Fills in the variables. The text comes back as far as it could be filled. */
export const substitute = (text: string, values: { readonly [name: string]: string }): Substituted => {
  const variables = new Set<string>()
  const problems: Array<SubstitutionProblem> = []
  const filled = text.replaceAll(form, (whole, escaped: string, inner: string, offset: number) => {
    if (escaped !== "") return whole.slice(1)
    const match = body.exec(inner)
    if (match === null) {
      problems.push({
        offset,
        message: `'${shownText(whole)}' is not a substitution that clusterctl manifests may use.`
      })
      return whole
    }
    const [, length, name = "", operator, fallback = ""] = match
    variables.add(name)
    const given = Object.hasOwn(values, name) ? values[name] : undefined
    const value = given === undefined || (given === "" && operator?.startsWith(":") === true) ? undefined : given
    if (value === undefined && operator !== undefined) return fallback
    if (value === undefined) {
      problems.push({ offset, message: `Variable ${name} has no value.`, missing: name })
      return whole
    }
    return length === "#" ? String(value.length) : value
  })
  return { text: filled, variables: [...variables], problems }
}
