/**
 * An exploration for a cluster, as manifests: an Indexed Job whose Pods take a shard each, and a Job that merges what they found. Pure.
 *
 * Pods write to one volume, which therefore has to be one that several nodes can mount. A Pod that has found something ends with 1: that
 * is an answer, and its index is not tried again. What was lost with a node is.
 *
 * @source https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
 * @source https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
import { stringify } from "yaml"
import { ExitCode } from "@capstan/command-line"

export interface ExploreJobOptions {
  readonly pods: number
  /** Its entrypoint is `capstan`. */
  readonly image: string
  readonly profile: string
  readonly seed: number
  /** Of all Pods together; null when time is the limit. */
  readonly runs: number | null
  /** How long each Pod explores, such as `10m`. */
  readonly time: string | undefined
  readonly workers: number
}

const name = "capstan-explore"
const folder = "/capstan"

/** Answers that the same seeds would give again. */
const answers = [ExitCode.failed, ExitCode.usage, ExitCode.defect]

/** YAML, ended by a line end. */
export const exploreJob = (options: ExploreJobOptions): string => {
  const { pods, profile, runs, seed, time, workers } = options
  const explore = [
    "explore",
    "--profile",
    profile,
    "--seed",
    String(seed),
    ...(runs === null ? [] : ["--runs", String(runs)]),
    ...(time === undefined ? [] : ["--for", time]),
    "--workers",
    String(workers),
    "--shard",
    `job/${pods}`,
    "--blob",
    `${folder}/explore-$(JOB_COMPLETION_INDEX).ndjson`,
    "--output",
    `${folder}/regressions`
  ]
  const merge = [
    "report",
    "merge",
    folder,
    "--wait",
    "24h",
    "--reporter",
    "list",
    "--reporter",
    `json=${folder}/explored.json`
  ]
  const documents = [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, labels: labels("volume") },
      spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "1Gi" } } }
    },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, labels: labels("explore") },
      spec: {
        completionMode: "Indexed",
        completions: pods,
        parallelism: pods,
        backoffLimitPerIndex: 2,
        podFailurePolicy: {
          rules: [{ action: "FailIndex", onExitCodes: { containerName: "capstan", operator: "In", values: answers } }]
        },
        template: pod(options, "explore", explore, { cpu: String(workers), memory: `${workers}Gi` })
      }
    },
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: `${name}-merge`, labels: labels("merge") },
      spec: { backoffLimit: 0, template: pod(options, "merge", merge, { cpu: "100m", memory: "512Mi" }) }
    }
  ]
  return documents.map((document) => `---\n${stringify(document, { lineWidth: 0 })}`).join("")
}

const labels = (component: string) => ({
  "app.kubernetes.io/name": name,
  "app.kubernetes.io/component": component
})

const pod = (
  { image }: ExploreJobOptions,
  component: string,
  args: ReadonlyArray<string>,
  requests: { readonly cpu: string; readonly memory: string }
) => ({
  metadata: { labels: labels(component) },
  spec: {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      fsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" }
    },
    containers: [
      {
        name: "capstan",
        image,
        args,
        workingDir: folder,
        resources: { requests },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] }
        },
        volumeMounts: [{ name: "found", mountPath: folder }]
      }
    ],
    volumes: [{ name: "found", persistentVolumeClaim: { claimName: name } }]
  }
})
