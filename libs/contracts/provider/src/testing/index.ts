/** The conformance suites of the provider contracts, for the packages that implement them. */
export * from "./BootstrapConformance.ts"
export * from "./InfrastructureConformance.ts"
