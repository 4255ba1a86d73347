/** The invariants of every run. I16 (same seed, same trace) is judged by running twice, by whoever runs them. */
import { boundedCreation } from "./BoundedCreation.ts"
import { confirmedDeletion } from "./ConfirmedDeletion.ts"
import { deletionEnds } from "./DeletionEnds.ts"
import { etcdQuorum } from "./EtcdQuorum.ts"
import { evenSpread } from "./EvenSpread.ts"
import type { Invariant } from "./Invariant.ts"
import { noOrphans } from "./NoOrphans.ts"
import { oneInstancePerMachine } from "./OneInstancePerMachine.ts"
import { stableIdentity } from "./StableIdentity.ts"
import { strangersUntouched } from "./StrangersUntouched.ts"

export const builtInInvariants: ReadonlyArray<Invariant> = [
  oneInstancePerMachine,
  noOrphans,
  deletionEnds,
  etcdQuorum,
  boundedCreation,
  confirmedDeletion,
  stableIdentity,
  evenSpread,
  strangersUntouched
]

/**
 * Those that can be judged of a world from outside, where one sees what is and not who wrote it. I4 needs to know whose step it
 * was, and I18 a world in which nobody else works.
 */
export const outsideInvariants: ReadonlyArray<Invariant> = [
  oneInstancePerMachine,
  noOrphans,
  deletionEnds,
  boundedCreation,
  confirmedDeletion,
  stableIdentity,
  evenSpread
]
