import type { Answer } from './send.ts'

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
/** What no two servers have in common: identities, times, revisions, and what is made up of them. */
const chance: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '~uid'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '~time'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC( m=\S+)?/g, '~time'],
  [/resourceVersion: \d+/g, 'resourceVersion: ~'],
  [/(Precondition failed: ResourceVersion in precondition: .*record: )\d+/g, '$1~'],
  [/(too old resource version: \d+ \()\d+/g, '$1~'],
  [/(Too large resource version: \d+, current: )\d+/g, '$1~'],
  [/(kube-api-access|generated)-[a-z0-9]{5}/g, '$1-~'],
  // Ages, which may be a second apart.
  [/^\d+s$/g, '~age'],
]
const ofItsOwn = new Set(['uid', 'resourceVersion', 'continue', 'token'])

function settled(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => settled(item))
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        settled(name) as string,
        name === 'managedFields' ? settled(inOwnOrder(inner)) : settled(inner, name),
      ]),
    )
  if (typeof value !== 'string') return value
  if (ofItsOwn.has(key) && value !== '') return '~'
  if (time.test(value)) return '~time'
  return chance.reduce((text, [what, instead]) => text.replace(what, instead), value)
}

/** Managers without regard to the second in which each wrote, by which they are listed. */
function inOwnOrder(entries: unknown): unknown {
  if (!Array.isArray(entries)) return entries
  const key = ({ operation, manager, apiVersion, subresource }: Record<string, unknown>) =>
    JSON.stringify([operation, manager, apiVersion, subresource])
  return [...entries].sort((left, right) => (key(left) < key(right) ? -1 : 1))
}

/** The JSON values of a body: one, or one a line as watches have them; none where it is no JSON. */
function valuesOf(text: string): readonly unknown[] | undefined {
  const parse = (part: string) => JSON.parse(part) as unknown
  try {
    return [parse(text)]
  } catch {
    try {
      return text.trim() === '' ? undefined : text.trim().split('\n').map(parse)
    } catch {
      return undefined
    }
  }
}

const shown = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 300)

/** Long texts from shortly before where they part. */
function texts(path: string, ours: string, theirs: string): string {
  let at = 0
  while (at < ours.length && ours[at] === theirs[at]) at++
  const from = at < 80 ? 0 : at - 40
  const part = (text: string) => `${from === 0 ? '' : '…'}${text.slice(from, at + 200)}`
  return `${path}: ours ${JSON.stringify(part(ours))}, theirs ${JSON.stringify(part(theirs))}`
}

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object'

/** Where two values part, member by member. */
export function* compared(path: string, ours: unknown, theirs: unknown): Generator<string> {
  if (isObject(ours) && isObject(theirs) && Array.isArray(ours) === Array.isArray(theirs)) {
    if (Array.isArray(ours) && Array.isArray(theirs) && ours.length !== theirs.length)
      yield `${path}: ${ours.length} items of ours, ${theirs.length} of theirs`
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const inner = Array.isArray(ours) ? `${path}[${key}]` : `${path}.${key}`
      if (!(key in theirs)) yield `${inner}: only ours, ${shown(ours[key])}`
      else if (!(key in ours)) yield `${inner}: only theirs, ${shown(theirs[key])}`
      else yield* compared(inner, ours[key], theirs[key])
    }
  } else if (typeof ours === 'string' && typeof theirs === 'string' && ours !== theirs) yield texts(path, ours, theirs)
  else if (ours !== theirs) yield `${path}: ours ${shown(ours)}, theirs ${shown(theirs)}`
}

const headers = ['warning', 'content-type', 'allow', 'retry-after', 'location', 'vary', 'cache-control']
/** Headers of which only matters whether they are there. */
const present = ['audit-id', 'etag', 'x-kubernetes-pf-flowschema-uid', 'x-kubernetes-pf-prioritylevel-uid']

/** What differs between two answers, member by member; what differs between any two servers does not count. */
export function differences(ours: Answer, theirs: Answer, silent = false): readonly string[] {
  if (ours.code !== theirs.code)
    return [`code: ours ${ours.code}, theirs ${theirs.code}`, ...texts('text', ours.text, theirs.text).split('\n')]
  if (silent) return []
  const found: string[] = []
  for (const name of headers)
    found.push(...compared(`header ${name}`, settled(ours.headers[name]), settled(theirs.headers[name])))
  for (const name of present)
    if ((ours.headers[name] === undefined) !== (theirs.headers[name] === undefined))
      found.push(`header ${name}: only ${ours.headers[name] === undefined ? 'theirs' : 'ours'}`)
  const [a, b] = [valuesOf(ours.text), valuesOf(theirs.text)]
  if (a !== undefined && b !== undefined) found.push(...compared('', settled(a), settled(b)))
  else found.push(...compared('text', settled(ours.text), settled(theirs.text)))
  return found.map((line) => line.replace(/^\[0\]/, ''))
}
