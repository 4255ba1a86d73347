/**
 * Naming templates of Machines: `{{ .machineSet.name }}-{{ .random }}` and the like.
 *
 * Of Go's templates only fields are understood (`{{ .a.b }}`, with `-` to trim spaces): names need nothing else.
 * Unknown fields are errors, never empty text.
 *
 * @source https://cluster-api.sigs.k8s.io/reference/api/crd-relationships
 */
import { maxNameBaseLength, maxNameLength } from "../meta/SafeNames.ts"

export const defaultMachineSetNaming = "{{ .machineSet.name }}-{{ .random }}"

export const defaultControlPlaneNaming = "{{ .kubeadmControlPlane.name }}-{{ .random }}"

/** What a template may name, by path: `{ "cluster.name": …, "machineSet.name": …, random: … }`. */
export type NamingValues = { readonly [path: string]: string }

export type NamingResult =
  | { readonly _tag: "Named"; readonly name: string }
  | { readonly _tag: "Refused"; readonly message: string }

const action = /(\s*\{\{-|\{\{)([\s\S]*?)(-\}\}\s*|\}\})/g

const field = /^\s*\.([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*)\s*$/

/** The template with its fields filled in; too long a name is cut to 58 characters and gets `suffix` once more. */
export const renderMachineName = (template: string, values: NamingValues, suffix: string): NamingResult => {
  let refusal: string | undefined
  const name = template.replaceAll(action, (_whole, _open, body: string) => {
    const path = field.exec(body)?.[1]
    const value = path === undefined ? undefined : path === "random" ? suffix : values[path]
    if (value === undefined)
      refusal ??= `${path === undefined ? body.trim() : `.${path}`} is nothing a name template can use`
    return value ?? ""
  })
  if (refusal === undefined && (name.includes("{{") || name.includes("}}"))) refusal = "a brace pair is left open"
  if (refusal !== undefined) return { _tag: "Refused", message: refusal }
  return { _tag: "Named", name: name.length > maxNameLength ? `${name.slice(0, maxNameBaseLength)}${suffix}` : name }
}
