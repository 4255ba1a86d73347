/** The conformance suites of the provider contracts, for the packages that implement them. */
export * from "./InfrastructureConformance.ts"
