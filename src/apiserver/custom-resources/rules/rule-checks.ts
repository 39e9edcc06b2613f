import { adapterOf, noneOptional, Optional, type Outcome, type Value } from '../../../machinery/cel/index.ts'
import { duplicate, type FieldError, forbiddenField, invalid, required, valueText } from '../../../machinery/index.ts'
import {
  type Correlated,
  correlatedItem,
  correlatedMember,
  isMap,
  isUnchanged,
  type JsonSchema,
  type ValidationRule,
} from '../../../machinery/structural-schema/index.ts'
import { type CompiledRule, compileRules } from './compile-rules.ts'

/** What all rules together may cost in one request. */
export const requestCostMax = 10_000_000
/** What one rule or message may cost. */
const callCostMax = 1_000_000
/** Messages made by expressions are no longer than this. */
const messageBytesMax = 5 * 1024

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'

/** Thrown when nothing more may be asked. */
class Exhausted extends Error {}

/** How rules are asked. */
export interface RuleOptions {
  readonly costMax?: number
  readonly callCostMax?: number
  /** Whether what did not change is only warned about. */
  readonly ratchets?: boolean
  /** Where the root stands, in paths of errors. */
  readonly path?: string
  /** Told what would be an error if the value had changed. */
  readonly warn?: (text: string) => void
}

/** What was found, and what is left of the budget; -1 when it was exhausted. */
export interface RuleResult {
  readonly errors: readonly FieldError[]
  readonly remaining: number
}

/** Kubernetes: a root without a path is shown as Go shows nothing. */
const rootPath = '<nil>'
const child = (path: string, name: string): string => (path === rootPath ? name : `${path}.${name}`)
const keyed = (path: string, key: string): string => (path === rootPath ? `[${key}]` : `${path}[${key}]`)

/** The value beside what it was, here and at the nearest place above where that is known. */
interface Ratchet {
  readonly here: Correlated | undefined
  readonly above: Correlated | undefined
}

const noRatchet: Ratchet = { here: undefined, above: undefined }

function ratchetMember(ratchet: Ratchet, name: string): Ratchet {
  if (ratchet.here === undefined) return ratchet
  // Kubernetes: kind and apiVersion of the root are never taken for unchanged.
  if (ratchet.above === undefined && (name === 'apiVersion' || name === 'kind')) return noRatchet
  return { here: correlatedMember(ratchet.here, name), above: ratchet.here }
}

function ratchetItem(ratchet: Ratchet, index: number): Ratchet {
  if (ratchet.here === undefined) return ratchet
  return { here: correlatedItem(ratchet.here, index), above: ratchet.here }
}

/** The state of one check. */
class Check {
  readonly errors: FieldError[] = []
  readonly warn: (text: string) => void
  readonly callCostMax: number
  remaining: number
  constructor({ costMax = requestCostMax, callCostMax: callMax = callCostMax, warn = () => {} }: RuleOptions) {
    this.remaining = costMax
    this.callCostMax = callMax
    this.warn = warn
  }

  exhaust(): never {
    this.remaining = -1
    throw new Exhausted()
  }
}

interface Subject {
  readonly path: string
  readonly value: unknown
  readonly old: unknown
  readonly ratchet: Ratchet
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

function ruleText({ rule, message = '' }: ValidationRule): string {
  return (message === '' ? rule : message).trim()
}

function defaultMessage(rule: ValidationRule): string {
  return (rule.message ?? '') === '' ? `failed rule: ${ruleText(rule)}` : rule.message!.trim()
}

const encoder = new TextEncoder()

/** The rules of one schema and of all below it. */
class RuleNode {
  readonly #schema: JsonSchema
  readonly #type: string
  readonly #rules: readonly CompiledRule[]
  readonly #uncompilable: boolean
  readonly #adapt: (raw: unknown) => Value
  readonly #items: RuleNode | undefined
  readonly #values: RuleNode | undefined
  readonly #properties: ReadonlyMap<string, RuleNode>

  constructor(schema: JsonSchema, { resourceRoot }: { readonly resourceRoot: boolean }) {
    this.#schema = schema
    this.#type = schema.type ?? ''
    const hasRules = (schema['x-kubernetes-validations'] ?? []).length > 0
    const compiled = hasRules ? compileRules(schema, { resourceRoot }) : []
    this.#uncompilable = compiled === undefined
    this.#rules = compiled ?? []
    this.#adapt = adapterOf(schema, { resourceRoot })
    this.#items = nodeOf(schema.items)
    const { additionalProperties } = schema
    this.#values = nodeOf(typeof additionalProperties === 'object' ? additionalProperties : undefined)
    this.#properties = new Map(
      Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
        const node = nodeOf(property)
        return node === undefined ? [] : [[name, node] as const]
      }),
    )
  }

  check(check: Check, subject: Subject): void {
    if (!isGiven(subject.value)) return
    this.#ask(check, subject)
    if (Array.isArray(subject.value)) this.#checkItems(check, subject, subject.value)
    else if (isMap(subject.value)) this.#checkMembers(check, subject, subject.value)
  }

  #checkItems(check: Check, { path, old, ratchet }: Subject, items: readonly unknown[]): void {
    if (this.#items === undefined) return
    const before = oldItems(this.#schema, old)
    for (const [index, value] of items.entries()) {
      this.#items.check(check, {
        path: `${path}[${index}]`,
        value,
        old: before(value),
        ratchet: ratchetItem(ratchet, index),
      })
    }
  }

  #checkMembers(check: Check, { path, old, ratchet }: Subject, members: Record<string, unknown>): void {
    const before = isMap(old) ? old : {}
    const oldOf = (name: string) => (Object.hasOwn(before, name) ? before[name] : undefined)
    for (const [name, value] of Object.entries(members)) {
      const below = { value, old: oldOf(name), ratchet: ratchetMember(ratchet, name) }
      this.#values?.check(check, { ...below, path: keyed(path, name) })
      this.#properties.get(name)?.check(check, { ...below, path: child(path, name) })
    }
  }

  #ask(check: Check, subject: Subject): void {
    const { path } = subject
    if (this.#uncompilable) {
      const why = 'rule compiler initialization error: failed to convert to declType for CEL validation rules'
      check.errors.push(invalid(path, this.#type, why))
      return
    }
    if (this.#rules.length === 0) return
    if (check.remaining <= 0) {
      check.errors.push(invalid(path, this.#type, outOfBudget))
      check.exhaust()
    }
    const self = this.#adapt(subject.value)
    const hasOld = isGiven(subject.old)
    let oldSelf: Value | undefined
    for (const rule of this.#rules) {
      if (rule.problem !== undefined) {
        check.errors.push(invalid(path, this.#type, `rule compile error: ${rule.problem}`))
        continue
      }
      const isOptional = rule.rule.optionalOldSelf === true
      if (rule.program === undefined || (rule.isTransition && !hasOld && !isOptional)) continue
      if (hasOld && rule.isTransition) oldSelf ??= this.#adapt(subject.old)
      const before = isOptional ? (oldSelf === undefined ? noneOptional : new Optional(oldSelf)) : oldSelf
      const bindings: Readonly<Record<string, Value>> = before === undefined ? { self } : { self, oldSelf: before }
      this.#askOne(check, subject, rule, bindings)
    }
  }

  #askOne(check: Check, subject: Subject, compiled: CompiledRule, bindings: Readonly<Record<string, Value>>): void {
    const { path } = subject
    const { rule, program } = compiled
    const outcome = program!.evaluate(bindings, { costMax: check.callCostMax })
    if (outcome.cost > check.remaining) {
      check.errors.push(invalid(path, this.#type, outOfBudget))
      check.exhaust()
    }
    check.remaining -= outcome.cost
    if (!outcome.ok) {
      check.errors.push(invalid(path, this.#type, failureText(outcome, rule)))
      if (outcome.overBudget) check.exhaust()
      return
    }
    if (outcome.value === true) return
    const at = compiled.path === undefined ? path : child(path, compiled.path)
    const detail = this.#message(check, at, compiled, bindings, subject) ?? defaultMessage(rule)
    this.#add(check, fieldErrorFor(rule.reason, at, this.#shownValue(subject.value), detail), compiled, subject)
  }

  /** Kubernetes: objects and lists are not repeated in errors. */
  #shownValue(value: unknown): string {
    return this.#type === 'object' || this.#type === 'array' ? '' : `: ${valueText(value)}`
  }

  #add(check: Check, error: FieldError, { isTransition }: CompiledRule, { ratchet }: Subject): void {
    if (!isTransition && isUnchanged(ratchet.here ?? ratchet.above)) check.warn(`${error.field}: ${error.message}`)
    else check.errors.push(error)
  }

  /** The message an expression makes; undefined when it makes none that can be used. */
  #message(
    check: Check,
    path: string,
    compiled: CompiledRule,
    bindings: Readonly<Record<string, Value>>,
    subject: Subject,
  ): string | undefined {
    if (compiled.message === undefined) return undefined
    const outcome = compiled.message.program.evaluate(bindings, { costMax: check.callCostMax })
    const stop = (why: string): never => {
      this.#add(check, invalid(path, this.#type, why), compiled, subject)
      return check.exhaust()
    }
    if (outcome.cost > check.remaining) {
      stop(
        'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
      )
    }
    if (!outcome.ok && outcome.overBudget) {
      const expression = JSON.stringify(compiled.rule.messageExpression)
      stop(
        `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${expression}`,
      )
    }
    check.remaining -= outcome.cost
    if (!outcome.ok || typeof outcome.value !== 'string') return undefined
    const text = outcome.value.trim()
    const isUsable = text !== '' && !text.includes('\n') && encoder.encode(text).length <= messageBytesMax
    return isUsable ? text : undefined
  }
}

function failureText({ message }: Extract<Outcome, { ok: false }>, rule: ValidationRule): string {
  if (message.startsWith('no such overload')) {
    const about = 'call arguments did not match a supported operator, function or macro signature for rule'
    return `'${message}': ${about}: ${ruleText(rule)}`
  }
  if (message.startsWith('operation cancelled: actual cost limit exceeded')) {
    return `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText(rule)}`
  }
  return `${message} evaluating rule: ${ruleText(rule)}`
}

function fieldErrorFor(reason: ValidationRule['reason'], field: string, shown: string, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail)
    case 'FieldValueRequired':
      return required(field, detail)
    case 'FieldValueDuplicate':
      return { ...duplicate(field, null), message: `Duplicate value${shown}` }
    default:
      return { type: 'FieldValueInvalid', field, message: `Invalid value${shown}: ${detail}` }
  }
}

/** What stood in an item's place before: known only in lists whose items have keys. */
function oldItems(schema: JsonSchema, old: unknown): (item: unknown) => unknown {
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  if (schema['x-kubernetes-list-type'] !== 'map' || keys.length === 0 || !Array.isArray(old)) return () => undefined
  const identity = (item: unknown): string | undefined => {
    if (!isMap(item)) return undefined
    const values = keys.map((key) => item[key])
    return values.every((value) => ['string', 'number', 'boolean'].includes(typeof value))
      ? JSON.stringify(values)
      : undefined
  }
  const known = new Map<string, unknown>()
  for (const item of old) {
    const key = identity(item)
    if (key !== undefined && !known.has(key)) known.set(key, item)
  }
  return (item) => {
    const key = identity(item)
    return key === undefined ? undefined : known.get(key)
  }
}

function hasRules(schema: JsonSchema | undefined): boolean {
  if (schema === undefined) return false
  if ((schema['x-kubernetes-validations'] ?? []).length > 0) return true
  const { additionalProperties } = schema
  return (
    hasRules(schema.items) ||
    (typeof additionalProperties === 'object' && hasRules(additionalProperties)) ||
    Object.values(schema.properties ?? {}).some(hasRules)
  )
}

function nodeOf(schema: JsonSchema | undefined): RuleNode | undefined {
  if (schema === undefined || !hasRules(schema)) return undefined
  return new RuleNode(schema, { resourceRoot: schema['x-kubernetes-embedded-resource'] === true })
}

/** The rules of a schema, compiled. */
export interface SchemaRules {
  check(value: unknown, old: unknown, options?: RuleOptions): RuleResult
}

/** Compiles the rules of a schema and of all inside it; undefined when it has none. */
export function schemaRules(
  schema: JsonSchema,
  { resourceRoot }: { readonly resourceRoot: boolean },
): SchemaRules | undefined {
  if (!hasRules(schema)) return undefined
  const node = new RuleNode(schema, { resourceRoot })
  return {
    check(value, old, options = {}) {
      const check = new Check(options)
      const here: Correlated | undefined = options.ratchets === true ? { value, old, schema } : undefined
      try {
        node.check(check, { path: options.path ?? rootPath, value, old, ratchet: { here, above: undefined } })
      } catch (error) {
        if (!(error instanceof Exhausted)) throw error
      }
      return { errors: check.errors, remaining: check.remaining }
    },
  }
}
