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
