/**
 * A set of field paths, in the form of metav1.FieldsV1: each key is one step of a path (`f:` a field, `k:` an item by its keys,
 * `v:` an item by its value), and what is below is the rest. An empty object is a path that ends here; `.` marks one that ends
 * here and goes on as well. Never changed once made; parts are shared.
 */
export interface FieldSet {
  readonly [step: string]: FieldSet
}
type Draft = Record<string, FieldSet>

/** The set of no fields. */
export const noFields: FieldSet = Object.freeze({})
const leaf = noFields
const self = '.'

/** Whether a set has no fields at all. */
export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false
  return true
}

/** Whether a path ends at this node. */
function endsHere(node: FieldSet): boolean {
  return node[self] !== undefined || isEmptySet(node)
}

/** A node from its parts; undefined when nothing is left. */
function nodeOf(ends: boolean, below: FieldSet): FieldSet | undefined {
  if (isEmptySet(below)) return ends ? leaf : undefined
  if (!ends) return below
  return { [self]: leaf, ...below }
}

/** The paths that go on below a node. */
function belowOf(node: FieldSet): FieldSet {
  if (node[self] === undefined) return node
  const { [self]: _, ...below } = node
  return below
}

/** A set of one step, with what is below it. */
export function stepSet(step: string, below: FieldSet): FieldSet {
  return { [step]: below }
}

/** The node that ends here and goes on with `below`. */
export function withSelf(below: FieldSet): FieldSet {
  return nodeOf(true, below)!
}

/** Steps in Kubernetes' order: fields, then items by key, by value, by index; numbers by size. */
function compareSteps(left: string, right: string): number {
  if (left === right) return 0
  if (left === self) return -1
  if (right === self) return 1
  const rank = (step: string) => 'fkvi'.indexOf(step[0]!)
  if (left[0] !== right[0]) return rank(left) - rank(right)
  if (left[0] !== 'f') {
    const difference = compareJson(JSON.parse(left.slice(2)), JSON.parse(right.slice(2)))
    if (difference !== 0) return difference
  }
  return left < right ? -1 : 1
}

function compareJson(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left === 'object' && typeof right === 'object' && left !== null && right !== null) {
    const ours = Object.entries(left)
    const theirs = Object.entries(right)
    for (let at = 0; at < Math.min(ours.length, theirs.length); at++) {
      const difference = compareJson(ours[at]![0], theirs[at]![0]) || compareJson(ours[at]![1], theirs[at]![1])
      if (difference !== 0) return difference
    }
    return ours.length - theirs.length
  }
  return String(left) < String(right) ? -1 : String(left) > String(right) ? 1 : 0
}

function inOrder(set: Draft): FieldSet {
  const steps = Object.keys(set)
  for (let at = 1; at < steps.length; at++) {
    if (compareSteps(steps[at - 1]!, steps[at]!) > 0) {
      const sorted: Draft = {}
      for (const step of steps.sort(compareSteps)) sorted[step] = set[step]!
      return sorted
    }
  }
  return set
}

/** The same set with all its steps in Kubernetes' order, as it is written; itself where they are. */
export function ordered(set: FieldSet): FieldSet {
  let result: Draft | undefined
  for (const step in set) {
    const below = ordered(set[step]!)
    if (below === set[step]) continue
    result ??= { ...set }
    result[step] = below
  }
  return inOrder(result ?? set)
}

/** All paths of both. Shares the larger part where it can. */
export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right || isEmptySet(right)) return left
  if (isEmptySet(left)) return right
  let result: Draft | undefined
  for (const step in right) {
    const ours = Object.hasOwn(left, step) ? left[step]! : undefined
    const joined = ours === undefined ? right[step]! : unionNode(ours, right[step]!)
    if (joined === ours) continue
    result ??= { ...left }
    result[step] = joined
  }
  return result === undefined ? left : inOrder(result)
}

function unionNode(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right) return left
  const ends = endsHere(left) || endsHere(right)
  const ours = belowOf(left)
  const below = union(ours, belowOf(right))
  if (below === ours && ends === endsHere(left)) return left
  return nodeOf(ends, below)!
}

/** The paths of left that right does not have. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return subtract(left, right, false)
}

/** The paths of left that neither are in right nor go on below a path of right. */
export function differenceBelow(left: FieldSet, right: FieldSet): FieldSet {
  return subtract(left, right, true)
}

function subtract(left: FieldSet, right: FieldSet, deep: boolean): FieldSet {
  if (isEmptySet(left) || isEmptySet(right)) return left
  let result: Draft | undefined
  for (const step in right) {
    if (step === self || !Object.hasOwn(left, step)) continue
    const node = left[step]!
    const other = right[step]!
    const gone = endsHere(other)
    const ours = belowOf(node)
    const below = deep && gone ? noFields : subtract(ours, belowOf(other), deep)
    const ends = endsHere(node) && !gone
    if (below === ours && ends === endsHere(node)) continue
    result ??= { ...left }
    const rest = nodeOf(ends, below)
    if (rest === undefined) delete result[step]
    else result[step] = rest
  }
  return result ?? left
}

/** The paths both have. */
export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  if (left === right) return left
  const result: Draft = {}
  for (const step in left) {
    if (step === self || !Object.hasOwn(right, step)) continue
    const node = nodeOf(
      endsHere(left[step]!) && endsHere(right[step]!),
      intersection(belowOf(left[step]!), belowOf(right[step]!)),
    )
    if (node !== undefined) result[step] = node
  }
  return result
}

/** Whether a path of this one step is in the set. */
export function hasStep(set: FieldSet, step: string): boolean {
  return Object.hasOwn(set, step) && endsHere(set[step]!)
}

/** The rest of the paths that begin with this step. */
export function afterStep(set: FieldSet, step: string): FieldSet {
  return Object.hasOwn(set, step) ? belowOf(set[step]!) : noFields
}

/** Every path as Kubernetes prints it in messages: `.spec.containers[name="web"].image`. */
export function pathTexts(set: FieldSet, prefix = ''): string[] {
  const steps = Object.keys(set).filter((step) => step !== self)
  const here = steps.filter((step) => endsHere(set[step]!)).map((step) => prefix + stepText(step))
  return [...here, ...steps.flatMap((step) => pathTexts(belowOf(set[step]!), prefix + stepText(step)))]
}

/** One step of such a path. */
export function stepText(step: string): string {
  const rest = step.slice(2)
  if (step.startsWith('f:')) return `.${rest}`
  if (step.startsWith('v:')) return `[=${rest}]`
  if (!step.startsWith('k:')) return `[${rest}]`
  const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>)
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`
}

/** The step of a field: the same text for the same name, as names come again and again. */
export function fieldStep(name: string): string {
  const known = fieldSteps.get(name)
  if (known !== undefined) return known
  const step = `f:${name}`
  if (fieldSteps.size >= fieldStepsKept) fieldSteps.clear()
  fieldSteps.set(name, step)
  return step
}
const fieldSteps = new Map<string, string>()
const fieldStepsKept = 8192

/** The set that a stored entry holds; undefined for what is none. */
export function readFieldSet(value: unknown): FieldSet | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.keys(value).every((step) => step === self || /^[fkvi]:/.test(step)) ? (value as FieldSet) : undefined
}
