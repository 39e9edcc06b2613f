import { type FieldSet, isEmptySet } from './field-set.ts'

/** Sets are few, objects many: pods of one kind of writer all share one. So many are remembered. */
const setsKeptMax = 8192
const byText = new Map<string, FieldSet>()
const texts = new WeakMap<FieldSet, string>()
const keys = new WeakMap<FieldSet, string>()
let keysGiven = 0

/**
 * A set apart from the identities in it: addresses and uids. A pod's set names its own address (`k:{"ip":"10.244.0.7"}` of
 * podIPs) and a Lease's its node (`k:{"uid":"…"}` of ownerReferences), so it is no other object's; its pattern, with
 * `k:{"":0}` in place of the first identity, is that of all of them.
 */
export interface Pattern {
  readonly pattern: FieldSet
  /** The identities, `"ip":"10.244.0.7"`, in the order of their numbers. */
  readonly identities: readonly string[]
}
const patterns = new WeakMap<FieldSet, Pattern>()
const noIdentities: readonly string[] = []
const identityStep = /^k:\{("(?:ip|uid)":"[^"\\]*")\}$/
/** The same in the JSON of a set. */
const identityInText = /"k:\{(\\"(?:ip|uid)\\":\\"[^"\\]*\\")\}"/g
/** The same in a text that has steps as they are. */
const identityInSteps = /k:\{("(?:ip|uid)":"[^"\\]*")\}/g
const numberedStep = /^k:\{"":(\d+)\}$/
const numbers = new WeakMap<FieldSet, number>()
/** The text of a pattern, cut where identities go, with their numbers in between. */
const cutTexts = new WeakMap<FieldSet, readonly (string | number)[]>()

/**
 * The same set as one object for all that are equal, so that many objects hold it once and its text is made once. What
 * names identities is an object of its own, and shares all else.
 */
export function canonicalSet(set: FieldSet): FieldSet {
  if (isEmptySet(set) || isCanonical(set)) return set
  const identities = identitiesIn(set)
  return identities.length === 0
    ? canonicalOf(set)
    : withIdentities(canonicalOf(renumbered(set, identities)), identities)
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
  const { pattern, identities } = parts
  return cutTextOf(pattern)
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(identityStepOf(identities[part]!))))
    .join('')
}

/** What a set is told from all others by: short for one that canonicalSet answered and that is of no object alone. */
export function setKey(set: FieldSet): string {
  return keys.get(set) ?? fieldSetText(set)
}

/** A canonical set apart from its identities; the set itself is the pattern when it has none. */
export function patternOf(set: FieldSet): Pattern {
  return patterns.get(set) ?? { pattern: set, identities: noIdentities }
}

function identitiesIn(set: FieldSet): readonly string[] {
  const found = new Set<string>()
  collect(set, found)
  return found.size === 0 ? noIdentities : [...found].sort()
}

function collect(set: FieldSet, found: Set<string>): void {
  for (const step in set) {
    if (isIdentityStep(step)) {
      const identity = identityStep.exec(step)?.[1]
      if (identity !== undefined) found.add(identity)
    }
    collect(set[step]!, found)
  }
}

/** The identities in the text of a set, each once, in order. */
export function identitiesInText(text: string): readonly string[] {
  if (!namesIdentity(text)) return noIdentities
  return [...new Set([...text.matchAll(identityInText)].map(([, escaped]) => unescaped(escaped!)))].sort()
}

/** The text that the set has with numbers for these identities. */
export function renumberedText(text: string, identities: readonly string[]): string {
  if (!namesIdentity(text)) return text
  return text.replace(identityInText, (step, escaped) => {
    const at = identities.indexOf(unescaped(escaped))
    return at < 0 ? step : `"k:{\\"\\":${at}}"`
  })
}

/** The identities in an outline, each once, in order. */
export function identitiesInOutline(outline: string): readonly string[] {
  if (!isIdentityNamed(outline)) return noIdentities
  return [...new Set([...outline.matchAll(identityInSteps)].map(([, identity]) => identity!))].sort()
}

/** The outline with numbers for these identities. */
export function renumberedOutline(outline: string, identities: readonly string[]): string {
  if (identities.length === 0) return outline
  return outline.replace(identityInSteps, (_, identity) => `k:{"":${identities.indexOf(identity)}}`)
}

/** The set with numbers for these identities; itself where none of them is in it. */
export function renumbered(set: FieldSet, identities: readonly string[]): FieldSet {
  return mapSteps(set, (step) => {
    const at = isIdentityStep(step) ? identities.indexOf(identityStep.exec(step)?.[1] ?? '') : -1
    return at < 0 ? step : `k:{"":${at}}`
  })
}

/** The inverse of renumbered, for a canonical pattern: a canonical set. */
export function withIdentities(pattern: FieldSet, identities: readonly string[]): FieldSet {
  if (identities.length === 0 || numbersIn(pattern) === 0) return pattern
  const set = mapSteps(
    pattern,
    (step) => {
      const at = numberedStep.exec(step)?.[1]
      return at === undefined ? step : identityStepOf(identities[Number(at)]!)
    },
    (node) => numbersIn(node) > 0,
  )
  // Identities that are not in it any more are not to be dragged along.
  if (numbersIn(pattern) < identities.length) return canonicalSet(set)
  patterns.set(set, { pattern, identities })
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

/** How many numbers stand for identities in a pattern; 0 in any set that is none. */
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
  keys.set(set, `#${++keysGiven}`)
  return set
}

function cutTextOf(pattern: FieldSet): readonly (string | number)[] {
  let cut = cutTexts.get(pattern)
  if (cut === undefined) {
    cut = fieldSetText(pattern)
      .split(/"k:\{\\"\\":(\d+)\}"/)
      .map((part, at) => (at % 2 === 0 ? part : Number(part)))
    cutTexts.set(pattern, cut)
  }
  return cut
}

const isIdentityStep = (step: string) => step.startsWith('k:{"ip":"') || step.startsWith('k:{"uid":"')
const namesIdentity = (text: string) => text.includes('"k:{\\"ip\\":') || text.includes('"k:{\\"uid\\":')
const isIdentityNamed = (outline: string) => outline.includes('k:{"ip":"') || outline.includes('k:{"uid":"')
const identityStepOf = (identity: string) => `k:{${identity}}`
const unescaped = (text: string) => text.replaceAll('\\"', '"')
