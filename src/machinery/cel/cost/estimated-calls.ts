/** What calls may cost, as Kubernetes estimates it. Changing any of it changes which rules may be written. */
import type { CelType } from '../types/type.ts'
import {
  add,
  type CallEstimate,
  type EstimatedNode,
  fixed,
  listCreateCost,
  multiply,
  type Range,
  rangeMax,
  regexLengthFactor,
  type SizeRange,
  scale,
  stringTraversalFactor,
  structCreateCost,
} from './range.ts'

/** A call as its estimate sees it. */
export interface EstimatedArguments {
  readonly target: EstimatedNode | undefined
  readonly args: readonly EstimatedNode[]
  readonly sizeOf: (node: EstimatedNode) => SizeRange
}

type Estimate = (call: EstimatedArguments, id: string) => CallEstimate | undefined

const one = fixed(1)
const named: Record<string, Estimate | undefined> = Object.create(null)
const byOverload: Record<string, Estimate | undefined> = Object.create(null)

function declare(estimate: Estimate, ...names: readonly string[]): void {
  for (const name of names) named[name] = estimate
}

const traversal = (size: SizeRange, factor = 1): Range => scale(size, factor * stringTraversalFactor)

/** The elements of a list as a node of their own, so that their sizes can be asked for. */
function elementsOf({ path, type }: EstimatedNode): EstimatedNode | undefined {
  const element = type.parameters[0]
  if (element === undefined) return undefined
  return { path: path === undefined ? undefined : [...path, '@items'], type: element, node: undefined, size: undefined }
}

const constant =
  (cost: Range): Estimate =>
  () =>
    cost

const firstArg =
  (factor: number, { sized = false }: { readonly sized?: boolean } = {}): Estimate =>
  ({ args, sizeOf }) => {
    if (args[0] === undefined) return undefined
    const size = sizeOf(args[0])
    return { ...traversal(size, factor), ...(sized ? { resultSize: size } : {}) }
  }

const selector: Estimate = ({ args, sizeOf }) => {
  if (args.length !== 1) return undefined
  const length = sizeOf(args[0]!)
  const requirements = scale(scale(length, 0.5), listCreateCost + structCreateCost)
  return add(add(fixed(listCreateCost), traversal(length)), requirements)
}

const eachElement: Estimate = ({ target, sizeOf }) => {
  if (target === undefined) return undefined
  const element = elementsOf(target)
  if (element === undefined) return traversal(sizeOf(target))
  const isText = element.type.kind === 'string' || element.type.kind === 'bytes'
  return multiply(sizeOf(target), isText ? add(one, traversal(sizeOf(element))) : one)
}

const targetText: Estimate = ({ target, sizeOf }) => {
  if (target === undefined) return undefined
  const size = sizeOf(target)
  return { ...traversal(size), resultSize: size }
}

/** How large a text may become when every occurrence of one part is replaced by another. */
function replacedSize(size: SizeRange, old: SizeRange, fresh: SizeRange): SizeRange {
  const count = { min: 0, max: 0 }
  const kept = { min: 0, max: 0 }
  if (old.min === 0) {
    count.max = size.max < rangeMax ? size.max + 1 : size.max
    kept.max = size.max
  } else if (fresh.max <= old.min) kept.max = size.max
  else count.max = Math.ceil(size.max / old.min)
  if (old.max === 0) {
    count.min = size.min < rangeMax ? size.min + 1 : size.min
    kept.min = size.min
  } else if (old.max <= fresh.min) kept.min = size.min
  else count.min = Math.ceil(size.min / old.max)
  return add(multiply(count, fresh), kept)
}

const replaced: Estimate = ({ target, args, sizeOf }) => {
  if (target === undefined || args.length < 2) return undefined
  const size = sizeOf(target)
  return { ...traversal(size, 2), resultSize: replacedSize(size, sizeOf(args[0]!), sizeOf(args[1]!)) }
}

const split: Estimate = ({ target, args, sizeOf }) => {
  if (target === undefined) return undefined
  const size = sizeOf(target)
  const limit = args[1]?.node?.kind === 'literal' ? args[1].node.value : undefined
  const max = typeof limit === 'number' ? (limit < 0 ? rangeMax + limit : limit) : size.max
  return { ...traversal(size, 2), resultSize: { min: 0, max } }
}

const joined: Estimate = ({ target, args, sizeOf }) => {
  if (target === undefined) return undefined
  const list = sizeOf(target)
  const element = elementsOf(target)
  let size = element === undefined ? fixed(0) : multiply(list, sizeOf(element))
  if (args.length > 0) {
    const separators = { min: Math.max(list.min - 1, 0), max: Math.max(list.max - 1, 0) }
    size = add(size, multiply(sizeOf(args[0]!), separators))
  }
  return { ...traversal(size), resultSize: size }
}

/** Kubernetes: one is added to the text, so that an expensive pattern on an empty text is not free. */
function patternCost(text: SizeRange, pattern: SizeRange): Range {
  return multiply(traversal(add(text, one)), scale(pattern, regexLengthFactor))
}

const found: Estimate = ({ target, args, sizeOf }) => {
  if (target === undefined || args.length < 1) return undefined
  const size = sizeOf(target)
  return { ...patternCost(size, sizeOf(args[0]!)), resultSize: { min: 0, max: size.max } }
}

/** Addresses are 4 or 16 bytes. */
const addressSize = { min: 4, max: 16 }
const comparedAddresses = traversal(add(addressSize, addressSize))
const parsedToo =
  (base: Range, parsedId: string): Estimate =>
  ({ args, sizeOf }, id) => {
    if (args.length < 1) return undefined
    return id === parsedId ? add(base, traversal(sizeOf(args[0]!))) : base
  }

const maxNamePattern = 128
const maxFormatSize = 64

const cheapToCompare = new Set([
  'net.IP',
  'net.CIDR',
  'kubernetes.Quantity',
  'kubernetes.Semver',
  'kubernetes.authorization.Authorizer',
  'kubernetes.authorization.PathCheck',
  'kubernetes.authorization.GroupCheck',
  'kubernetes.authorization.ResourceCheck',
  'kubernetes.authorization.Decision',
])

function isSame(left: CelType, right: CelType): boolean {
  return left.name === right.name
}

const compared: Estimate = ({ args }) => {
  const [left, right] = args
  if (left === undefined || right === undefined || !isSame(left.type, right.type)) return undefined
  const { kind, name } = left.type
  if (kind !== 'opaque' && kind !== 'struct') return undefined
  if (cheapToCompare.has(name)) return one
  if (name === 'kubernetes.NamedFormat')
    return { min: Math.ceil(stringTraversalFactor), max: Math.ceil(maxFormatSize * stringTraversalFactor) }
  // Kubernetes: both sides are taken to be as large as the right one.
  if (name === 'kubernetes.URL') return traversal({ min: 1, max: right.size?.max ?? 1 })
  return undefined
}

declare(constant(fixed(350_000)), 'check')
declare(constant(one), 'serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name')
declare(constant(one), 'allowed', 'reason', 'error', 'errored')
declare(selector, 'fieldSelector', 'labelSelector')
declare(eachElement, 'isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf')
declare(
  (call, id) => (call.args.length === 1 ? firstArg(1, { sized: true })(call, id) : undefined),
  'url',
  'jsonpatch.escapeKey',
)
declare(targetText, 'lowerAscii', 'upperAscii', 'substring', 'trim')
declare(replaced, 'replace')
declare(split, 'split')
declare(joined, 'join')
declare(found, 'find', 'findAll')
declare(firstArg(1), 'cidr', 'isIP', 'isCIDR', 'quantity', 'isQuantity', 'semver', 'isSemver')
declare((call, id) => (id === 'cidr_ip' ? one : firstArg(1)(call, id)), 'ip')
declare(firstArg(2), 'ip.isCanonical')
declare(constant(one), 'masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback')
declare(constant(one), 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast')
declare(parsedToo(comparedAddresses, 'cidr_contains_ip_string'), 'containsIP')
declare(
  parsedToo(add(add(comparedAddresses, traversal(addressSize)), one), 'cidr_contains_cidr_string'),
  'containsCIDR',
)
declare(
  ({ args, sizeOf }) => args[0] && scale(traversal(sizeOf(args[0])), maxNamePattern * regexLengthFactor),
  'validate',
)
declare(constant(one), 'format.named')
declare(
  constant(one),
  'sign',
  'asInteger',
  'isInteger',
  'asApproximateFloat',
  'isGreaterThan',
  'isLessThan',
  'compareTo',
)
declare(constant(one), 'add', 'sub', 'major', 'minor', 'patch')
declare(constant(one), 'getScheme', 'getHostname', 'getHost', 'getPort', 'getEscapedPath', 'getQuery')
declare(compared, '_==_')

const sized = (node: EstimatedNode | undefined): SizeRange => node?.size ?? { min: 0, max: rangeMax }

/** Only as much is compared as the smaller side has. */
const smallerSide: Estimate = ({ args }) => {
  const max = Math.min(sized(args[0]).max, sized(args[1]).max)
  return traversal({ min: max > 0 ? 1 : 0, max })
}

byOverload['string_format'] = ({ target }) => target && traversal(sized(target))
byOverload['string_to_bytes'] = ({ args: [text] }) => {
  const { min, max } = sized(text)
  return { ...traversal({ min, max }), resultSize: { min, max: Math.min(max * 4, rangeMax) } }
}
byOverload['bytes_to_string'] = ({ args: [bytes] }) => {
  const { min, max } = sized(bytes)
  return { ...traversal({ min, max }), resultSize: { min: Math.floor(min / 4), max } }
}
byOverload['strings_quote'] = ({ args: [text] }) => {
  const { min, max } = sized(text)
  return { ...traversal({ min, max }), resultSize: { min: min + 2, max: Math.min(max * 2 + 2, rangeMax) } }
}
for (const id of ['starts_with_string', 'ends_with_string'])
  byOverload[id] = ({ args: [part] }) => traversal(sized(part))
byOverload['in_list'] = ({ args }) => (args.length === 2 ? scale(sized(args[1]), 1) : undefined)
byOverload['matches_string'] = ({ target, args: [pattern] }) => target && patternCost(sized(target), sized(pattern))
byOverload['contains_string'] = ({ target, args: [part] }) =>
  target && multiply(traversal(sized(target)), traversal(sized(part)))
for (const kind of ['string', 'bytes']) {
  for (const order of ['less', 'greater', 'less_equals', 'greater_equals']) byOverload[`${order}_${kind}`] = smallerSide
}
byOverload['equals'] = smallerSide
byOverload['not_equals'] = smallerSide

/** What a call may cost besides its arguments; undefined when it is an operator or costs one. */
export function estimatedCall(name: string, id: string, call: EstimatedArguments): CallEstimate | undefined {
  return named[name]?.(call, id) ?? byOverload[id]?.(call, id)
}
