/** JSON values by chance, for properties: small objects over few keys, so that two of them have much in common. */
import type { RandomStream } from "@capstan/kernel"

export const randomJson = (random: RandomStream, depth = 3): unknown => {
  const kinds = depth === 0 ? 4 : 6
  switch (random.below(kinds)) {
    case 0:
      return random.below(3)
    case 1:
      return random.pick(["", "a", "b~/c"])
    case 2:
      return random.below(2) === 0
    case 3:
      return random.below(10)
    case 4:
      return Array.from({ length: random.below(3) }, () => randomJson(random, depth - 1))
    default:
      return randomObject(random, depth - 1)
  }
}

export const randomObject = (random: RandomStream, depth = 3): { readonly [key: string]: unknown } =>
  Object.fromEntries(
    ["a", "b", "c", "d/e", "f~g"].filter(() => random.below(2) === 0).map((key) => [key, randomJson(random, depth)])
  )
