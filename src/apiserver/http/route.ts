/** What a request path asks for. */
export type Route =
  | {
      readonly type: 'resource'
      readonly group: string
      readonly version: string
      readonly namespace: string | undefined
      readonly resource: string
      readonly name: string | undefined
      readonly subresource: string
      /** What follows `/proxy`, with its leading slash; empty elsewhere. */
      readonly rest: string
      /** The deprecated `/watch/` form of the path. */
      readonly watch: boolean
    }
  | { readonly type: 'path'; readonly path: string }

/** Reads a path as Kubernetes' RequestInfo does; everything that is not about a resource comes back as a path. */
export function routeOf(path: string): Route {
  const parts = path.split('/').slice(1)
  const whole: Route = { type: 'path', path }
  if (parts[0] !== 'api' && parts[0] !== 'apis') return whole
  const core = parts[0] === 'api'
  const group = core ? '' : parts[1]
  const version = core ? parts[1] : parts[2]
  let rest = parts.slice(core ? 2 : 3)
  if (group === undefined || version === undefined || version === '' || rest.length === 0 || rest[0] === '')
    return whole
  const watch = rest[0] === 'watch' && rest.length > 1
  if (watch) rest = rest.slice(1)
  let namespace: string | undefined
  if (rest[0] === 'namespaces' && rest.length > 1 && rest[1] !== '') {
    // Kubernetes: /namespaces/NAME and its own subresources are about the namespace itself.
    const own =
      rest.length === 2 || (rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize' || rest[2] === ''))
    namespace = decode(rest[1]!)
    if (!own) rest = rest.slice(2)
  }
  const [resource, name, subresource, ...more] = rest.map((part, index) => (index < 3 ? decode(part) : part))
  const trailing = subresource === 'proxy' ? `${rest.length > 3 ? '/' : ''}${more.join('/')}` : ''
  return {
    type: 'resource',
    group,
    version,
    namespace,
    resource: resource!,
    name: name === '' ? undefined : name,
    subresource: subresource ?? '',
    rest: trailing,
    watch,
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
