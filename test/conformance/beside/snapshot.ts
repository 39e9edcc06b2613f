import { kinds } from './kinds.ts'
import type { Side } from './side.ts'

const letters = '[bcdfghjklmnpqrstvwxz2456789]'
/** What differs between any two clusters: identities, times, addresses, nodes where any would do, names made by chance. */
const chance: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '~uid'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '~time'],
  [/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-~'],
  [/\b10\.(244|9[6-9]|10\d|11[01])\.\d+\.\d+\b/g, '~ip'],
  [/^node-\d$/g, '~node'],
  [/ to node-\d$/g, ' to ~node'],
  [/^zone-\d$/g, '~zone'],
  [new RegExp(`-${letters}{5}(?![\\w-])`, 'g'), '-~'],
  [new RegExp(`-${letters}{6,10}(?!\\w)`, 'g'), '-HASH'],
  [/-29\d{6}\b/g, '-~minutes'],
]
const ofItsOwn = new Set(['uid', 'resourceVersion', 'nodePort'])
const unordered = new Set(['conditions', 'ports', 'endpoints', 'addresses', 'subsets', 'managedFields'])
const text = (value: unknown): string => JSON.stringify(value, (_, one) => (isMembers(one) ? sorted(one) : one)) ?? ''
const isMembers = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
const sorted = (members: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(members).sort(([left], [right]) => (left < right ? -1 : 1)))

/** The hashes in names of revisions, by when they came: their values are of no concern. */
function hashesOf(side: Side, namespace: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { plural, object } of side.history) {
    if (object.metadata.namespace !== namespace) continue
    const { labels = {} } = object.metadata
    const hash =
      plural === 'replicasets'
        ? labels['pod-template-hash']
        : plural === 'controllerrevisions'
          ? (labels['controller.kubernetes.io/hash'] ?? labels['controller-revision-hash'])
          : undefined
    if (hash !== undefined && !found.has(hash)) found.set(hash, `REVISION${found.size + 1}`)
  }
  return found
}

function settler(side: Side, namespace: string): (value: unknown, key?: string) => unknown {
  const hashes = hashesOf(side, namespace)
  const settledText = (value: string) => {
    let next = value.replaceAll(namespace, '~namespace')
    for (const [hash, name] of hashes) next = next.replaceAll(hash, name)
    return chance.reduce((so, [what, instead]) => so.replace(what, instead), next)
  }
  const settled = (value: unknown, key = ''): unknown => {
    if (Array.isArray(value)) {
      const items = value.map((item) => settled(item))
      return unordered.has(key) ? items.sort((left, right) => (text(left) < text(right) ? -1 : 1)) : items
    }
    if (isMembers(value))
      return Object.fromEntries(
        Object.entries(value)
          .filter(([name]) => name !== 'managedFields' && name !== 'time')
          .map(([name, inner]) => [settledText(name), settled(inner, name)]),
      )
    if (ofItsOwn.has(key)) return '~'
    return typeof value === 'string' ? settledText(value) : value
  }
  return settled
}

const leftOut = new Set(['events', 'nodes', 'namespaces', 'persistentvolumes'])

/** All that is in a namespace now, by kind and name; those that are named by chance in order of what they are. */
export function objectsIn(side: Side, namespace: string): Readonly<Record<string, unknown>> {
  const settled = settler(side, namespace)
  const found: Record<string, unknown> = {}
  for (const plural of kinds.keys()) {
    if (leftOut.has(plural)) continue
    const all = side.list(plural, namespace).filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
    const named = all.map((object) => [`${plural}/${settled(object.metadata.name)}`, settled(object)] as const)
    const groups = Map.groupBy(named, ([name]) => name)
    for (const [name, some] of groups)
      for (const [at, one] of some
        .map(([, object]) => object)
        .sort((left, right) => (text(left) < text(right) ? -1 : 1))
        .entries())
        found[some.length === 1 ? name : `${name}#${at}`] = one
  }
  return found
}

/** The events of a namespace, those that say the same as one. */
export function eventsIn(side: Side, namespace: string): ReadonlySet<string> {
  const settled = settler(side, namespace)
  const ofNamespace = side.history.filter(
    ({ plural, gone, object }) => plural === 'events' && !gone && object.metadata.namespace === namespace,
  )
  return new Set(
    ofNamespace.map(({ object }) => {
      const { type, reason, message, involvedObject, source, reportingComponent, action } = object
      const about = `${involvedObject.kind}/${settled(involvedObject.name)}`
      return [type, reason, about, settled(message), source?.component ?? '', reportingComponent, action ?? ''].join(
        ' | ',
      )
    }),
  )
}
