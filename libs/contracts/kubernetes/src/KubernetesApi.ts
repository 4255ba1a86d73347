/**
 * The first waist: every call that Capstan makes to a Kubernetes API server goes through this service.
 *
 * A simulated server and a live client stand behind it and pass one conformance suite. Objects that
 * come back are deeply frozen and may share structure with other reads.
 *
 * @source https://kubernetes.io/docs/reference/using-api/api-concepts/
 */
import type { Kind, LabelSelector, NewObject, ObjectKey, ObjectOf } from "@capstan/api"
import { Context, type Effect, type Stream } from "effect"
import type { ApiError } from "./ApiError.ts"

export interface ListOptions {
  /** All namespaces when absent or empty. */
  readonly namespace?: string
  readonly labels?: LabelSelector
  /** `metadata.name`, `metadata.namespace` and, for Pods, `spec.nodeName`. */
  readonly fields?: { readonly [path: string]: string }
  /** Objects a page; with `continue` the next page. Everything at once when absent. */
  readonly limit?: number
  readonly continue?: string
}

export interface ObjectList<Body> {
  readonly items: ReadonlyArray<ObjectOf<Body>>
  /** Where a watch may start so that it misses nothing. */
  readonly resourceVersion: string
  /** Present when there are more pages. */
  readonly continue?: string
}

export interface WatchOptions extends Pick<ListOptions, "namespace" | "labels" | "fields"> {
  /** Events after this version. `"0"` or absent: first an ADDED for every object there is. */
  readonly resourceVersion?: string
}

export type WatchEvent<Body> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: ObjectOf<Body> }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string }

export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string }

export type Patch =
  /** RFC 7386. A `metadata.resourceVersion` in the body makes it conditional. */
  | { readonly type: "merge"; readonly body: unknown }
  /** RFC 6902. */
  | { readonly type: "json"; readonly body: ReadonlyArray<JsonPatchOperation> }

export interface WriteOptions {
  readonly fieldManager?: string
  readonly dryRun?: boolean
}

export interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan"
  readonly gracePeriodSeconds?: number
}

export interface KubernetesClient {
  /** Fails with `NotFound`. */
  readonly get: <Body>(kind: Kind<Body>, key: ObjectKey) => Effect.Effect<ObjectOf<Body>, ApiError>

  readonly list: <Body>(kind: Kind<Body>, options?: ListOptions) => Effect.Effect<ObjectList<Body>, ApiError>

  /**
   * Changes in the order of their resource versions. Fails with `Expired` when the start is older than the
   * server remembers (list again), with `Unreachable` when the connection breaks (resume from the last version seen).
   */
  readonly watch: <Body>(kind: Kind<Body>, options?: WatchOptions) => Stream.Stream<WatchEvent<Body>, ApiError>

  /** Fails with `AlreadyExists`, `Invalid`, `NotFound` (namespace). A status in the object is dropped when the kind has the subresource. */
  readonly create: <Body>(
    kind: Kind<Body>,
    object: NewObject<Body>,
    options?: WriteOptions
  ) => Effect.Effect<ObjectOf<Body>, ApiError>

  /** Replaces everything but the status. Fails with `Conflict` unless the resource version is current. */
  readonly update: <Body>(
    kind: Kind<Body>,
    object: ObjectOf<Body>,
    options?: WriteOptions
  ) => Effect.Effect<ObjectOf<Body>, ApiError>

  /** Replaces the status alone. */
  readonly updateStatus: <Body>(
    kind: Kind<Body>,
    object: ObjectOf<Body>,
    options?: WriteOptions
  ) => Effect.Effect<ObjectOf<Body>, ApiError>

  /** A patch that changes nothing writes nothing and gives back the object as it is. */
  readonly patch: <Body>(
    kind: Kind<Body>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions & { readonly subresource?: "status" | "scale" }
  ) => Effect.Effect<ObjectOf<Body>, ApiError>

  /**
   * Asks for deletion: with finalizers or a grace period the object stays, marked. Repeating it is harmless.
   * Fails with `NotFound` when it is already gone, `Conflict` when a precondition does not hold.
   */
  readonly delete: <Body>(kind: Kind<Body>, key: ObjectKey, options?: DeleteOptions) => Effect.Effect<void, ApiError>

  /**
   * Asks a Pod to go through its `eviction` subresource. Fails with `TooManyRequests` when a
   * PodDisruptionBudget forbids it now, `NotFound` when it is already gone.
   */
  readonly evict: (pod: ObjectKey, options?: DeleteOptions) => Effect.Effect<void, ApiError>
}

/** The management cluster's API. Workload clusters are reached through `WorkloadClusters`. */
export class KubernetesApi extends Context.Service<KubernetesApi, KubernetesClient>()(
  "@capstan/kubernetes/KubernetesApi"
) {}
