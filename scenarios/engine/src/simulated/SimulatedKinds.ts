/** Every kind that a simulated management cluster serves: the native ones, Cluster API's, and those of both providers. */
import { clusterApiKinds, type KindRegistry, makeKindRegistry } from "@capstan/api"
import { awsKinds } from "@capstan/infrastructure-aws"
import { devKinds } from "@capstan/infrastructure-dev"
import { coreKinds } from "@capstan/kubernetes"

export const simulatedKinds: KindRegistry = makeKindRegistry([
  ...coreKinds,
  ...clusterApiKinds,
  ...awsKinds,
  ...devKinds
])
