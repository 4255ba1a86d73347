/**
 * What cloud-init puts in place of `{{ … }}` in user data that begins with `## template: jinja`. Pure.
 *
 * Left out: statements, filters and expressions beyond a path into the instance's data.
 *
 * @source https://cloudinit.readthedocs.io/en/latest/explanation/instancedata.html
 * @fidelity documented https://cloudinit.readthedocs.io/en/latest/explanation/instancedata.html#using-instance-data — Unknown names become `CI_MISSING_JINJA_VAR/<name>`.
 */

/** What a machine knows of itself before it has read its user data. */
export interface Host {
  readonly instanceId: string
  readonly hostname: string
  readonly privateIp: string
  readonly zone: string
  readonly region: string
  readonly instanceType: string
}

const header = /^## template: *jinja *\n/

const values: { readonly [name: string]: (host: Host) => string } = {
  local_hostname: (host) => host.hostname,
  hostname: (host) => host.hostname,
  local_ipv4: (host) => host.privateIp,
  instance_id: (host) => host.instanceId,
  instance_type: (host) => host.instanceType,
  availability_zone: (host) => host.zone,
  "placement.availability_zone": (host) => host.zone,
  region: (host) => host.region,
  "placement.region": (host) => host.region
}

/** The name below `ds.meta_data` or `v1`, with dots and underscores alone. */
const nameIn = (expression: string): string | undefined => {
  const path = expression
    .trim()
    .replaceAll(/\[\s*["']([^"']+)["']\s*\]/g, ".$1")
    .replaceAll("-", "_")
  return /^(?:ds\.meta_data|v1)\.(.+)$/.exec(path)?.[1]
}

/** The text as cloud-init goes on with it: without the header and with all names replaced, or as it was. */
export const renderTemplate = (text: string, host: Host): string => {
  const match = header.exec(text)
  if (match === null) return text
  return text.slice(match[0].length).replaceAll(/\{\{([^{}]*)\}\}/g, (_, expression: string) => {
    const name = nameIn(expression)
    const value = name === undefined ? undefined : values[name]
    return value?.(host) ?? `CI_MISSING_JINJA_VAR/${(name ?? expression).trim()}`
  })
}
