/** Gives every part of an expression its type, or says why it has none. */
import type { Issue } from '../syntax/source.ts'
import type { CallNode, ComprehensionNode, ListNode, MapNode, Node, SelectNode, StructNode } from '../syntax/tree.ts'
import { childrenOf } from '../syntax/tree.ts'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  dynType,
  errorType,
  intType,
  isDyn,
  isOptional,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  sameType,
  stringType,
  typeParam,
  uintType,
} from '../types/type.ts'
import { Double, Uint, type Value } from '../values/value.ts'
import type { FunctionDeclaration, Overload, StructProvider } from './declarations.ts'
import { assignableAll, type Bindings, mostGeneral, substitute } from './unify.ts'

/** Names an expression may use. */
export interface Scope {
  variable(name: string): CelType | undefined
  function(name: string): FunctionDeclaration | undefined
  readonly structs: StructProvider
}

function literalType(value: Value): CelType {
  if (value === null) return nullType
  if (typeof value === 'boolean') return boolType
  if (typeof value === 'string') return stringType
  if (value instanceof Uint) return uintType
  if (value instanceof Double) return doubleType
  return value instanceof Uint8Array ? bytesType : intType
}

/** `a.b.c` as one name, if it is nothing but names. */
function qualifiedName(node: Node): string | undefined {
  if (node.kind === 'ident') return node.name
  if (node.kind !== 'select' || node.testOnly) return undefined
  const before = qualifiedName(node.operand)
  return before === undefined ? undefined : `${before}.${node.field}`
}

const withoutDot = (name: string): string => (name.startsWith('.') ? name.slice(1) : name)

function unwrapOptional(type: CelType): { readonly type: CelType; readonly optional: boolean } {
  return isOptional(type) ? { type: type.parameters[0]!, optional: true } : { type, optional: false }
}

function parameterNames(overload: Overload): ReadonlySet<string> {
  const names = new Set<string>()
  const collect = (type: CelType): void => {
    if (type.kind === 'typeParam') names.add(type.name)
    type.parameters.forEach(collect)
  }
  for (const type of [overload.result, ...overload.args]) collect(type)
  return names
}

class Checker {
  readonly issues: Issue[] = []
  readonly #scope: Scope
  #locals: ReadonlyMap<string, CelType> = new Map()
  #bindings: Bindings = new Map()
  #freeVariables = 0

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Fills in what was learned about type parameters after a node was visited. */
  settle(node: Node): void {
    if (node.type !== undefined) node.type = substitute(this.#bindings, node.type, { freeToDyn: true })
    for (const child of childrenOf(node)) this.settle(child)
  }

  check(node: Node): CelType {
    const type = this.#typeOf(node)
    node.type = type
    return type
  }

  #report(offset: number, message: string): CelType {
    this.issues.push({ offset, message })
    return errorType
  }

  #undeclared(offset: number, name: string): CelType {
    return this.#report(offset, `undeclared reference to '${name}' (in container '')`)
  }

  #mismatch(offset: number, expected: CelType, actual: CelType): CelType {
    return this.#report(offset, `expected type '${expected.text}' but found '${actual.text}'`)
  }

  #lookup(name: string): CelType | undefined {
    const plain = withoutDot(name)
    return this.#locals.get(plain) ?? this.#scope.variable(plain)
  }

  #known(type: CelType): CelType {
    return substitute(this.#bindings, type, { freeToDyn: false })
  }

  #freshVariable(): CelType {
    return typeParam(`_var${this.#freeVariables++}`)
  }

  #fits(left: CelType, right: CelType): boolean {
    const bindings = assignableAll(this.#bindings, [left], [right])
    if (bindings === undefined) return false
    this.#bindings = bindings
    return true
  }

  #typeOf(node: Node): CelType {
    switch (node.kind) {
      case 'literal':
        return literalType(node.value)
      case 'ident': {
        const type = this.#lookup(node.name)
        if (type === undefined) return this.#undeclared(node.offset, node.name)
        node.name = withoutDot(node.name)
        return type
      }
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

  #select(node: SelectNode): CelType {
    const name = qualifiedName(node)
    const type = name === undefined ? undefined : this.#lookup(name)
    if (name !== undefined && type !== undefined) {
      node.qualified = withoutDot(name)
      return type
    }
    const field = this.#field(node.offset, node.operand, node.field, { optional: false })
    return node.testOnly ? boolType : this.#known(field)
  }

  #field(offset: number, operand: Node, field: string, { optional }: { readonly optional: boolean }): CelType {
    const target = unwrapOptional(this.#known(this.check(operand)))
    const found = this.#fieldOf(offset, target.type, field)
    return target.optional || optional ? optionalOf(found) : found
  }

  #fieldOf(offset: number, target: CelType, field: string): CelType {
    switch (target.kind) {
      case 'map':
        return target.parameters[1] ?? dynType
      case 'struct':
        return this.#scope.structs.fieldType(target.name, field) ?? this.#report(offset, `undefined field '${field}'`)
      case 'typeParam':
        this.#fits(dynType, target)
        return dynType
      default:
        if (!isDyn(target) && target.kind !== 'error') {
          this.#report(offset, `type '${target.text}' does not support field selection`)
        }
        return dynType
    }
  }

  #call(node: CallNode): CelType {
    if (node.name === '_?._') {
      const [operand, field] = node.args
      const name = (field as { readonly value: string }).value
      field!.type = stringType
      node.overloads = ['select_optional_field']
      return this.#known(this.#field(node.offset, operand!, name, { optional: true }))
    }
    for (const arg of node.args) this.check(arg)
    if (node.target === undefined) {
      const found = this.#scope.function(withoutDot(node.name))
      if (found === undefined) return this.#undeclared(node.offset, node.name)
      node.name = found.name
      return this.#resolve(node, found)
    }
    const prefix = qualifiedName(node.target)
    const namespaced = prefix === undefined ? undefined : this.#scope.function(withoutDot(`${prefix}.${node.name}`))
    if (namespaced !== undefined) {
      node.name = namespaced.name
      node.target = undefined
      return this.#resolve(node, namespaced)
    }
    this.check(node.target)
    const found = this.#scope.function(node.name)
    return found === undefined ? this.#undeclared(node.offset, node.name) : this.#resolve(node, found)
  }

  #resolve(node: CallNode, declaration: FunctionDeclaration): CelType {
    const nodes = node.target === undefined ? node.args : [node.target, ...node.args]
    const argTypes = nodes.map((arg) => arg.type ?? errorType)
    const overloads: string[] = []
    let result: CelType | undefined
    for (const overload of declaration.overloads) {
      if (overload.member !== (node.target !== undefined)) continue
      if (node.name === '_&&_' || node.name === '_||_') return this.#logical(node, overload, argTypes)
      const fresh: Bindings = new Map([...parameterNames(overload)].map((name) => [name, this.#freshVariable()]))
      const expected = overload.args.map((type) => substitute(fresh, type, { freeToDyn: false }))
      const bindings = assignableAll(this.#bindings, argTypes, expected)
      if (bindings === undefined) continue
      this.#bindings = bindings
      overloads.push(overload.id)
      const type = this.#known(substitute(fresh, overload.result, { freeToDyn: false }))
      if (result === undefined) result = type
      else if (!isDyn(result) && !sameType(type, result)) result = dynType
    }
    if (result === undefined) {
      const texts = argTypes.map((type) => substitute(this.#bindings, type, { freeToDyn: true }).text)
      const lead = node.target === undefined ? '' : `${texts.shift()}.`
      return this.#report(
        node.offset,
        `found no matching overload for '${declaration.name}' applied to '${lead}(${texts.join(', ')})'`,
      )
    }
    node.overloads = overloads
    return result
  }

  #logical(node: CallNode, overload: Overload, argTypes: readonly CelType[]): CelType {
    const wrong = argTypes
      .map((type, at) => ({ type, arg: node.args[at]! }))
      .filter(({ type }) => !this.#fits(type, boolType))
    for (const { type, arg } of wrong) this.#mismatch(arg.offset, boolType, type)
    if (wrong.length > 0) return errorType
    node.overloads = [overload.id]
    return boolType
  }

  /** The type of an element, entry or field that may be missing. */
  #optionalElement(node: Node, type: CelType): CelType {
    const unwrapped = unwrapOptional(type)
    if (!unwrapped.optional && !isDyn(type)) this.#mismatch(node.offset, optionalOf(type), type)
    return unwrapped.type
  }

  /** Elements that do not fit together make a list or map of dyn; whether that is allowed is decided later. */
  #join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current
    return this.#fits(previous, current) ? mostGeneral(previous, current) : dynType
  }

  #list(node: ListNode): CelType {
    let joined: CelType | undefined
    node.elements.forEach((element, at) => {
      const type = this.check(element)
      joined = this.#join(joined, node.optionals.includes(at) ? this.#optionalElement(element, type) : type)
    })
    return listOf(joined ?? this.#freshVariable())
  }

  #map(node: MapNode): CelType {
    let keyType: CelType | undefined
    let valueType: CelType | undefined
    for (const { key, value, optional } of node.entries) {
      keyType = this.#join(keyType, this.check(key))
      const type = this.check(value)
      valueType = this.#join(valueType, optional ? this.#optionalElement(value, type) : type)
    }
    return mapOf(keyType ?? this.#freshVariable(), valueType ?? this.#freshVariable())
  }

  #struct(node: StructNode): CelType {
    const type = this.#lookup(node.typeName)
    if (type === undefined) return this.#undeclared(node.offset, node.typeName)
    node.typeName = withoutDot(node.typeName)
    let result = errorType
    if (type.kind !== 'type') this.#report(node.offset, `'${type.name}' is not a type`)
    else if (type.parameters[0]?.kind === 'struct') result = type.parameters[0]
    else this.#report(node.offset, `'${type.parameters[0]?.name}' is not a message type`)
    for (const field of node.fields) {
      const given = this.check(field.value)
      const found = this.#scope.structs.fieldType(node.typeName, field.name)
      const expected = found ?? this.#report(field.offset, `undefined field '${field.name}'`)
      const actual = field.optional ? this.#optionalElement(field.value, given) : given
      if (!this.#fits(expected, actual)) {
        const message = `expected type of field '${field.name}' is '${expected.text}' but provided type is '${actual.text}'`
        this.#report(field.offset, message)
      }
    }
    return result
  }

  #comprehension(node: ComprehensionNode): CelType {
    this.check(node.range)
    const accumulated = this.check(node.initial)
    const variables = this.#variableTypes(node, this.#known(node.range.type!))
    const outer = this.#locals
    const scope = new Map(outer).set(node.accumulator, accumulated)
    const inner = new Map(scope).set(node.variable, variables[0])
    if (node.variable2 !== undefined) inner.set(node.variable2, variables[1] ?? dynType)
    this.#locals = inner
    this.check(node.condition)
    this.#assert(node.condition, boolType)
    this.check(node.step)
    this.#assert(node.step, accumulated)
    this.#locals = scope
    const result = this.check(node.result)
    this.#locals = outer
    return this.#known(result)
  }

  #assert(node: Node, expected: CelType): void {
    if (!this.#fits(expected, node.type!)) this.#mismatch(node.offset, expected, node.type!)
  }

  #variableTypes({ range, variable2 }: ComprehensionNode, type: CelType): readonly [CelType, CelType?] {
    const paired = variable2 !== undefined
    switch (type.kind) {
      case 'list':
        return paired ? [intType, type.parameters[0]!] : [type.parameters[0]!]
      case 'map':
        return [type.parameters[0]!, type.parameters[1]!]
      case 'dyn':
      case 'error':
      case 'typeParam':
        this.#fits(dynType, type)
        return [dynType, dynType]
      default: {
        const message = `expression of type '${type.text}' cannot be range of a comprehension (must be list, map, or dynamic)`
        this.#report(range.offset, message)
        return [errorType, errorType]
      }
    }
  }
}

/** Writes types and overloads into the tree; what is wrong comes back. */
export function check(tree: Node, scope: Scope): readonly Issue[] {
  const checker = new Checker(scope)
  checker.check(tree)
  checker.settle(tree)
  return checker.issues
}
