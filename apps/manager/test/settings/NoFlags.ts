/** The flags of a command line without any. */
import type { ManagerFlags } from "../../src/settings/ManagerSettings.ts"

export const noFlags: ManagerFlags = {
  kubeconfig: undefined,
  context: undefined,
  namespace: undefined,
  watchFilter: undefined,
  syncPeriod: undefined,
  kubeApiQps: undefined,
  kubeApiBurst: undefined,
  leaderElect: false,
  leaseDuration: undefined,
  renewDeadline: undefined,
  retryPeriod: undefined,
  leaderElectionNamespace: undefined,
  identity: undefined,
  healthAddress: undefined,
  diagnosticsAddress: undefined,
  insecureDiagnostics: false,
  webhookHost: undefined,
  webhookPort: undefined,
  webhookCertDir: undefined,
  serviceEndpoints: undefined,
  region: undefined,
  workloadProxy: undefined,
  nameServer: undefined,
  worldClock: undefined,
  drillState: undefined,
  verbosity: undefined,
  loggingFormat: undefined,
  concurrency: {}
}
