import { type FieldSet, isEmptySet } from './field-set.ts'

/** Sets are few, objects many: pods of one kind of writer all share one. So many are remembered. */
const setsKeptMax = 8192
const byText = new Map<string, FieldSet>()
const texts = new WeakMap<FieldSet, string>()

/** The same set as one object for all that are equal, so that many objects hold it once and its text is made once. */
export function canonicalSet(set: FieldSet): FieldSet {
  if (isEmptySet(set) || texts.has(set)) return set
  const text = JSON.stringify(set)
  const known = byText.get(text)
  if (known !== undefined) return known
  if (byText.size >= setsKeptMax) byText.clear()
  byText.set(text, set)
  texts.set(set, text)
  return set
}

/** A set as JSON; of one that canonicalSet answered, without work. */
export function fieldSetText(set: FieldSet): string {
  return texts.get(set) ?? JSON.stringify(set)
}
