/** The conformance suites of the provider contracts, for the packages that implement them. */
export * from "./BootstrapConformance.ts"
export * from "./CertificateAuthorityConformance.ts"
export * from "./ConformanceBackend.ts"
export * from "./ControlPlaneConformance.ts"
export * from "./EtcdMembersConformance.ts"
export * from "./InfrastructureConformance.ts"
export * from "./NameResolverConformance.ts"
export * from "./WorkloadClustersConformance.ts"
