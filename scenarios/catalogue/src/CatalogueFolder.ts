/** Where the catalogue's scenarios and manifests stand: YAML files in folders by theme. */

/** The folder's URL, with a slash at its end. */
export const catalogueFolder: URL = new URL("../", import.meta.url)
