import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { type ManagerFlags, managerSettings } from "../../src/settings/ManagerSettings.ts"
import { noFlags } from "./NoFlags.ts"

const settings = (flags: Partial<ManagerFlags>, environment = {}) =>
  managerSettings({ ...noFlags, ...flags }, environment)

describe("managerSettings", () => {
  it("has upstream's defaults", () => {
    expect(Result.getOrThrow(settings({}))).toMatchObject({
      syncPeriodMillis: 600_000,
      callsPerSecond: 100,
      burst: 200,
      leader: undefined,
      health: { host: "0.0.0.0", port: 9440 },
      diagnostics: { host: "localhost", port: 8080 },
      webhooks: undefined,
      verbosity: 2,
      concurrency: {}
    })
    expect(Result.getOrThrow(settings({ leaderElect: true })).leader).toEqual({
      durationMillis: 15_000,
      renewDeadlineMillis: 10_000,
      retryPeriodMillis: 2_000,
      namespace: undefined,
      identity: undefined
    })
  })

  it("reads what is given", () => {
    const read = settings({
      syncPeriod: "1h30m",
      leaderElect: true,
      leaseDuration: "1m",
      diagnosticsAddress: ":8443",
      insecureDiagnostics: true,
      healthAddress: "0",
      worldClock: "20x@2030-01-01T00:00:00.000Z",
      serviceEndpoints: "eu-west-1:ec2=http://127.0.0.1:5100",
      region: "eu-west-1",
      webhookPort: "9443",
      webhookCertDir: "certs",
      concurrency: { machine: "7", awsmachine: undefined }
    })
    expect(Result.getOrThrow(read)).toMatchObject({
      syncPeriodMillis: 5_400_000,
      leader: { durationMillis: 60_000 },
      diagnostics: { host: "0.0.0.0", port: 8443 },
      health: undefined,
      worldClock: { speed: 20, startMillis: Date.UTC(2030, 0, 1) },
      serviceEndpoints: { ec2: { url: "http://127.0.0.1:5100", signingRegion: "eu-west-1" } },
      webhooks: { at: { host: "0.0.0.0", port: 9443 }, certificateFolder: "certs" },
      concurrency: { machine: 7 }
    })
  })

  it.each([
    [{ syncPeriod: "10" }, "--sync-period '10' is no duration"],
    [{ syncPeriod: "0s" }, "--sync-period '0s' is no duration"],
    [{ kubeApiQps: "0" }, "--kube-api-qps '0' is no count"],
    [{ healthAddress: "9440" }, "--health-addr '9440' is no address"],
    [{ healthAddress: ":99999" }, "--health-addr ':99999' is no address"],
    [{ diagnosticsAddress: ":8443" }, "add --insecure-diagnostics if that is meant"],
    [{ leaderElect: true, renewDeadline: "20s" }, "the renew deadline must be shorter than the lease duration"],
    [{ concurrency: { machine: "-1" } }, "--machine-concurrency '-1' is no count"],
    [{ verbosity: "11" }, "-v '11' is none"],
    [{ loggingFormat: "xml" }, "--logging-format 'xml' is none"],
    [{ workloadProxy: "ftp://x" }, "--workload-proxy is no URL of a proxy"],
    [{ nameServer: "dns.example.com" }, "--name-server 'dns.example.com' is none"],
    [{ webhookPort: "https" }, "--webhook-port 'https' is none"],
    [{ webhookPort: "70000" }, "--webhook-port '70000' is none"],
    [{ webhookCertDir: "certs" }, "--webhook-host and --webhook-cert-dir need --webhook-port"],
    [{ worldClock: "fast" }, "--world-clock 'fast' is none"],
    [{ serviceEndpoints: "ec2", region: "eu-west-1" }, "--service-endpoints: "]
  ] satisfies ReadonlyArray<[Partial<ManagerFlags>, string]>)("refuses %o", (flags, words) => {
    expect(Result.getOrThrow(Result.flip(settings(flags)))).toContain(words)
  })
})
