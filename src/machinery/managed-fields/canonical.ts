import { type FieldSet, isEmptySet } from './field-set.ts'

/** Sets are few, objects many: pods of one kind of writer all share one. So many are remembered. */
const setsKeptMax = 8192
const byText = new Map<string, FieldSet>()
const texts = new WeakMap<FieldSet, string>()

/**
 * A set apart from the addresses in it. A pod's set names its own address (`k:{"ip":"10.244.0.7"}` of podIPs), so it is no
 * other pod's; its pattern, with `k:{"ip":0}` in place of the first address, is that of all of them.
 */
export interface Pattern {
  readonly pattern: FieldSet
  /** The addresses in the order of their numbers, which is that of the steps. */
  readonly addresses: readonly string[]
}
const patterns = new WeakMap<FieldSet, Pattern>()
const noAddresses: readonly string[] = []
const addressStep = /^k:\{"ip":"([^"\\]*)"\}$/
/** The same in the JSON of a set. */
const addressInText = /"k:\{\\"ip\\":\\"([^"\\]*)\\"\}"/g
const numberedStep = /^k:\{"ip":(\d+)\}$/
const numbers = new WeakMap<FieldSet, number>()
/** The text of a pattern, cut where addresses go, with their numbers in between. */
const cutTexts = new WeakMap<FieldSet, readonly (string | number)[]>()

/**
 * The same set as one object for all that are equal, so that many objects hold it once and its text is made once. What
 * names addresses is an object of its own, and shares all else.
 */
export function canonicalSet(set: FieldSet): FieldSet {
  if (isEmptySet(set) || isCanonical(set)) return set
  const addresses = addressesIn(set)
  return addresses.length === 0 ? canonicalOf(set) : withAddresses(canonicalOf(renumbered(set, addresses)), addresses)
}

/** Whether canonicalSet answered this set. */
export function isCanonical(set: FieldSet): boolean {
  return texts.has(set) || patterns.has(set)
}

/** A set as JSON; of one that canonicalSet answered, with next to no work. */
export function fieldSetText(set: FieldSet): string {
  const known = texts.get(set)
  if (known !== undefined) return known
  const parts = patterns.get(set)
  if (parts === undefined) return JSON.stringify(set)
  const { pattern, addresses } = parts
  return cutTextOf(pattern)
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(addressStepOf(addresses[part]!))))
    .join('')
}

/** A canonical set apart from its addresses; the set itself is the pattern when it has none. */
export function patternOf(set: FieldSet): Pattern {
  return patterns.get(set) ?? { pattern: set, addresses: noAddresses }
}

function addressesIn(set: FieldSet): readonly string[] {
  const found = new Set<string>()
  collect(set, found)
  return found.size === 0 ? noAddresses : [...found].sort()
}

function collect(set: FieldSet, found: Set<string>): void {
  for (const step in set) {
    if (step.startsWith('k:{"ip":"')) {
      const address = addressStep.exec(step)?.[1]
      if (address !== undefined) found.add(address)
    }
    collect(set[step]!, found)
  }
}

/** The addresses in the text of a set, each once, in order. */
export function addressesInText(text: string): readonly string[] {
  if (!text.includes('"k:{\\"ip\\":')) return noAddresses
  return [...new Set([...text.matchAll(addressInText)].map(([, address]) => address!))].sort()
}

/** The text that the set has with numbers for these addresses. */
export function renumberedText(text: string, addresses: readonly string[]): string {
  if (!text.includes('"k:{\\"ip\\":')) return text
  return text.replace(addressInText, (step, address) => {
    const at = addresses.indexOf(address)
    return at < 0 ? step : `"k:{\\"ip\\":${at}}"`
  })
}

/** The set with numbers for these addresses; itself where none of them is in it. */
export function renumbered(set: FieldSet, addresses: readonly string[]): FieldSet {
  return mapSteps(set, (step) => {
    const at = step.startsWith('k:{"ip":"') ? addresses.indexOf(addressStep.exec(step)?.[1] ?? '') : -1
    return at < 0 ? step : `k:{"ip":${at}}`
  })
}

/** The inverse of renumbered, for a canonical pattern: a canonical set. */
export function withAddresses(pattern: FieldSet, addresses: readonly string[]): FieldSet {
  if (addresses.length === 0 || numbersIn(pattern) === 0) return pattern
  const set = mapSteps(
    pattern,
    (step) => {
      const at = numberedStep.exec(step)?.[1]
      return at === undefined ? step : addressStepOf(addresses[Number(at)]!)
    },
    (node) => numbersIn(node) > 0,
  )
  // Addresses that are not in it any more are not to be dragged along.
  if (numbersIn(pattern) < addresses.length) return canonicalSet(set)
  patterns.set(set, { pattern, addresses })
  return set
}

function mapSteps(
  set: FieldSet,
  map: (step: string) => string,
  concerns: (node: FieldSet) => boolean = () => true,
): FieldSet {
  let isChanged = false
  const made: Record<string, FieldSet> = {}
  for (const step in set) {
    const node = set[step]!
    const below = concerns(node) ? mapSteps(node, map, concerns) : node
    const name = map(step)
    if (below !== node || name !== step) isChanged = true
    made[name] = below
  }
  return isChanged ? made : set
}

/** How many numbers stand for addresses in a pattern; 0 in any set that is none. */
export function numbersIn(set: FieldSet): number {
  let known = numbers.get(set)
  if (known === undefined) {
    const found = new Set<string>()
    collectNumbers(set, found)
    known = found.size
    numbers.set(set, known)
  }
  return known
}

function collectNumbers(set: FieldSet, found: Set<string>): void {
  for (const step in set) {
    const number = numberedStep.exec(step)?.[1]
    if (number !== undefined) found.add(number)
    collectNumbers(set[step]!, found)
  }
}

function canonicalOf(set: FieldSet): FieldSet {
  if (texts.has(set)) return set
  const text = JSON.stringify(set)
  const known = byText.get(text)
  if (known !== undefined) return known
  if (byText.size >= setsKeptMax) byText.clear()
  byText.set(text, set)
  texts.set(set, text)
  return set
}

function cutTextOf(pattern: FieldSet): readonly (string | number)[] {
  let cut = cutTexts.get(pattern)
  if (cut === undefined) {
    cut = fieldSetText(pattern)
      .split(/"k:\{\\"ip\\":(\d+)\}"/)
      .map((part, at) => (at % 2 === 0 ? part : Number(part)))
    cutTexts.set(pattern, cut)
  }
  return cut
}

const addressStepOf = (address: string) => `k:{"ip":"${address}"}`
