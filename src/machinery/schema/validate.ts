import { sameJson } from '../object/object.ts'
import { duplicate, type FieldError, invalid, notSupported, required, tooLong, tooMany } from '../status/status.ts'
import { formatErrors } from './formats.ts'
import type { Field, Schema, TypeSchema, ValidationTag } from './schema.ts'

/** How far to look. */
export interface SchemaCheck {
  /** The object before the change; parts that did not change are not looked at again. */
  readonly previous?: any
  /** Whether values outside a closed set are refused; kinds with rules of their own word this themselves. */
  readonly enums?: boolean
}
/** How a closed set is told of where Kubernetes does it by hand. */
export interface EnumWording {
  /** The values in the order they are listed; sorted when left out. */
  readonly order?: readonly string[]
  /** Refused as invalid, with this said of it. */
  readonly invalid?: string
  /** Told at the list itself, not at the item. */
  readonly atList?: boolean
  /** The empty text is none of them either. */
  readonly notEmpty?: boolean
  /** The empty text is told to be missing. */
  readonly emptyIsMissing?: boolean
}
/** The wording of one field's closed set, by `Type.field`; undefined for what is judged elsewhere, with rules of its own. */
export type EnumWordings = Readonly<Record<string, EnumWording | undefined>>
/** Whether a feature gate is on. */
export type GateState = (gate: string) => boolean

interface Walk {
  readonly errors: FieldError[]
  readonly isUpdate: boolean
  readonly enums: boolean
}
type CheckType = (value: any, previous: any, path: string, walk: Walk) => void
/** Answers whether what is within the value is to be looked at, too. */
type CheckField = (value: any, previous: any, path: string, walk: Walk) => boolean

const isAbsent = (value: unknown, { pointer }: Field): boolean =>
  value === undefined || value === null || (pointer ? false : isEmpty(value))
const isEmpty = (value: unknown): boolean =>
  value === '' ||
  (Array.isArray(value)
    ? value.length === 0
    : typeof value === 'object' && value !== null && Object.keys(value).length === 0)
const childPath = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

/** All that the schema itself finds wrong with objects: its validation tags, unions, and closed sets where asked. */
export function createSchemaValidator(
  schema: Schema,
  isEnabled: GateState,
  wordings: EnumWordings = {},
): (type: string, object: any, check?: SchemaCheck) => readonly FieldError[] {
  const checks = new Map<string, CheckType | undefined>()
  const reached = new Map<string, boolean>()

  /** Whether a type or anything within it has something to check. */
  function reaches(name: string): boolean {
    const known = reached.get(name)
    if (known !== undefined) return known
    reached.set(name, false)
    const type = schema.type(name)
    const found =
      type?.special === undefined && (type?.jsonFields.some((field) => hasCheck(field) || reaches(field.type)) ?? false)
    reached.set(name, found)
    return found
  }
  function checkOf(name: string): CheckType | undefined {
    if (!checks.has(name)) {
      checks.set(name, undefined)
      const type = schema.type(name)
      if (type !== undefined && reaches(name)) checks.set(name, compile(type))
    }
    return checks.get(name)
  }
  function compile(type: TypeSchema): CheckType {
    const members = type.jsonFields
      .filter((field) => hasCheck(field) || reaches(field.type))
      .map((field) => {
        const key = `${type.shortName}.${field.name}`
        const wording = Object.hasOwn(wordings, key) ? wordings[key] : {}
        return { field, own: fieldCheck(field, isEnabled, wording), inner: checkOf(field.type) }
      })
    const union = unionCheck(type)
    return (value, previous, path, walk) => {
      union?.(value, previous, path, walk)
      for (const { field, own, inner } of members) {
        const [now, before] = [value?.[field.name], previous?.[field.name]]
        if (walk.isUpdate && sameJson(now ?? null, before ?? null)) continue
        const at = childPath(path, field.name)
        // Kubernetes: into what may not be there, or may not have changed, it does not look.
        if (!own(now, before, at, walk)) continue
        const deeper = inner ?? checkOf(field.type)
        if (deeper !== undefined && now !== undefined && now !== null) descend(field, deeper, now, before, at, walk)
      }
    }
  }
  return (type, object, { previous, enums = false } = {}) => {
    const walk: Walk = { errors: [], isUpdate: previous !== undefined, enums }
    checkOf(type)?.(object, previous, '', walk)
    return walk.errors
  }
}

const hasCheck = (field: Field): boolean => field.validation !== undefined || field.enum !== undefined

/** Items of a list that is keyed are compared with the item of the same key, others with none. */
function descend(field: Field, check: CheckType, now: any, before: any, path: string, walk: Walk): void {
  if (field.map) {
    for (const key in now) check(now[key], before?.[key], `${path}[${key}]`, walk)
  } else if (field.repeated) {
    const keys = field.listMapKeys ?? []
    now.forEach((item: any, index: number) => {
      const twin =
        keys.length === 0
          ? before?.[index]
          : before?.find((other: any) => keys.every((key) => other[key] === item[key]))
      check(item, twin, `${path}[${index}]`, walk)
    })
  } else check(now, before, path, walk)
}

function fieldCheck(field: Field, isEnabled: GateState, wording: EnumWording | undefined): CheckField {
  const tags = (field.validation ?? []).flatMap((tag) => effective(tag, isEnabled))
  const isOptional = tags.some(({ tag }) => tag === 'optional')
  const first = tags.filter(
    ({ tag }) => tag === 'immutable' || tag === 'update' || tag === 'required' || tag === 'forbidden',
  )
  const rest = tags.filter((tag) => !first.includes(tag))
  return (value, previous, path, walk) => {
    const before = walk.errors.length
    for (const tag of first) applyTag(tag, field, value, previous, path, walk)
    const isClosed = walk.enums && field.enum !== undefined && wording !== undefined
    if (isClosed && value === '' && (field.pointer || wording.notEmpty === true || wording.emptyIsMissing === true))
      checkEnum(field, value, path, wording, walk)
    if (walk.errors.length > before) return false
    if (isAbsent(value, field) && (isOptional || typeof value !== 'number')) return true
    for (const tag of rest) applyTag(tag, field, value, previous, path, walk)
    if (isClosed) checkEnum(field, value, path, wording, walk)
    return true
  }
}
/** The tag that holds under the gates as they are. */
function effective(tag: ValidationTag, isEnabled: GateState): readonly ValidationTag[] {
  // Kubernetes: these are run for comparison only; what holds is written by hand.
  if (tag.alphaSince !== undefined) return []
  if (tag.tag !== 'ifEnabled' && tag.tag !== 'ifDisabled') return [tag]
  return isEnabled(String(tag.args)) === (tag.tag === 'ifEnabled') && tag.then !== undefined ? [tag.then] : []
}

const forbiddenHere = (field: string): FieldError => ({ type: 'FieldValueForbidden', field, message: 'Forbidden' })

function checkEnum(field: Field, value: any, path: string, wording: EnumWording, { errors }: Walk): void {
  const allowed = wording.order ?? [...field.enum!].sort()
  const refuse = (text: unknown, at: string) => {
    if (typeof text !== 'string' || field.enum!.includes(text)) return
    if (text === '' && wording.emptyIsMissing === true) errors.push(required(at))
    else if (wording.invalid !== undefined) errors.push(invalid(at, text, wording.invalid))
    else errors.push(notSupported(at, text, allowed))
  }
  if (!Array.isArray(value)) refuse(value, path)
  else for (const [index, item] of value.entries()) refuse(item, wording.atList === true ? path : `${path}[${index}]`)
}

type TagCheck = (tag: ValidationTag, field: Field, value: any, previous: any, path: string, walk: Walk) => void
const tagChecks: Readonly<Record<string, TagCheck>> = {
  required: (_tag, field, value, _previous, path, { errors }) => {
    if (isAbsent(value, field) || (value === 0 && !field.pointer)) errors.push(required(path))
  },
  forbidden: (_tag, field, value, _previous, path, { errors }) => {
    if (!isAbsent(value, field)) errors.push(forbiddenHere(path))
  },
  immutable: (_tag, _field, value, previous, path, { errors, isUpdate }) => {
    // Kubernetes: what it was to become is not said.
    if (isUpdate && !sameJson(value ?? null, previous ?? null)) errors.push(invalid(path, null, 'field is immutable'))
  },
  update: (_tag, field, value, previous, path, { errors, isUpdate }) => {
    const isChange = isUpdate && !isAbsent(previous, field) && !isAbsent(value, field) && !sameJson(value, previous)
    if (isChange) errors.push(invalid(path, value, 'field cannot be modified once set'))
  },
  minimum: ({ value: least }, _field, value, _previous, path, { errors }) => {
    if (value < Number(least)) errors.push(invalid(path, value, `must be greater than or equal to ${least}`))
  },
  maximum: ({ value: most }, _field, value, _previous, path, { errors }) => {
    if (value > Number(most)) errors.push(invalid(path, value, `must be less than or equal to ${most}`))
  },
  maxItems: ({ value: most }, _field, value, _previous, path, { errors }) => {
    if (value.length > Number(most)) errors.push(tooMany(path, value.length, Number(most)))
  },
  maxLength: ({ value: most }, _field, value, _previous, path, { errors }) => {
    if ([...value].length > Number(most)) errors.push(tooLong(path, Number(most)))
  },
  maxBytes: ({ value: most }, _field, value, _previous, path, { errors }) => {
    if (new TextEncoder().encode(value).length > Number(most)) errors.push(tooLong(path, Number(most)))
  },
  format: ({ value: format }, _field, value, _previous, path, { errors }) => {
    errors.push(...formatErrors(String(format), path, String(value)))
  },
  eachKey: ({ then }, field, value, previous, path, walk) => {
    if (then !== undefined) for (const key in value) applyTag(then, field, key, previous, path, walk)
  },
  subfield: ({ args, then }, field, value, previous, path, walk) => {
    const inner = value?.[String(args)]
    const isChecked = then !== undefined && then.tag !== 'optional' && (inner ?? null) !== null && !isEmpty(inner)
    if (isChecked) applyTag(then, field, inner, previous?.[String(args)], childPath(path, String(args)), walk)
  },
  listType: ({ value: kind }, field, value, _previous, path, walk) => {
    if (kind === 'map' || kind === 'set') checkUnique(field, kind, value, path, walk)
  },
  unique: ({ value: kind }, field, value, _previous, path, walk) => checkUnique(field, String(kind), value, path, walk),
}
function applyTag(tag: ValidationTag, field: Field, value: any, previous: any, path: string, walk: Walk): void {
  tagChecks[tag.tag]?.(tag, field, value, previous, path, walk)
}

/** A list that is a set or a map holds no value or key twice. */
function checkUnique(field: Field, kind: string, value: readonly any[], path: string, { errors }: Walk): void {
  if (field.validation?.some(({ tag }) => tag === 'customUnique')) return
  const keys = (field.validation ?? []).filter(({ tag }) => tag === 'listMapKey').map(({ value: key }) => String(key))
  const seen = new Set<string>()
  value.forEach((item, index) => {
    const identity =
      kind === 'set'
        ? item
        : keys.length === 1
          ? item[keys[0]!]
          : Object.fromEntries(keys.map((key) => [key, item[key] ?? null]))
    const text = JSON.stringify(identity)
    if (seen.has(text)) errors.push(duplicate(`${path}[${index}]`, item))
    seen.add(text)
  })
}

/** Types of which exactly one member may be set, and those whose discriminator says which. */
function unionCheck(type: TypeSchema): CheckType | undefined {
  const members = type.jsonFields.filter((field) => field.validation?.some(({ tag }) => tag === 'unionMember'))
  const selector = type.jsonFields.find((field) => field.validation?.some(({ tag }) => tag === 'discriminator'))
  if (selector !== undefined) return discriminatedCheck(type, selector)
  if (members.length === 0) return undefined
  const all = members.map(({ name }) => `\`${name}\``).join(', ')
  return (value, previous, path, { errors, isUpdate }) => {
    const given = members.map(({ name }) => name).filter((name) => (value?.[name] ?? null) !== null)
    const before = members.map(({ name }) => name).filter((name) => (previous?.[name] ?? null) !== null)
    if (isUpdate && previous !== undefined && sameJson(given, before)) return
    if (given.length === 0) errors.push(invalid(path, '', `must specify one of: ${all}`))
    if (given.length > 1) errors.push(invalid(path, `{${given.join(', ')}}`, `must specify exactly one of: ${all}`))
  }
}
function discriminatedCheck(type: TypeSchema, selector: Field): CheckType {
  const memberTags = type.jsonFields.flatMap((field) =>
    (field.validation ?? []).filter(({ tag }) => tag === 'member').map((tag) => ({ field, tag })),
  )
  return (value, _previous, path, { errors }) => {
    for (const { field, tag } of memberTags) {
      if (value?.[selector.name] !== tag.args) continue
      const at = childPath(path, field.name)
      const isSet = value[field.name] !== undefined && value[field.name] !== null
      if (tag.then?.tag === 'required' && !isSet) errors.push(required(at))
      if (tag.then?.tag === 'forbidden' && isSet) errors.push(forbiddenHere(at))
    }
  }
}
