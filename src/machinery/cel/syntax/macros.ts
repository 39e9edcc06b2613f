/** Macros: calls that are rewritten into comprehensions while parsing. */
import type { Value } from '../values/value.ts'
import { type ComprehensionNode, copyNode, type Node } from './tree.ts'

/** The hidden name of what a macro accumulates. */
export const accumulatorName = '@result'
const oldAccumulatorName = '__result__'

/** A macro that was called in a wrong way. */
export class MacroError extends Error {
  readonly offset: number
  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

type Expand = (offset: number, target: Node, args: readonly Node[]) => Node | undefined

const literal = (offset: number, value: Value): Node => ({ kind: 'literal', offset, value })
const ident = (offset: number, name: string): Node => ({ kind: 'ident', offset, name })
const accumulated = (offset: number): Node => ident(offset, accumulatorName)
const list = (offset: number, ...elements: Node[]): Node => ({ kind: 'list', offset, elements, optionals: [] })
const call = (offset: number, name: string, ...args: Node[]): Node => ({
  kind: 'call',
  offset,
  name,
  target: undefined,
  args,
})
const memberCall = (offset: number, name: string, target: Node, ...args: Node[]): Node => ({
  kind: 'call',
  offset,
  name,
  target,
  args,
})

interface Loop {
  readonly range: Node
  readonly variables: readonly [string, string?]
  readonly initial: Node
  readonly condition: Node
  readonly step: Node
  readonly result?: Node
  readonly accumulator?: string
}

function loop(
  offset: number,
  { range, variables, initial, condition, step, result, accumulator }: Loop,
): ComprehensionNode {
  return {
    kind: 'comprehension',
    offset,
    range,
    variable: variables[0],
    variable2: variables[1],
    accumulator: accumulator ?? accumulatorName,
    initial,
    condition,
    step,
    result: result ?? accumulated(offset),
  }
}

function notAccumulator(node: Node, name: string): void {
  if (name === accumulatorName || name === oldAccumulatorName) {
    throw new MacroError(node.offset, 'iteration variable overwrites accumulator variable')
  }
}

function oneVariable(node: Node, message: string): readonly [string] {
  if (node.kind !== 'ident') throw new MacroError(node.offset, message)
  notAccumulator(node, node.name)
  return [node.name]
}

function twoVariables(first: Node, second: Node): readonly [string, string] {
  const names = [first, second].map((node) => {
    if (node.kind !== 'ident') throw new MacroError(node.offset, 'argument must be a simple name')
    return node.name
  })
  const [name = '', name2 = ''] = names
  if (name === name2) throw new MacroError(second.offset, `duplicate variable name: ${name}`)
  notAccumulator(first, name)
  notAccumulator(second, name2)
  return [name, name2]
}

type Variables = (args: readonly Node[]) => {
  readonly variables: readonly [string, string?]
  readonly rest: readonly Node[]
}

const quantified: Variables = (args) => ({
  variables: oneVariable(args[0]!, 'argument must be a simple name'),
  rest: args.slice(1),
})
const mapped: Variables = (args) => ({
  variables: oneVariable(args[0]!, 'argument is not an identifier'),
  rest: args.slice(1),
})
const paired: Variables = (args) => ({ variables: twoVariables(args[0]!, args[1]!), rest: args.slice(2) })

const all =
  (read: Variables): Expand =>
  (offset, range, args) => {
    const { variables, rest } = read(args)
    return loop(offset, {
      range,
      variables,
      initial: literal(offset, true),
      condition: call(offset, '@not_strictly_false', accumulated(offset)),
      step: call(offset, '_&&_', accumulated(offset), rest[0]!),
    })
  }

const exists =
  (read: Variables): Expand =>
  (offset, range, args) => {
    const { variables, rest } = read(args)
    return loop(offset, {
      range,
      variables,
      initial: literal(offset, false),
      condition: call(offset, '@not_strictly_false', call(offset, '!_', accumulated(offset))),
      step: call(offset, '_||_', accumulated(offset), rest[0]!),
    })
  }

const existsOne =
  (read: Variables): Expand =>
  (offset, range, args) => {
    const { variables, rest } = read(args)
    const plusOne = call(offset, '_+_', accumulated(offset), literal(offset, 1))
    return loop(offset, {
      range,
      variables,
      initial: literal(offset, 0),
      condition: literal(offset, true),
      step: call(offset, '_?_:_', rest[0]!, plusOne, accumulated(offset)),
      result: call(offset, '_==_', accumulated(offset), literal(offset, 1)),
    })
  }

const transformed =
  (
    read: Variables,
    initial: (offset: number) => Node,
    grow: (offset: number, variable: string, value: Node) => Node,
  ): Expand =>
  (offset, range, args) => {
    const { variables, rest } = read(args)
    const grown = grow(offset, variables[0], rest.at(-1)!)
    const step = rest.length === 2 ? call(offset, '_?_:_', rest[0]!, grown, accumulated(offset)) : grown
    return loop(offset, { range, variables, initial: initial(offset), condition: literal(offset, true), step })
  }

const emptyList = (offset: number) => list(offset)
const emptyMap = (offset: number): Node => ({ kind: 'map', offset, entries: [] })
const append = (offset: number, _variable: string, value: Node) =>
  call(offset, '_+_', accumulated(offset), list(offset, value))
const insert = (offset: number, variable: string, value: Node) =>
  call(offset, 'cel.@mapInsert', accumulated(offset), ident(offset, variable), value)
const insertAll = (offset: number, _variable: string, value: Node) =>
  call(offset, 'cel.@mapInsert', accumulated(offset), value)

const filter: Expand = (offset, range, args) => {
  const { variables } = mapped(args)
  const grown = append(offset, variables[0], args[0]!)
  return loop(offset, {
    range,
    variables,
    initial: list(offset),
    condition: literal(offset, true),
    step: call(offset, '_?_:_', args[1]!, grown, accumulated(offset)),
  })
}

/** A value bound to a name while `result` is evaluated, and only if it is used. */
function bind(offset: number, name: string, value: Node, result: Node): Node {
  return loop(offset, {
    range: list(offset),
    variables: ['#unused'],
    accumulator: name,
    initial: value,
    condition: literal(offset, false),
    step: ident(offset, name),
    result,
  })
}

const optionalMap =
  (macro: string, wrap: (offset: number, bound: Node) => Node): Expand =>
  (offset, target, [variable, mapping]) => {
    if (variable!.kind !== 'ident') {
      throw new MacroError(variable!.offset, `${macro}() variable name must be a simple identifier`)
    }
    const value = memberCall(offset, 'value', copyNode(target))
    return call(
      offset,
      '_?_:_',
      memberCall(offset, 'hasValue', target),
      wrap(offset, bind(offset, variable!.name, value, mapping!)),
      call(offset, 'optional.none'),
    )
  }

const sortableKinds: readonly string[] = ['list', 'select', 'ident', 'comprehension', 'call']
const sortInputName = '@__sortBy_input__'

const sortBy: Expand = (offset, target, args) => {
  if (!sortableKinds.includes(target.kind)) {
    throw new MacroError(
      target.offset,
      'sortBy can only be applied to a list, identifier, comprehension, call or select expression',
    )
  }
  const keys = transformed(mapped, emptyList, append)(offset, ident(offset, sortInputName), args)!
  return bind(
    offset,
    sortInputName,
    target,
    memberCall(offset, '@sortByAssociatedKeys', ident(offset, sortInputName), keys),
  )
}

const receiverMacros: Readonly<Record<string, Expand>> = {
  'all:2': all(quantified),
  'exists:2': exists(quantified),
  'exists_one:2': existsOne(quantified),
  'map:2': transformed(mapped, emptyList, append),
  'map:3': transformed(mapped, emptyList, append),
  'filter:2': filter,
  'all:3': all(paired),
  'exists:3': exists(paired),
  'exists_one:3': existsOne(paired),
  'existsOne:3': existsOne(paired),
  'transformList:3': transformed(paired, emptyList, append),
  'transformList:4': transformed(paired, emptyList, append),
  'transformMap:3': transformed(paired, emptyMap, insert),
  'transformMap:4': transformed(paired, emptyMap, insert),
  'transformMapEntry:3': transformed(paired, emptyMap, insertAll),
  'transformMapEntry:4': transformed(paired, emptyMap, insertAll),
  'optMap:2': optionalMap('optMap', (offset, bound) => call(offset, 'optional.of', bound)),
  'optFlatMap:2': optionalMap('optFlatMap', (_offset, bound) => bound),
  'sortBy:2': sortBy,
}

/** What a member call is rewritten to, or undefined when it is no macro. */
export function expandMember(offset: number, name: string, target: Node, args: readonly Node[]): Node | undefined {
  const key = `${name}:${args.length}`
  return Object.hasOwn(receiverMacros, key) ? receiverMacros[key]!(offset, target, args) : undefined
}

/** What `cel.bind(name, value, result)` is rewritten to, or undefined when the call is another. */
export function expandBinding(offset: number, name: string, target: Node, args: readonly Node[]): Node | undefined {
  if (name !== 'bind' || args.length !== 3 || target.kind !== 'ident' || target.name !== 'cel') return undefined
  const [variable, value, result] = args
  if (variable!.kind !== 'ident')
    throw new MacroError(variable!.offset, 'cel.bind() variable names must be simple identifiers')
  return bind(offset, variable!.name, value!, result!)
}

/** What a global call is rewritten to, or undefined when it is no macro. */
export function expandGlobal(offset: number, name: string, args: readonly Node[]): Node | undefined {
  const [argument] = args
  if (name !== 'has' || args.length !== 1 || argument === undefined) return undefined
  if (argument.kind !== 'select') throw new MacroError(argument.offset, 'invalid argument to has() macro')
  return { kind: 'select', offset, operand: argument.operand, field: argument.field, testOnly: true }
}
