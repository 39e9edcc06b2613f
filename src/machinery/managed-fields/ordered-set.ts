import { canonicalSet } from './canonical.ts'
import { type FieldSet, isEmptySet, ordered } from './field-set.ts'

const setsKeptMax = 1024
const byText = new Map<string, FieldSet>()
const bySet = new WeakMap<FieldSet, FieldSet>()

/**
 * The same set with all its steps in Kubernetes' order, as it is written, and as one object for all that are equal. Which order
 * that is is found out once for sets with the same steps: who applies states the same fields again and again.
 */
export function orderedSet(set: FieldSet): FieldSet {
  if (isEmptySet(set)) return set
  const known = bySet.get(set)
  if (known !== undefined) return known
  const text = JSON.stringify(set)
  let made = byText.get(text)
  if (made === undefined) {
    made = canonicalSet(ordered(set))
    if (byText.size >= setsKeptMax) byText.clear()
    byText.set(text, made)
    bySet.set(made, made)
  }
  bySet.set(set, made)
  return made
}
