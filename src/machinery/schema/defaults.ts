import { cloneJson } from '../object/object.ts'
import type { Field, Schema, TypeSchema } from './schema.ts'

/** A value for the field at a dotted path, given when the field is not set. */
export type DefaultRule = readonly [path: string, value: unknown]
/** What a default may know besides the object: the time, as metav1.Time writes it. */
export interface DefaultContext {
  readonly now?: string
}
/** Defaults that depend on more than one field. */
export type DefaultStep = (draft: any, context: DefaultContext) => void
export interface TypeDefaults {
  readonly before?: DefaultStep
  readonly after?: DefaultStep
}
/** The defaults of every type that has any. */
export interface DefaultRules {
  readonly simple: Readonly<Record<string, readonly DefaultRule[]>>
  readonly steps: Readonly<Record<string, TypeDefaults>>
}
type Visit = (draft: any, context: DefaultContext) => void
type Members = Record<string, unknown>

/** Fills in what an object leaves unset, parents before children; applying it twice changes nothing more. */
export function createDefaulter(
  schema: Schema,
  rules: DefaultRules,
): (type: string, draft: any, context?: DefaultContext) => void {
  const visits = new Map<string, Visit | undefined>()
  const hasRules = (name: string) => rules.simple[name] !== undefined || rules.steps[name] !== undefined
  const reached = new Map<string, boolean>()

  /** Whether a type or anything within it has defaults. */
  function reaches(name: string): boolean {
    const known = reached.get(name)
    if (known !== undefined) return known
    reached.set(name, hasRules(name))
    const type = schema.type(name)
    const found =
      type !== undefined &&
      (hasRules(name) || type.jsonFields.some((field) => field.name !== '' && reaches(field.type)))
    reached.set(name, found)
    return found
  }
  function visitOf(name: string): Visit | undefined {
    if (visits.has(name)) return visits.get(name)
    const type = schema.type(name)
    const visit = type !== undefined && reaches(name) ? compile(type) : undefined
    visits.set(name, visit)
    return visit
  }
  function compile(type: TypeSchema): Visit {
    const setters = (rules.simple[type.name] ?? []).flatMap((rule) => setterOf(rule, type, schema) ?? [])
    const { before, after } = rules.steps[type.name] ?? {}
    const children = type.jsonFields.filter((field) => reaches(field.type))
    return (draft, context) => {
      before?.(draft, context)
      for (const set of setters) set(draft)
      after?.(draft, context)
      for (const field of children) {
        const member = draft[field.name]
        if (member !== undefined && member !== null) visitMember(field, member, visitOf(field.type)!, context)
      }
    }
  }
  return (type, draft, context = {}) => visitOf(type)?.(draft, context)
}

/** What is frozen is shared with an object that has its defaults. */
function visitMember(field: Field, member: any, visit: Visit, context: DefaultContext): void {
  if (Object.isFrozen(member)) return
  if (field.map) for (const key in member) visit(member[key], context)
  else if (field.repeated) {
    for (const item of member) if (!Object.isFrozen(item)) visit(item, context)
  } else visit(member, context)
}

/** Sets one default, or undefined when Go would not write the value at all. */
function setterOf([path, value]: DefaultRule, type: TypeSchema, schema: Schema): ((draft: any) => void) | undefined {
  const parts = path.split('.')
  const last = parts.pop()!
  let owner: TypeSchema | undefined = type
  for (const part of parts) owner = schema.type(owner?.field(part)?.type ?? '')
  const field = owner?.field(last)
  if (field === undefined) throw new Error(`default for ${type.name}.${path}, which is no field`)
  const isEmpty = isZero(value)
  if (isEmpty && !field.pointer && field.omitempty) return undefined
  const fresh = typeof value === 'object' && value !== null ? () => cloneJson(value) : () => value
  return (draft) => {
    let holder = draft as Members
    for (const part of parts) {
      holder[part] ??= {}
      holder = holder[part] as Members
    }
    const present = holder[last]
    if (present === undefined || present === null || (!field.pointer && isZero(present))) holder[last] = fresh()
  }
}
function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
