/** The built-in scenarios: where their files are, and a list of them. */
export * from "./Catalogue.ts"
export * from "./CatalogueFolder.ts"
