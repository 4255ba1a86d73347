/**
 * Where each kind's webhooks are served, and what they are called: upstream's paths and names. Pure.
 *
 * @source https://github.com/kubernetes-sigs/controller-runtime pkg/builder/webhook.go
 * @source https://github.com/kubernetes-sigs/cluster-api internal/webhooks/cluster.go (kubebuilder markers)
 */
import type { AnyKind } from "@capstan/api"

/** What a webhook does with an object: fills it in, or says whether it may be stored. */
export type Review = "mutate" | "validate"

export const conversionPath = "/convert"

/** `/mutate-cluster-x-k8s-io-v1beta2-cluster`. */
export const pathOf = (review: Review, { group, kind, version }: AnyKind): string =>
  `/${review}-${group.replaceAll(".", "-")}-${version}-${kind.toLowerCase()}`

/** `default.cluster.cluster.x-k8s.io`, `validation.cluster.cluster.x-k8s.io`: what a refused caller reads. */
export const webhookNameOf = (review: Review, { group, kind }: AnyKind): string =>
  `${review === "mutate" ? "default" : "validation"}.${kind.toLowerCase()}.${group}`

/** Which reviews a kind has anything to say to. */
export const reviewsOf = ({ admission }: AnyKind): ReadonlyArray<Review> => [
  ...(admission.default === undefined ? [] : ["mutate" as const]),
  ...(admission.validate === undefined && admission.validateDelete === undefined ? [] : ["validate" as const])
]

/** Older versions that can be read and written, so that they can be served: those that are converted both ways. */
export const convertedVersionsOf = ({ versions }: AnyKind) =>
  versions.filter(({ fromStorage, served }) => served && fromStorage !== undefined)
