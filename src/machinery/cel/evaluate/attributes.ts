/**
 * Attributes: a variable or other value, followed by fields and indexes. They are one step for cost, they carry
 * optionality along, and a conditional passes what follows it on to both its branches.
 */
import { runtimeType } from '../values/runtime-type.ts'
import { textOf } from '../values/text.ts'
import {
  CelError,
  Double,
  elementAt,
  isInt,
  isList,
  MapValue,
  noneOptional,
  noSuchOverload,
  ObjectValue,
  Optional,
  sizeOfList,
  Uint,
  type Value,
} from '../values/value.ts'
import { charge, type Run, type Step } from './run.ts'

/** A field or index after a value. */
export interface Qualifier {
  /** The key, when it is known beforehand. */
  readonly key: Value | undefined
  /** Finds the key otherwise. */
  readonly find: Step | undefined
  readonly optional: boolean
  /** Asks only for presence, as `has()` does. */
  readonly testOnly: boolean
}

export type Attribute =
  | { readonly kind: 'value'; readonly base: Step; readonly qualifiers: Qualifier[] }
  | {
      readonly kind: 'conditional'
      readonly condition: Step
      readonly whenTrue: Attribute
      readonly whenFalse: Attribute
    }

/** Appends a qualifier; a conditional hands it to both branches. */
export function qualify(attribute: Attribute, qualifier: Qualifier): Attribute {
  if (attribute.kind === 'conditional') {
    return {
      ...attribute,
      whenTrue: qualify(attribute.whenTrue, qualifier),
      whenFalse: qualify(attribute.whenFalse, qualifier),
    }
  }
  return { ...attribute, qualifiers: [...attribute.qualifiers, qualifier] }
}

/** The index a key means for a list. */
function indexOf(key: Value): number | CelError {
  if (typeof key === 'number') return key
  if (key instanceof Double || key instanceof Uint) {
    const index = Number(key.value)
    return Number.isInteger(index) ? index : new CelError(`unsupported index value ${textOf(key)} in list`)
  }
  if (isInt(key)) return Number(key)
  return new CelError(`unsupported index type '${runtimeType(key).name}' in list`)
}

/** The value at a key; undefined when nothing is there. */
function lookup(object: Value, key: Value): Value | undefined {
  if (object instanceof MapValue) return object.find(key)
  if (isList(object)) {
    const index = indexOf(key)
    if (index instanceof CelError) return index
    return index >= 0 && index < sizeOfList(object) ? elementAt(object, index) : undefined
  }
  if (object instanceof ObjectValue && typeof key === 'string') return object.field?.(key)
  return object instanceof CelError ? object : undefined
}

function missing(object: Value, key: Value): CelError {
  return new CelError(isList(object) ? `index out of bounds: ${textOf(key)}` : `no such key: ${textOf(key)}`)
}

function keyOf(qualifier: Qualifier, run: Run): Value {
  return qualifier.find === undefined ? qualifier.key! : qualifier.find(run)
}

/** What the qualifiers lead to, each charged; optional once any part was. */
function follow(run: Run, start: Value, qualifiers: readonly Qualifier[]): Value {
  let object = start
  let optional = false
  if (start instanceof Optional) {
    if (start.value === undefined) return start
    object = start.value
    optional = true
  }
  for (const qualifier of qualifiers) {
    optional ||= qualifier.optional
    const key = keyOf(qualifier, run)
    if (key instanceof CelError) {
      charge(run, 1)
      return key
    }
    const found = lookup(object, key)
    if (found instanceof CelError) {
      charge(run, 1)
      return found
    }
    if (found === undefined) {
      // What is absent and optional costs nothing.
      if (optional) return noneOptional
      charge(run, 1)
      return qualifier.testOnly ? false : missing(object, key)
    }
    charge(run, 1)
    object = qualifier.testOnly && !optional ? true : found
  }
  return optional ? new Optional(object) : object
}

/** The value of an attribute without the charge for looking at it. */
export function bareStep(attribute: Attribute): Step {
  if (attribute.kind === 'conditional') {
    const { condition } = attribute
    const whenTrue = bareStep(attribute.whenTrue)
    const whenFalse = bareStep(attribute.whenFalse)
    return (run) => {
      const decided = condition(run)
      if (decided === true) return whenTrue(run)
      if (decided === false) return whenFalse(run)
      return decided instanceof CelError ? decided : noSuchOverload
    }
  }
  const { base, qualifiers } = attribute
  if (qualifiers.length === 0) return base
  if (qualifiers.every(({ find, optional, testOnly }) => find === undefined && !optional && !testOnly)) {
    return plainStep(base, qualifiers)
  }
  return (run) => {
    const start = base(run)
    return start instanceof CelError ? start : follow(run, start, qualifiers)
  }
}

/** The usual case: constant keys, nothing optional. */
function plainStep(base: Step, qualifiers: readonly Qualifier[]): Step {
  const keys = qualifiers.map(({ key }) => key!)
  return (run) => {
    let object: Value = base(run)
    if (object instanceof CelError) return object
    if (object instanceof Optional) return follow(run, object, qualifiers)
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!
      const found: Value | undefined = object instanceof MapValue ? object.find(key) : lookup(object, key)
      charge(run, 1)
      if (found === undefined) return missing(object, key)
      if (found instanceof CelError) return found
      object = found
    }
    return object
  }
}

/** The value of an attribute, charged as one look. */
export function attributeStep(attribute: Attribute): Step {
  const bare = bareStep(attribute)
  if (attribute.kind === 'conditional') return bare
  return (run) => {
    const value = bare(run)
    charge(run, 1)
    return value
  }
}

/** `has(...)`: the last qualifier is free of the charge for the look. */
export function presenceStep(attribute: Attribute): Step {
  const bare = bareStep(attribute)
  return (run) => {
    const found = bare(run)
    return found instanceof Optional ? found.value !== undefined : found
  }
}
