/** Which objects `capstan manager install` wrote, and may write again. */
import type { KubernetesObject } from "@capstan/api"

/** Labels of everything that is installed. */
export const ownership = { "app.kubernetes.io/managed-by": "capstan" } as const

export const isOurs = (object: KubernetesObject): boolean =>
  Object.entries(ownership).every(([key, value]) => object.metadata.labels?.[key] === value)
