/** The kinds that this manager's controllers work on, and the native ones that they read and write. */
import { clusterApiKinds, type AnyKind, type KindRegistry, makeKindRegistry } from "@capstan/api"
import { awsKinds } from "@capstan/infrastructure-aws"
import { coreKinds } from "@capstan/kubernetes"

/** Kinds that have to be installed: Cluster API's own and the provider's. */
export const installedKinds: ReadonlyArray<AnyKind> = [...clusterApiKinds, ...awsKinds]

export const managedKinds: KindRegistry = makeKindRegistry([...coreKinds, ...installedKinds])
