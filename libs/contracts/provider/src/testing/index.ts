export * from "./InfrastructureConformance.ts"
