/** Turns a checked tree into closures that evaluate it and count what that costs. */
import type { FunctionDeclaration, Overload, StructProvider } from '../check/declarations.ts'
import { callCost } from '../cost/calls.ts'
import { listCreateCost, mapCreateCost, structCreateCost } from '../cost/range.ts'
import { patternOf } from '../library/regex.ts'
import type { CallNode, IdentNode, ListNode, MapNode, Node, SelectNode, StructNode } from '../syntax/tree.ts'
import { equal } from '../values/equal.ts'
import { EntriesMap } from '../values/map.ts'
import { accepts, runtimeType } from '../values/runtime-type.ts'
import { textOf } from '../values/text.ts'
import { CelError, Double, isInt, noSuchOverload, Optional, Uint, type Value } from '../values/value.ts'
import { type Attribute, attributeStep, bareStep, presenceStep, type Qualifier, qualify } from './attributes.ts'
import { foldStep, goTypeOf, type Local } from './fold.ts'
import { charge, type Step } from './run.ts'

/** Why a checked expression still cannot become a program. */
export class PlanProblem extends Error {}

/** What the planner knows of the environment. */
export interface Plans {
  function(name: string): FunctionDeclaration | undefined
  typeNamed(name: string): Value | undefined
  readonly structs: StructProvider
}

/** A part of the plan: how to evaluate it, and what is known of it beforehand. */
export interface Part {
  readonly step: Step
  /** The value, when it needs no evaluation. Constants are free. */
  readonly constant?: Value
  readonly attribute?: Attribute
}

type Locals = ReadonlyMap<string, Local>

const conversionNames = new Set([
  'bool',
  'bytes',
  'double',
  'dyn',
  'duration',
  'int',
  'string',
  'timestamp',
  'type',
  'uint',
])

const constantPart = (value: Value): Part => ({ constant: value, step: () => value })
const isConstant = (part: Part): part is Part & { readonly constant: Value } => part.constant !== undefined
const attributePart = (attribute: Attribute): Part => ({ attribute, step: attributeStep(attribute) })

/** The attribute a part is, or one that starts with its value. */
function attributeOf(part: Part): Attribute {
  return part.attribute ?? { kind: 'value', base: part.step, qualifiers: [] }
}

/** Plans one expression. */
export class Planner {
  readonly #plans: Plans
  #locals: Locals = new Map()
  /** How many places for local variables the program needs. */
  localCount = 0

  constructor(plans: Plans) {
    this.#plans = plans
  }

  plan(node: Node): Part {
    switch (node.kind) {
      case 'literal':
        return constantPart(node.value)
      case 'ident':
        return this.#ident(node, node.name)
      case 'select':
        return this.#select(node)
      case 'call':
        return this.#call(node)
      case 'list':
        return this.#list(node)
      case 'map':
        return this.#map(node)
      case 'struct':
        return this.#struct(node)
      case 'comprehension':
        return this.#comprehension(node)
    }
  }

  #ident(node: IdentNode | SelectNode, name: string): Part {
    const local = this.#locals.get(name)
    if (local !== undefined) return attributePart({ kind: 'value', base: local.read, qualifiers: [] })
    if (node.type?.kind === 'type') {
      const named = this.#plans.typeNamed(name)
      if (named !== undefined) return constantPart(named)
    }
    const absent = new CelError(`no such attribute(s): ${name}`)
    return attributePart({
      kind: 'value',
      base: (run) => run.bindings[name] ?? (name in run.bindings ? null : absent),
      qualifiers: [],
    })
  }

  #select(node: SelectNode): Part {
    if (node.qualified !== undefined) return this.#ident(node, node.qualified)
    const operand = attributeOf(this.plan(node.operand))
    const qualifier: Qualifier = { key: node.field, find: undefined, optional: false, testOnly: node.testOnly }
    const attribute = qualify(operand, qualifier)
    // Kubernetes: has() is charged for its last field only, not for the look.
    return node.testOnly ? { step: presenceStep(attribute), attribute } : attributePart(attribute)
  }

  #index(node: CallNode, { optional }: { readonly optional: boolean }): Part {
    const [operand, index] = node.args.map((arg) => this.plan(arg))
    return attributePart(qualify(attributeOf(operand!), this.#qualifier(index!, optional)))
  }

  #qualifier(index: Part, optional: boolean): Qualifier {
    if (isConstant(index) && !isSimple(index.constant)) {
      throw new PlanProblem(`invalid qualifier type: ${goTypeOf(index.constant)}`)
    }
    if (isConstant(index)) return { key: index.constant, find: undefined, optional, testOnly: false }
    const find = index.attribute === undefined ? index.step : bareStep(index.attribute)
    return { key: undefined, find, optional, testOnly: false }
  }

  #call(node: CallNode): Part {
    switch (node.name) {
      case '_&&_':
      case '_||_':
        return this.#logical(node)
      case '_?_:_': {
        const [condition, whenTrue, whenFalse] = node.args.map((arg) => this.plan(arg))
        return attributePart({
          kind: 'conditional',
          condition: condition!.step,
          whenTrue: attributeOf(whenTrue!),
          whenFalse: attributeOf(whenFalse!),
        })
      }
      case '_==_':
      case '_!=_':
        return this.#equality(node)
      case '_[_]':
        return this.#index(node, { optional: false })
      case '_[?_]':
      case '_?._':
        return this.#index(node, { optional: true })
      case '_+_':
        return this.#growth(node) ?? this.#function(node)
      case 'or':
      case 'orValue':
        return this.#alternative(node) ?? this.#function(node)
      case '@not_strictly_false':
        return this.#notStrictlyFalse(node)
      default:
        return this.#function(node)
    }
  }

  /** Either side may absorb the error of the other. */
  #logical(node: CallNode): Part {
    const absorbing = node.name === '_||_'
    const [left, right] = node.args.map((arg) => this.plan(arg).step)
    const leftStep = left!
    const rightStep = right!
    return {
      step: (run) => {
        const first = leftStep(run)
        if (first === absorbing) return absorbing
        const second = rightStep(run)
        if (second === absorbing) return absorbing
        if (typeof first !== 'boolean') return first instanceof CelError ? first : noSuchOverload
        if (typeof second !== 'boolean') return second instanceof CelError ? second : noSuchOverload
        return !absorbing
      },
    }
  }

  #equality(node: CallNode): Part {
    const negated = node.name === '_!=_'
    const [left, right] = node.args.map((arg) => this.plan(arg).step)
    const leftStep = left!
    const rightStep = right!
    const costOf = callCost(node.name, 'equals')
    return {
      step: (run) => {
        const one = leftStep(run)
        const other = rightStep(run)
        const bothNumbers = typeof one === 'number' && typeof other === 'number'
        let result: Value
        if (bothNumbers) result = (one === other) !== negated
        else if (one instanceof CelError) result = one
        else if (other instanceof CelError) result = other
        else {
          const same = equal(one, other)
          result = negated ? same !== true : same
        }
        charge(run, bothNumbers ? 1 : costOf([one, other], result))
        return result
      },
    }
  }

  #notStrictlyFalse(node: CallNode): Part {
    const { step } = this.plan(node.args[0]!)
    return {
      step: (run) => {
        const value = step(run)
        charge(run, 1)
        return typeof value === 'boolean' ? value : true
      },
    }
  }

  /** What a macro gathers is appended in place instead of being copied for every element. */
  #growth(node: CallNode): Part | undefined {
    const [gathered, addition] = node.args
    const local = gathered?.kind === 'ident' ? this.#locals.get(gathered.name) : undefined
    if (local?.growing !== true || addition?.kind !== 'list' || addition.elements.length !== 1) return undefined
    const element = this.plan(addition.elements[0]!)
    const { read } = local
    const cost = isConstant(element) ? 2 : 2 + listCreateCost
    return {
      step: (run) => {
        const list = read(run)
        const value = element.step(run)
        charge(run, cost)
        if (list instanceof CelError) return list
        if (value instanceof CelError) return value
        ;(list as Value[]).push(value)
        return list
      },
    }
  }

  /** `or` and `orValue` look at their second argument only when it is needed. */
  #alternative(node: CallNode): Part | undefined {
    const wanted = node.name === 'or' ? 'optional_or_optional' : 'optional_orValue_value'
    if (node.target === undefined || node.args.length !== 1 || node.overloads?.[0] !== wanted) return undefined
    const first = this.plan(node.target).step
    const second = this.plan(node.args[0]!).step
    const unwrap = node.name === 'orValue'
    return {
      step: (run) => {
        const value = first(run)
        if (!(value instanceof Optional)) return value
        if (value.value === undefined) return second(run)
        return unwrap ? value.value : value
      },
    }
  }

  #function(node: CallNode): Part {
    const declaration = this.#plans.function(node.name)
    if (declaration === undefined) throw new PlanProblem(`no such overload: ${node.name}`)
    const nodes = node.target === undefined ? node.args : [node.target, ...node.args]
    const parts = nodes.map((arg) => this.plan(arg))
    const only =
      node.overloads?.length === 1 ? declaration.overloads.find(({ id }) => id === node.overloads![0]) : undefined
    const member = node.target !== undefined
    const invoke = declaration.single ?? invoker(declaration, only, { member })
    const costOf = only?.cost ?? callCost(node.name, only?.id ?? '')
    this.#checkPattern(node, parts)
    if (conversionNames.has(node.name) && parts.length === 1 && isConstant(parts[0]!)) {
      const value = invoke([parts[0].constant], {})
      if (value instanceof CelError) throw new PlanProblem(value.message)
      return constantPart(value)
    }
    if (only?.id === 'in_list' && isConstant(parts[1]!)) {
      const membership = membershipPart(parts[0]!.step, parts[1].constant)
      if (membership !== undefined) return membership
    }
    return {
      step: callStep(
        parts.map(({ step }) => step),
        invoke,
        costOf,
      ),
    }
  }

  /** A constant pattern is compiled now, and is refused now. */
  #checkPattern(node: CallNode, parts: readonly Part[]): void {
    const pattern = parts[1]
    if (!['matches', 'find', 'findAll'].includes(node.name) || pattern === undefined || !isConstant(pattern)) return
    const compiled = typeof pattern.constant === 'string' ? patternOf(pattern.constant) : undefined
    if (compiled instanceof CelError) throw new PlanProblem(compiled.message)
  }

  #list({ elements, optionals }: ListNode): Part {
    const parts = elements.map((element) => this.plan(element))
    if (optionals.length === 0 && parts.every(isConstant)) return constantPart(parts.map(({ constant }) => constant!))
    const steps = parts.map(({ step }) => step)
    const optional = elements.map((_, at) => optionals.includes(at))
    return {
      step: (run) => {
        const list: Value[] = []
        let problem: CelError | undefined
        for (let at = 0; at < steps.length && problem === undefined; at++) {
          const value = steps[at]!(run)
          if (value instanceof CelError) problem = value
          else if (optional[at] !== true) list.push(value)
          else if (!(value instanceof Optional)) {
            problem = new CelError(`cannot initialize optional list element from non-optional value ${textOf(value)}`)
          } else if (value.value !== undefined) list.push(value.value)
        }
        charge(run, listCreateCost)
        return problem ?? list
      },
    }
  }

  #map({ entries }: MapNode): Part {
    const parts = entries.map(({ key, value, optional }) => ({
      key: this.plan(key),
      value: this.plan(value),
      optional,
    }))
    const build = (run: Parameters<Step>[0] | undefined): Value => {
      const map = new EntriesMap()
      for (const { key, value, optional } of parts) {
        const keyValue = run === undefined ? key.constant! : key.step(run)
        if (keyValue instanceof CelError) return keyValue
        const entry = run === undefined ? value.constant! : value.step(run)
        if (entry instanceof CelError) return entry
        if (!optional) map.set(keyValue, entry)
        else if (!(entry instanceof Optional)) {
          const message = `cannot initialize optional entry '${textOf(keyValue)}' from non-optional value ${textOf(entry)}`
          return new CelError(message)
        } else if (entry.value === undefined) map.delete(keyValue)
        else map.set(keyValue, entry.value)
      }
      return map
    }
    if (parts.every(({ key, value }) => isConstant(key) && isConstant(value))) return constantPart(build(undefined))
    return {
      step: (run) => {
        const map = build(run)
        charge(run, mapCreateCost)
        return map
      },
    }
  }

  #struct({ typeName, fields }: StructNode): Part {
    const parts = fields.map(({ name, value, optional }) => ({ name, optional, step: this.plan(value).step }))
    const { structs } = this.#plans
    const build = (run: Parameters<Step>[0]): Value => {
      const values = new Map<string, Value>()
      for (const { name, optional, step } of parts) {
        const value = step(run)
        if (value instanceof CelError) return value
        if (!optional) values.set(name, value)
        else if (!(value instanceof Optional)) {
          return new CelError(`cannot initialize optional entry '${name}' from non-optional value ${textOf(value)}`)
        } else if (value.value === undefined) values.delete(name)
        else values.set(name, value.value)
      }
      return structs.create?.(typeName, values) ?? new CelError(`unknown type '${typeName}'`)
    }
    return {
      step: (run) => {
        const value = build(run)
        charge(run, structCreateCost)
        return value
      },
    }
  }

  #comprehension(node: Extract<Node, { kind: 'comprehension' }>): Part {
    const initial = this.plan(node.initial)
    const range = this.plan(node.range)
    const slot = this.localCount
    this.localCount += 3
    const fold = foldStep({ slot, range: range.step, initial, paired: node.variable2 !== undefined })
    const outer = this.#locals
    const scope = new Map(outer).set(node.accumulator, {
      read: fold.accumulated,
      growing: node.initial.kind === 'list' && node.initial.elements.length === 0,
    })
    const inner = new Map<string, Local>(scope).set(node.variable, { read: (run) => run.locals[slot + 1]! })
    if (node.variable2 !== undefined) inner.set(node.variable2, { read: (run) => run.locals[slot + 2]! })
    this.#locals = inner
    const condition = this.plan(node.condition)
    const step = this.plan(node.step)
    this.#locals = scope
    const result = this.plan(node.result)
    this.#locals = outer
    return { step: fold.step({ condition: condition.step, step: step.step, result: result.step }) }
  }
}

/** Calls whichever overload accepts the arguments. */
function invoker(
  declaration: FunctionDeclaration,
  only: Overload | undefined,
  { member }: { readonly member: boolean },
): Overload['invoke'] {
  const candidates =
    only === undefined ? declaration.overloads.filter((overload) => overload.member === member) : [only]
  return (args, context) => {
    for (const overload of candidates) {
      if (overload.args.length !== args.length) continue
      if (overload.args.every((type, at) => accepts(type, args[at]!))) return overload.invoke(args, context)
    }
    return new CelError(`no such overload: ${declaration.name}(${args.map((arg) => runtimeType(arg).name).join(', ')})`)
  }
}

type CostOf = (args: readonly Value[], result: Value) => number

/** Kubernetes: up to two arguments are all evaluated before the first error counts; more stop at the first error. */
function callStep(steps: readonly Step[], invoke: Overload['invoke'], costOf: CostOf): Step {
  const [first, second] = steps
  if (steps.length === 1) {
    return (run) => {
      const args = [first!(run)]
      const result = args[0] instanceof CelError ? args[0] : invoke(args as Value[], run.context)
      charge(run, costOf(args as Value[], result))
      return result
    }
  }
  if (steps.length === 2) {
    return (run) => {
      const one = first!(run)
      const other = second!(run)
      const args = [one, other]
      const result = one instanceof CelError ? one : other instanceof CelError ? other : invoke(args, run.context)
      charge(run, costOf(args, result))
      return result
    }
  }
  return (run) => {
    const args: Value[] = []
    for (const step of steps) {
      const value = step(run)
      args.push(value)
      if (value instanceof CelError && args.length < steps.length) return value
    }
    const last = args.at(-1)
    const result = last instanceof CelError ? last : invoke(args, run.context)
    charge(run, costOf(args, result))
    return result
  }
}

const isSimple = (value: Value): boolean =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  isInt(value) ||
  value instanceof Uint ||
  value instanceof Double

/** `x in [constants]` becomes one look into a set, free of charge. */
function membershipPart(step: Step, list: Value): Part | undefined {
  const elements = list as readonly Value[]
  if (elements.length === 0) return constantPart(false)
  if (!elements.every(isSimple)) return undefined
  const members = new EntriesMap()
  for (const element of elements) members.set(element, true)
  return {
    step: (run) => {
      const value = step(run)
      return value instanceof CelError ? value : members.find(value) !== undefined
    },
  }
}
