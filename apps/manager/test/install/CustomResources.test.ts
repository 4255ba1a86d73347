/** What is installed would be taken by an API server, and says what the kinds say. */
import { Cluster, type AnyKind, MachineDeployment, structuralSchema } from "@capstan/api"
import { AWSMachine } from "@capstan/infrastructure-aws"
import { describe, expect, it } from "vitest"
import { installedKinds } from "../../src/assembly/ManagedKinds.ts"
import { crdOf, structuralProblems } from "../../src/install/CustomResources.ts"
import { managerRules } from "../../src/install/Roles.ts"

describe("crdOf", () => {
  it.each(installedKinds.map((kind): [string, AnyKind] => [kind.kind, kind]))(
    "gives %s a structural schema",
    (_, kind) => {
      expect(structuralProblems(structuralSchema(kind))).toEqual([])
    }
  )

  it("carries names, scope, columns, subresources and the contract's labels", () => {
    const crd = crdOf(MachineDeployment, { owner: "us" })
    expect(crd.metadata.name).toBe("machinedeployments.cluster.x-k8s.io")
    expect(crd.metadata.labels).toMatchObject({ owner: "us" })
    expect(crd.spec.names).toMatchObject({
      listKind: "MachineDeploymentList",
      shortNames: ["md"],
      categories: ["cluster-api"]
    })
    const [version] = crd.spec.versions
    expect(version).toMatchObject({
      name: "v1beta2",
      served: true,
      storage: true,
      subresources: { status: {}, scale: { specReplicasPath: ".spec.replicas", labelSelectorPath: ".status.selector" } }
    })
    expect(version?.additionalPrinterColumns?.length).toBeGreaterThan(3)
    expect(crdOf(AWSMachine, {}).metadata.labels).toMatchObject({ "cluster.x-k8s.io/v1beta1": expect.any(String) })
    expect(crdOf(Cluster, {}).spec.versions).toHaveLength(1)
  })
})

describe("structuralProblems finds", () => {
  it.each([
    [{ properties: { a: {} }, type: "object" }, ".a has no type"],
    [{ type: "array" }, "the root is a list of nothing"],
    [{ type: "object", properties: {}, additionalProperties: { type: "string" } }, "both properties and"],
    [{ type: "object", properties: {}, required: ["b"] }, "requires b"],
    [{ type: "string", pattern: "(?=a)" }, "RE2"],
    [
      {
        type: "array",
        items: { type: "object", properties: { k: { type: "string" } } },
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"]
      },
      "which its items may leave out"
    ]
  ] as const)("%o", (schema, words) => {
    expect(structuralProblems(schema).join("\n")).toContain(words)
  })
})

describe("managerRules", () => {
  it("lets the manager work on its kinds, and on nothing native but what it needs", () => {
    const rules = managerRules(installedKinds, { webhooks: false })
    const of = (group: string, resource: string) =>
      rules
        .filter(({ apiGroups, resources }) => apiGroups?.includes(group) && resources?.includes(resource))
        .flatMap(({ verbs }) => verbs)
    expect(of("cluster.x-k8s.io", "machines")).toContain("delete")
    expect(of("cluster.x-k8s.io", "machines/status")).toEqual(["get", "update", "patch"])
    expect(of("infrastructure.cluster.x-k8s.io", "awsmachines")).toContain("watch")
    expect(of("coordination.k8s.io", "leases")).toContain("update")
    expect(of("", "nodes")).toEqual([])
    expect(of("apiextensions.k8s.io", "customresourcedefinitions")).toEqual(["get", "list", "watch"])
    expect(JSON.stringify(rules)).not.toContain("*")
  })
})
