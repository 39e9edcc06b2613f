/** What calls cost at run time, as Kubernetes counts it. Changing any of it changes which rules may be written. */
import { costSizeOf, elementsOf, isList, MapValue, ObjectValue, type Value } from '../values/value.ts'
import { regexLengthFactor, stringTraversalFactor } from './range.ts'

type CallCost = (args: readonly Value[], result: Value) => number

const encoder = new TextEncoder()

const traversed = (size: number, factor = stringTraversalFactor): number => Math.ceil(size * factor)
const free: CallCost = () => 1

/** The cost of looking at everything in a value. */
function traversalCost(value: Value): number {
  if (typeof value === 'string') return Math.trunc(encoder.encode(value).length * stringTraversalFactor)
  if (value instanceof Uint8Array) return Math.trunc(value.length * stringTraversalFactor)
  if (isList(value)) return elementsOf(value).reduce<number>((sum, element) => sum + traversalCost(element), 0)
  if (value instanceof MapValue) {
    return value.keys().reduce<number>((sum, key) => sum + traversalCost(key) + traversalCost(value.find(key)!), 0)
  }
  return 1
}

const firstOnce: CallCost = (args) => traversed(costSizeOf(args[0]))
const firstTwice: CallCost = (args) => traversed(costSizeOf(args[0]), 2 * stringTraversalFactor)
const firstWhole: CallCost = (args) => traversalCost(args[0]!)
const withPattern: CallCost = (args) =>
  traversed(1 + costSizeOf(args[0])) * traversed(costSizeOf(args[1]), regexLengthFactor)

/** A selector is parsed into requirements, each a structure with a list. */
const selector: CallCost = (args) => {
  const length = costSizeOf(args[1])
  return 10 + traversed(length) + traversed(Math.ceil(length * 0.5), 50)
}

const containsAddress =
  (parsedId: string, { masked }: { readonly masked: boolean }): ((id: string) => CallCost) =>
  (id) =>
  (args) => {
    const range = costSizeOf(args[0])
    const base = traversed(range + range) + (masked ? traversed(range) + 1 : 0)
    return id === parsedId ? base + traversed(costSizeOf(args[1])) : base
  }

/** Anything that validates against a named format pays for a pattern of the format's size. */
export interface SizedFormat {
  readonly patternSizeMax: number
}

const validated: CallCost = (args) => {
  const format = args[0] as unknown as Partial<SizedFormat>
  return traversed(1 + costSizeOf(args[1])) * traversed(format.patternSizeMax ?? 1, regexLengthFactor)
}

const names: Record<string, ((id: string) => CallCost) | undefined> = Object.create(null)

function declare(cost: CallCost, ...functions: readonly string[]): void {
  for (const name of functions) names[name] = () => cost
}

declare(() => 350_000, 'check')
declare(free, 'serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name')
declare(free, 'allowed', 'reason', 'error', 'errored')
declare(selector, 'fieldSelector', 'labelSelector')
declare(firstWhole, 'isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf')
declare(firstOnce, 'url', 'lowerAscii', 'upperAscii', 'substring', 'trim', 'jsonpatch.escapeKey')
declare(firstTwice, 'replace', 'split', 'ip.isCanonical')
declare((_args, result) => traversed(costSizeOf(result), 2 * stringTraversalFactor), 'join')
declare(withPattern, 'find', 'findAll')
declare(firstOnce, 'cidr', 'isIP', 'isCIDR', 'quantity', 'isQuantity', 'semver', 'isSemver')
declare(free, 'masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback')
declare(free, 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast')
declare(validated, 'validate')
declare(free, 'format.named')
declare(free, 'sign', 'asInteger', 'isInteger', 'asApproximateFloat', 'isGreaterThan', 'isLessThan', 'compareTo')
declare(free, 'add', 'sub', 'major', 'minor', 'patch')
declare(free, 'getScheme', 'getHostname', 'getHost', 'getPort', 'getEscapedPath', 'getQuery')
names['ip'] = (id) => (id === 'cidr_ip' ? free : firstOnce)
names['containsIP'] = containsAddress('cidr_contains_ip_string', { masked: false })
names['containsCIDR'] = containsAddress('cidr_contains_cidr_string', { masked: true })

const smaller: CallCost = (args) => traversed(Math.min(costSizeOf(args[0]), costSizeOf(args[1])))
names['_==_'] = () => (args, result) => (args[0] instanceof ObjectValue ? 1 : smaller(args, result))

const byOverload: Record<string, CallCost | undefined> = Object.create(null)
for (const id of [
  'starts_with_string',
  'ends_with_string',
  'string_to_bytes',
  'bytes_to_string',
  'strings_quote',
  'string_format',
]) {
  byOverload[id] = firstOnce
}
for (const kind of ['string', 'bytes']) {
  for (const order of ['less', 'greater', 'less_equals', 'greater_equals']) byOverload[`${order}_${kind}`] = smaller
  byOverload[`add_${kind}`] = (args) => traversed(costSizeOf(args[0]) + costSizeOf(args[1]))
}
byOverload['equals'] = smaller
byOverload['not_equals'] = smaller
byOverload['in_list'] = (args) => costSizeOf(args[1])
byOverload['matches_string'] = withPattern
byOverload['contains_string'] = (args) => traversed(costSizeOf(args[0])) * traversed(costSizeOf(args[1]))

/** How calls of a function are charged. `overload` is empty when several may be meant. */
export function callCost(name: string, overload: string): CallCost {
  return names[name]?.(overload) ?? byOverload[name === '_!=_' ? 'not_equals' : overload] ?? free
}
