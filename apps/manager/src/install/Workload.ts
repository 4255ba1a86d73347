/**
 * The manager as a Deployment of the management cluster: one Pod that waits for its Leases, works, and is told by its probes. Pure.
 *
 * The image is the operator's own: its entrypoint is the `capstan` command. AWS credentials come from where the SDK looks for
 * them in a Pod, such as a role of the ServiceAccount. The API server calls its webhooks through a Service (`Webhooks.ts`).
 *
 * @source https://github.com/kubernetes-sigs/cluster-api config/manager/manager.yaml
 * @source https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
import { webhookPort, webhookPortName } from "./Webhooks.ts"

export interface WorkloadNames {
  readonly name: string
  readonly namespace: string
  readonly account: string
  readonly labels: { readonly [key: string]: string }
}

const healthPort = 9440
/** Labels of the manager's Pods. */
export const selected = { "control-plane": "capstan-manager" } as const

export const managerDeployment = ({ account, labels, name, namespace }: WorkloadNames, image: string) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace, labels: { ...labels, ...selected } },
  spec: {
    replicas: 1,
    selector: { matchLabels: selected },
    template: {
      metadata: { labels: { ...labels, ...selected } },
      spec: {
        serviceAccountName: account,
        // Reconciles get 30 seconds to end, then the Leases are given back.
        terminationGracePeriodSeconds: 45,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
        tolerations: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
        containers: [
          {
            name: "manager",
            image,
            args: ["manager", "run", "--leader-elect", `--health-addr=:${healthPort}`, `--webhook-port=${webhookPort}`],
            // The C library keeps less of what it was given back: for many connections that is much.
            env: [{ name: "MALLOC_ARENA_MAX", value: "1" }],
            ports: [
              { name: "healthz", containerPort: healthPort, protocol: "TCP" },
              { name: webhookPortName, containerPort: webhookPort, protocol: "TCP" }
            ],
            livenessProbe: { httpGet: { path: "/healthz", port: "healthz" }, initialDelaySeconds: 10 },
            readinessProbe: { httpGet: { path: "/readyz", port: "healthz" } },
            resources: { requests: { cpu: "100m", memory: "256Mi" } },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ["ALL"] },
              privileged: false,
              runAsUser: 65532,
              runAsGroup: 65532
            },
            terminationMessagePolicy: "FallbackToLogsOnError"
          }
        ]
      }
    }
  }
})
