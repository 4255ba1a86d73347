/**
 * Writes simulator/aws/src/wire/WireNames.ts: how the requests and answers of the AWS waist's operations are spelt on the wire.
 *
 * The names are facts of AWS's interface; they are read from the installed SDK's schemas, for the operations that the waist
 * names and no others, and written down in a notation of ours (see `Shape.ts` beside the file). `node scripts/with-node.mjs
 * scripts/aws-names.mjs` writes the file; with `--check` it fails when the file is not up to date.
 *
 * @source https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
 */
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as ec2 from "@aws-sdk/client-ec2"
import * as elb from "@aws-sdk/client-elastic-load-balancing"
import * as iam from "@aws-sdk/client-iam"
import * as secretsManager from "@aws-sdk/client-secrets-manager"
import * as sts from "@aws-sdk/client-sts"
import { ec2Operations, elbOperations, iamOperations, secretsManagerOperations, stsOperations } from "@capstan/aws"

const page = join(dirname(dirname(fileURLToPath(import.meta.url))), "simulator/aws/src/wire/WireNames.ts")

/** The SDK's package, the waist's operations, and what an element of a list is usually called. */
const services = {
  ec2: [ec2, ec2Operations, "item"],
  elb: [elb, elbOperations, "member"],
  secretsmanager: [secretsManager, secretsManagerOperations, "member"],
  iam: [iam, iamOperations, "member"],
  sts: [sts, stsOperations, "member"]
}

const scalars = { 0: "string", 1: "number", 2: "boolean", 4: "time", 5: "time", 6: "time", 7: "time", 21: "blob" }
const kinds = { simple: 0, list: 1, map: 2, structure: 3, error: -3, union: 4 }
/** Added to a scalar's number in the SDK's notation: a list of it. */
const listOf = 64

const isSchema = (value) => Array.isArray(value) && typeof value[1] === "string"
const capital = (name) => name.charAt(0).toUpperCase() + name.slice(1)

/** The words for a service: each operation's request and answer, then every structure that these lead to. */
const describe = ([sdk, operations, usual]) => {
  const structures = new Map()

  /** A reference as the SDK writes it: a schema, a function that gives one, a number, or one of these with traits. */
  const resolve = (reference) => {
    const value = typeof reference === "function" ? reference() : reference
    if (Array.isArray(value) && !isSchema(value)) return { ...resolve(value[0]), traits: traitsOf(value[1]) }
    return { schema: value, traits: {} }
  }
  const traitsOf = (traits) => (typeof traits === "object" && traits !== null ? traits : {})

  const typeOf = (reference) => {
    const { schema } = resolve(reference)
    if (typeof schema === "number") {
      return schema >= listOf ? `[${scalars[schema - listOf]}]` : (scalars[schema] ?? unknown(schema))
    }
    const [kind, , name] = schema
    if (kind === kinds.simple) return typeOf(schema[4])
    if (kind === kinds.list) {
      const { xmlName: element = "member" } = resolve(schema[4]).traits
      return `[${element === usual ? "" : `${element} `}${typeOf(schema[4])}]`
    }
    // Its keys are text.
    if (kind === kinds.map) return `{${typeOf(schema[5])}}`
    if (kind === kinds.structure || kind === kinds.union) {
      if (!structures.has(name)) {
        structures.set(name, "")
        structures.set(name, schema[4].map((member, index) => memberOf(member, schema[5][index])).join(" "))
      }
      return name
    }
    return unknown(name)
  }
  const unknown = (what) => {
    throw new Error(`the notation has no word for ${String(what)}: extend it here and in Shape.ts`)
  }

  /** `wire/query>member:type`; what follows from the rest is left out. */
  const memberOf = (member, reference) => {
    const { xmlName: wire = member, ec2QueryName } = resolve(reference).traits
    const query = ec2QueryName === undefined || ec2QueryName === capital(wire) ? "" : `/${ec2QueryName}`
    const type = typeOf(reference)
    return `${wire}${query}${capital(wire) === member ? "" : `>${member}`}${type === "string" ? "" : `:${type}`}`
  }

  const lines = operations.map((operation) => {
    const schema = sdk[`${operation}$`]
    const parts = [schema[4], schema[5]].map((part) => (resolve(part).schema === "unit" ? "-" : typeOf(part)))
    return [operation, ...parts].join(" ")
  })
  return { operations: lines, structures: [...structures].sort(([a], [b]) => (a < b ? -1 : 1)) }
}

const columnsMax = 118

/** Words in lines of a readable length, the second and later ones indented. */
const wrapped = (text) => {
  const lines = [""]
  for (const word of text.split(/ (?![^[]*\])/)) {
    const last = lines.at(-1)
    if (last !== "" && last.length + word.length + 1 > columnsMax) lines.push(`  ${word}`)
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`
  }
  return lines
}

const sections = Object.entries(services).map(([name, service]) => {
  const { operations, structures } = describe(service)
  const shapes = structures.flatMap(([structure, members]) => wrapped(`${structure}= ${members}`.trimEnd()))
  return `  ${name}: {\n    operations: \`\n${operations.join("\n")}\`,\n    structures: \`\n${shapes.join("\n")}\`\n  }`
})

const text = `/**
 * How the operations of the AWS waist are spelt on the wire. Generated by scripts/aws-names.mjs from the schemas of the
 * installed SDK; the notation is told in \`Shape.ts\`. Do not edit.
 *
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
 */
import type { AwsServiceName } from "@capstan/aws"

export const wireNames: {
  readonly [S in AwsServiceName]: { readonly operations: string; readonly structures: string }
} = {
${sections.join(",\n")}
}
`

if (process.argv.includes("--check")) {
  if (readFileSync(page, "utf8") !== text) {
    console.error(`${page} is not up to date: run node scripts/with-node.mjs scripts/aws-names.mjs`)
    process.exitCode = 1
  }
} else writeFileSync(page, text)
