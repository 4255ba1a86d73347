/** XML text that every parser takes: escaped, and free of characters that XML 1.0 forbids. Pure. */

/** Control characters, lone halves of surrogate pairs, and the two non-characters: XML 1.0 cannot hold them even escaped. */
const forbidden =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g

const entities: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;"
}

/** For the inside of an element: line ends stay. */
export const escapeText = (text: string): string =>
  text.replace(forbidden, "\uFFFD").replace(/[&<>\r]/g, (character) => entities[character] ?? character)

/** For the inside of double quotes: line ends and tabs are kept by reference. */
export const escapeAttribute = (text: string): string =>
  text.replace(forbidden, "\uFFFD").replace(/[&<>"\n\r\t]/g, (character) => entities[character] ?? character)

/** One element; children and attributes in the order given. */
export const element = (
  name: string,
  attributes: { readonly [name: string]: string | number },
  content: ReadonlyArray<string> = []
): string => {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`)
  const opening = `<${name}${written.join("")}`
  return content.length === 0 ? `${opening}/>` : `${opening}>${content.join("")}</${name}>`
}
