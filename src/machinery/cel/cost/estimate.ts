/** What an expression may cost at least and at most, found before it is ever evaluated. */
import type { FunctionDeclaration } from '../check/declarations.ts'
import { accumulatorName } from '../syntax/macros.ts'
import type { CallNode, ComprehensionNode, ListNode, MapNode, Node, SelectNode } from '../syntax/tree.ts'
import { type CelType, dynType, isOptional } from '../types/type.ts'
import { codePointCount, type Value } from '../values/value.ts'
import { estimatedCall } from './estimated-calls.ts'
import {
  add,
  type CallEstimate,
  type CostRange,
  type EstimatedNode,
  fixed,
  listCreateCost,
  mapCreateCost,
  multiply,
  rangeMax,
  type SizeRange,
  structCreateCost,
  union,
  unknownSize,
} from './range.ts'

/** Knows how large values can be that the expression itself does not show. */
export type SizeEstimator = (node: Pick<EstimatedNode, 'path' | 'type'>) => SizeRange | undefined

interface EntrySizes {
  readonly container: 'list' | 'map'
  readonly key: SizeRange
  readonly value: SizeRange
}

interface LocalVariable {
  readonly path: readonly string[] | undefined
  readonly size: SizeRange | undefined
  readonly entries: EntrySizes | undefined
}

const one = fixed(1)
const none = fixed(0)

function isScalar(type: CelType): boolean {
  if (isOptional(type)) return type.parameters[0] !== undefined && isScalar(type.parameters[0])
  return ['bool', 'double', 'duration', 'int', 'timestamp', 'uint'].includes(type.kind)
}

function literalSize(value: Value): number {
  if (typeof value === 'string') return codePointCount(value)
  return value instanceof Uint8Array ? value.length : 1
}

function nodeSize(node: Node): SizeRange | undefined {
  switch (node.kind) {
    case 'literal':
      return fixed(literalSize(node.value))
    case 'list':
      return fixed(node.elements.length)
    case 'map':
      return fixed(node.entries.length)
    default:
      return undefined
  }
}

function unionEntries(left: EntrySizes | undefined, right: EntrySizes | undefined): EntrySizes | undefined {
  if (left === undefined || right === undefined) return undefined
  return { container: left.container, key: union(left.key, right.key), value: union(left.value, right.value) }
}

function isBind({ range, condition, accumulator }: ComprehensionNode): boolean {
  return (
    range.kind === 'list' &&
    range.elements.length === 0 &&
    condition.kind === 'literal' &&
    condition.value === false &&
    accumulator !== '__result__'
  )
}

class Estimator {
  readonly #sizeOf: SizeEstimator
  readonly #functions: (name: string) => FunctionDeclaration | undefined
  readonly #paths = new Map<Node, readonly string[]>()
  readonly #sizes = new Map<Node, SizeRange>()
  readonly #entries = new Map<Node, EntrySizes>()
  readonly #locals = new Map<string, LocalVariable[]>()

  constructor(sizeOf: SizeEstimator, functions: (name: string) => FunctionDeclaration | undefined) {
    this.#sizeOf = sizeOf
    this.#functions = functions
  }

  cost(node: Node): CostRange {
    switch (node.kind) {
      case 'literal':
        return none
      case 'ident':
        this.#paths.set(node, this.#local(node.name) === undefined ? [node.name] : (this.#local(node.name)!.path ?? []))
        return one
      case 'select':
        return this.#select(node)
      case 'call':
        return this.#call(node)
      case 'list':
        return this.#list(node)
      case 'map':
        return this.#map(node)
      case 'struct':
        return add(this.#sum(node.fields.map(({ value }) => value)), fixed(structCreateCost))
      case 'comprehension':
        return isBind(node) ? this.#bind(node) : this.#comprehension(node)
    }
  }

  #sum(nodes: readonly Node[]): CostRange {
    return nodes.reduce((sum, node) => add(sum, this.cost(node)), none)
  }

  #local(name: string): LocalVariable | undefined {
    return this.#locals.get(name)?.at(-1)
  }

  #push(name: string, local: LocalVariable): void {
    const stack = this.#locals.get(name)
    if (stack === undefined) this.#locals.set(name, [local])
    else stack.push(local)
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop()
  }

  #path(node: Node): readonly string[] {
    const local = node.kind === 'ident' ? this.#local(node.name) : undefined
    return (local === undefined ? this.#paths.get(node) : local.path) ?? []
  }

  #typeOf(node: Node): CelType {
    return node.type ?? dynType
  }

  #setSize(node: Node, size: SizeRange | undefined): void {
    if (size !== undefined) this.#sizes.set(node, size)
  }

  #size(node: Node): SizeRange | undefined {
    const known = this.#sizes.get(node) ?? nodeSize(node)
    if (known !== undefined) return known
    const path = this.#path(node)
    const estimated = this.#sizeOf({ path: path.length === 0 ? undefined : path, type: this.#typeOf(node) })
    if (estimated !== undefined) {
      this.#sizes.set(node, estimated)
      return estimated
    }
    if (isScalar(this.#typeOf(node))) return one
    return node.kind === 'ident' ? this.#local(node.name)?.size : undefined
  }

  #entrySizes(node: Node): EntrySizes | undefined {
    return this.#entries.get(node) ?? (node.kind === 'ident' ? this.#local(node.name)?.entries : undefined)
  }

  #setEntries(node: Node, entries: EntrySizes | undefined): void {
    if (entries !== undefined) this.#entries.set(node, entries)
  }

  #select(node: SelectNode): CostRange {
    // A chain that is one name costs what a name costs.
    if (node.qualified !== undefined) {
      this.#paths.set(node, [node.qualified])
      return one
    }
    // Kubernetes: presence tests are free here.
    if (node.testOnly) return this.cost(node.operand)
    const operand = this.cost(node.operand)
    const charged = ['map', 'struct', 'typeParam'].includes(this.#typeOf(node.operand).kind)
    this.#paths.set(node, [...this.#path(node.operand), node.field])
    return charged ? add(operand, one) : operand
  }

  #estimated(node: Node): EstimatedNode {
    const path = this.#path(node)
    const hidden = path.length === 0 || path[0] === accumulatorName || path[0] === '__result__'
    return { path: hidden ? undefined : path, type: this.#typeOf(node), node, size: this.#size(node) }
  }

  #call(node: CallNode): CostRange {
    // `dyn` only tells the checker to look away.
    if (node.name === 'dyn' && node.args.length === 1 && node.target === undefined) {
      const [argument] = node.args
      const cost = this.cost(argument!)
      this.#setSize(node, this.#size(argument!))
      this.#setEntries(node, this.#entrySizes(argument!))
      return add(cost, one)
    }
    const argCosts: CostRange[] = []
    const args: EstimatedNode[] = []
    for (const arg of node.args) {
      argCosts.push(this.cost(arg))
      args.push(this.#estimated(arg))
    }
    const overloads = node.overloads ?? []
    if (overloads.length === 0) return none
    const targetCost = node.target === undefined ? none : this.cost(node.target)
    const target = node.target === undefined ? undefined : this.#estimated(node.target)
    let range: CostRange = { min: rangeMax, max: 0 }
    let resultSize: SizeRange | undefined
    for (const id of overloads) {
      const estimate = this.#overload(node, id, target, args, argCosts)
      range = union(range, estimate)
      if (estimate.resultSize !== undefined) {
        resultSize = resultSize === undefined ? estimate.resultSize : union(resultSize, estimate.resultSize)
      }
      if ((id === 'index_list' || id === 'index_map') && node.args.length > 0) {
        resultSize = this.#entrySizes(node.args[0]!)?.value
        this.#paths.set(node, [...this.#path(node.args[0]!), id === 'index_list' ? '@items' : '@values'])
      }
      resultSize ??= this.#size(node)
    }
    this.#setSize(node, resultSize)
    return add(targetCost, range)
  }

  #overload(
    node: CallNode,
    id: string,
    target: EstimatedNode | undefined,
    args: readonly EstimatedNode[],
    argCosts: readonly CostRange[],
  ): CallEstimate {
    const argSum = argCosts.reduce(add, none)
    const sizeOf = (part: EstimatedNode): SizeRange =>
      part.size ?? this.#sizeOf({ path: part.path, type: part.type }) ?? unknownSize
    const own = this.#functions(node.name)?.overloads.find((overload) => overload.id === id)
    const estimate = own?.estimate?.(target, args, sizeOf) ?? estimatedCall(node.name, id, { target, args, sizeOf })
    if (estimate !== undefined) return { ...estimate, ...add(estimate, argSum) }
    return this.#operator(node, id, args, argCosts) ?? add(one, argSum)
  }

  /** Operators whose cost depends on more than the sizes of their operands. */
  #operator(
    node: CallNode,
    id: string,
    args: readonly EstimatedNode[],
    argCosts: readonly CostRange[],
  ): CallEstimate | undefined {
    const size = (at: number) => args[at]?.size ?? unknownSize
    const argSum = argCosts.reduce(add, none)
    switch (id) {
      case 'logical_or':
      case 'logical_and':
        // The second operand may never be looked at.
        return { min: argCosts[0]!.min, max: add(argCosts[0]!, argCosts[1]!).max }
      case 'conditional':
        this.#setEntries(node, unionEntries(this.#entrySizes(node.args[1]!), this.#entrySizes(node.args[2]!)))
        return { ...add(argCosts[0]!, union(argCosts[1]!, argCosts[2]!)), resultSize: union(size(1), size(2)) }
      case 'add_string':
      case 'add_bytes':
      case 'add_list': {
        const resultSize = add(size(0), size(1))
        this.#setEntries(node, unionEntries(this.#entrySizes(node.args[0]!), this.#entrySizes(node.args[1]!)))
        const own =
          id === 'add_list' ? one : { min: Math.ceil(resultSize.min * 0.1), max: Math.ceil(resultSize.max * 0.1) }
        return { ...add(own, argSum), resultSize }
      }
      default:
        return undefined
    }
  }

  #list(node: ListNode): CostRange {
    let element: SizeRange = { min: node.elements.length === 0 ? 0 : rangeMax, max: 0 }
    let sum: CostRange = none
    for (const part of node.elements) {
      sum = add(sum, this.cost(part))
      element = union(element, this.#size(part) ?? unknownSize)
    }
    this.#setEntries(node, { container: 'list', key: one, value: element })
    return add(sum, fixed(listCreateCost))
  }

  #map(node: MapNode): CostRange {
    const start: SizeRange = { min: node.entries.length === 0 ? 0 : rangeMax, max: 0 }
    let [keySize, valueSize, sum] = [start, start, none]
    for (const { key, value } of node.entries) {
      sum = add(add(sum, this.cost(key)), this.cost(value))
      keySize = union(keySize, this.#size(key) ?? unknownSize)
      valueSize = union(valueSize, this.#size(value) ?? unknownSize)
    }
    this.#setEntries(node, { container: 'map', key: keySize, value: valueSize })
    return add(sum, fixed(mapCreateCost))
  }

  #pushAccumulator(node: ComprehensionNode): void {
    const { accumulator, initial } = node
    this.#push(accumulator, {
      path: this.#path(initial),
      size: this.#size(initial),
      entries: this.#entrySizes(initial),
    })
  }

  #bind(node: ComprehensionNode): CostRange {
    const before = add(this.cost(node.range), this.cost(node.initial))
    this.#pushAccumulator(node)
    const result = this.cost(node.result)
    const [size, entries] = [this.#size(node.result), this.#entrySizes(node.result)]
    this.#pop(node.accumulator)
    this.#setSize(node, size)
    this.#setEntries(node, entries)
    return add(before, result)
  }

  #pushVariables({ range, variable, variable2 }: ComprehensionNode): void {
    const entries = this.#entrySizes(range)
    const path = this.#path(range)
    const container = entries?.container ?? this.#typeOf(range).kind
    const isList = container === 'list'
    const local = (part: string, size: SizeRange | undefined): LocalVariable => ({
      path: [...path, part],
      size,
      entries: undefined,
    })
    if (variable2 === undefined) {
      this.#push(variable, isList ? local('@items', entries?.value) : local('@keys', entries?.key))
      return
    }
    this.#push(variable, local(isList ? '@indices' : '@keys', entries?.key))
    this.#push(variable2, local(isList ? '@items' : '@values', entries?.value))
  }

  #comprehension(node: ComprehensionNode): CostRange {
    const before = add(this.cost(node.range), this.cost(node.initial))
    this.#pushAccumulator(node)
    this.#pushVariables(node)
    const conditionCost = this.cost(node.condition)
    const stepCost = this.cost(node.step)
    this.#pop(node.variable)
    if (node.variable2 !== undefined) this.#pop(node.variable2)
    const resultCost = this.cost(node.result)
    this.#pop(node.accumulator)
    const count = this.#size(node.range) ?? unknownSize
    switch (node.initial.kind) {
      case 'literal':
        this.#setSize(node, this.#size(node.initial))
        break
      case 'list':
      case 'map':
        this.#setSize(node, count)
        this.#setEntries(node, this.#entrySizes(node.step))
    }
    return add(add(before, resultCost), multiply(count, add(stepCost, conditionCost)))
  }
}

/** The range of costs of a checked expression. */
export function estimateCost(
  tree: Node,
  {
    sizeOf,
    functions,
  }: { readonly sizeOf: SizeEstimator; readonly functions: (name: string) => FunctionDeclaration | undefined },
): CostRange {
  return new Estimator(sizeOf, functions).cost(tree)
}
