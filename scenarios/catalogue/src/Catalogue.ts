/**
 * The scenarios that come with Capstan, by name and file.
 *
 * The list is written down, so that a bundle knows it without reading a folder; a test compares it with the folder.
 * Left out: what the scenarios hold. The engine reads that from the files.
 *
 * @source docs/guides/scenarios.md
 */
export interface CatalogueEntry {
  /** `metadata.name` of the scenario. */
  readonly name: string
  /** Path from `catalogueFolder`, with forward slashes. */
  readonly file: string
}

/** Every built-in scenario, in the order in which to read them. */
export const catalogue: ReadonlyArray<CatalogueEntry> = [
  { name: "quick-start", file: "quick-start/quick-start.yaml" },
  { name: "quick-start-story", file: "quick-start/story.yaml" },
  { name: "quick-start-kill-and-outage", file: "quick-start/kill-and-outage.yaml" },
  { name: "quick-start-without-health-checks", file: "quick-start/without-health-checks.yaml" },
  { name: "worker-instance-kill", file: "instance-kill/worker.yaml" },
  { name: "control-plane-instance-kill", file: "instance-kill/control-plane.yaml" },
  { name: "worker-killed-within-budget", file: "instance-kill/within-budget.yaml" },
  { name: "worker-instance-reboot", file: "instance-kill/reboot.yaml" },
  { name: "control-plane-deregistered", file: "instance-kill/deregistered.yaml" },
  { name: "quick-start-zone-outage", file: "zone-outage/quick-start.yaml" },
  { name: "spread-workers-zone-outage", file: "zone-outage/spread-workers.yaml" },
  { name: "rolling-upgrade-while-throttled", file: "rolling-upgrade/while-throttled.yaml" },
  { name: "scale-up-and-down", file: "scaling/up-and-down.yaml" },
  { name: "cluster-deletion-leaves-nothing", file: "deletion/leaves-nothing.yaml" },
  { name: "s01-crash-after-run-instances", file: "upstream-issues/s01-crash-after-run-instances.yaml" },
  { name: "s03-terminated-unnoticed", file: "upstream-issues/s03-terminated-unnoticed.yaml" },
  { name: "s05-two-of-five-control-planes", file: "upstream-issues/s05-two-of-five-control-planes.yaml" },
  { name: "s13-drain-blocked-by-budget", file: "upstream-issues/s13-drain-blocked-by-budget.yaml" },
  { name: "s16-zone-down-during-replacement", file: "upstream-issues/s16-zone-down-during-replacement.yaml" }
]
