/**
 * Key pairs: only whether they are there. They are seeded; nothing here makes or removes them.
 *
 * @fidelity documented https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html — `InvalidKeyPair.NotFound` for a name that is not there.
 * @fidelity assumed — Key pair ids follow from names.
 * @source https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html
 */
import { createHash } from "node:crypto"
import type { Ec2Operations } from "@capstan/aws"
import type { Handlers } from "../Handler.ts"
import type { Tags } from "../Resources.ts"
import { absent } from "./Absent.ts"
import { matcher } from "./Describe.ts"

const idOf = (name: string): string => `key-0${createHash("sha256").update(name).digest("hex").slice(0, 16)}`

export const keyPairOperations: Handlers<Ec2Operations, "DescribeKeyPairs"> = {
  DescribeKeyPairs: {
    accepts: { KeyNames: [true], Filters: [{ Name: true, Values: [true] }] },
    perform: (account, input) => {
      const names = input.KeyNames ?? []
      const { keyPairs } = account.tables
      const unknown = names.find((name) => keyPairs.get(name) === undefined)
      if (unknown !== undefined) throw absent.keyPair(unknown)
      const matches = matcher<{ readonly id: string; readonly tags?: Tags }>(input.Filters, {
        "key-name": ({ id }) => id
      })
      const found = keyPairs.filter((pair) => (names.length === 0 || names.includes(pair.id)) && matches(pair))
      return {
        KeyPairs: found.map(({ id }) => ({ KeyName: id, KeyPairId: idOf(id), KeyType: "ed25519" as const, Tags: [] }))
      }
    }
  }
}
