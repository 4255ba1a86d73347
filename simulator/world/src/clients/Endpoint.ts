/** The host in `host:port`, `[address]:port` or a host alone. Pure. */
export const hostIn = (endpoint: string): string => {
  const bracketed = /^\[([^\]]+)\]/.exec(endpoint)?.[1]
  return bracketed ?? /^([^:]+)(?::\d+)?$/.exec(endpoint)?.[1] ?? endpoint
}
