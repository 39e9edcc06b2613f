/**
 * What strict decoding says of a CBOR body with fields that no Go struct has. Kubernetes: of the first one alone, and only which
 * entry of its map it is.
 */
export function firstUnknownInCbor(unknown: readonly string[], value: unknown): readonly string[] {
  const quoted = /^unknown field (".*")$/.exec(unknown[0] ?? '')?.[1]
  if (quoted === undefined) return unknown
  const index = indexOf(value, JSON.parse(quoted) as string)
  return index === undefined ? unknown : [`cbor: found unknown field at map element index ${index}`]
}

/** Which member of its object the field at a path is, as `spec.containers[0].image` names it. */
function indexOf(value: unknown, path: string): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) {
    const [whole = '', at = ''] = /^\[(\d+)\]\.?/.exec(path) ?? []
    return whole === '' ? undefined : indexOf(value[Number(at)], path.slice(whole.length))
  }
  const names = Object.keys(value)
  for (const [index, name] of names.entries()) {
    if (path === name) return index
    const next = path[name.length]
    if (!path.startsWith(name) || (next !== '.' && next !== '[')) continue
    const rest = path.slice(next === '.' ? name.length + 1 : name.length)
    const found = indexOf((value as Record<string, unknown>)[name], rest)
    if (found !== undefined) return found
  }
  return undefined
}
