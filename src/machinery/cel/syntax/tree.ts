/** The syntax tree of an expression. The checker writes what it finds into the nodes. */
import type { CelType } from '../types/type.ts'
import type { Value } from '../values/value.ts'

interface Located {
  /** Where in the source, in UTF-16 units. */
  readonly offset: number
  /** The type found by the checker. */
  type?: CelType
}

export interface LiteralNode extends Located {
  readonly kind: 'literal'
  readonly value: Value
}

export interface IdentNode extends Located {
  readonly kind: 'ident'
  name: string
}

export interface SelectNode extends Located {
  readonly kind: 'select'
  readonly operand: Node
  readonly field: string
  /** Made by `has()`: asks only whether the field is there. */
  readonly testOnly: boolean
  /** Set by the checker when the whole chain is the name of one variable or type. */
  qualified?: string
}

export interface CallNode extends Located {
  readonly kind: 'call'
  name: string
  target: Node | undefined
  readonly args: readonly Node[]
  /** The overloads that fit, by the checker. */
  overloads?: readonly string[]
}

export interface ListNode extends Located {
  readonly kind: 'list'
  readonly elements: readonly Node[]
  readonly optionals: readonly number[]
}

export interface MapEntry {
  readonly offset: number
  readonly key: Node
  readonly value: Node
  readonly optional: boolean
}

export interface MapNode extends Located {
  readonly kind: 'map'
  readonly entries: readonly MapEntry[]
}

export interface FieldEntry {
  readonly offset: number
  readonly name: string
  readonly value: Node
  readonly optional: boolean
}

export interface StructNode extends Located {
  readonly kind: 'struct'
  typeName: string
  readonly fields: readonly FieldEntry[]
}

export interface ComprehensionNode extends Located {
  readonly kind: 'comprehension'
  readonly range: Node
  readonly variable: string
  readonly variable2: string | undefined
  readonly accumulator: string
  readonly initial: Node
  readonly condition: Node
  readonly step: Node
  readonly result: Node
}

export type Node = LiteralNode | IdentNode | SelectNode | CallNode | ListNode | MapNode | StructNode | ComprehensionNode

/** The parts of a node, in evaluation order of the source. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'select':
      return [node.operand]
    case 'call':
      return node.target === undefined ? node.args : [node.target, ...node.args]
    case 'list':
      return node.elements
    case 'map':
      return node.entries.flatMap(({ key, value }) => [key, value])
    case 'struct':
      return node.fields.map(({ value }) => value)
    case 'comprehension':
      return [node.range, node.initial, node.condition, node.step, node.result]
    default:
      return []
  }
}

/** A copy of a node and all below it. */
export function copyNode(node: Node): Node {
  switch (node.kind) {
    case 'literal':
    case 'ident':
      return { ...node }
    case 'select':
      return { ...node, operand: copyNode(node.operand) }
    case 'call':
      return { ...node, target: node.target && copyNode(node.target), args: node.args.map(copyNode) }
    case 'list':
      return { ...node, elements: node.elements.map(copyNode) }
    case 'map':
      return {
        ...node,
        entries: node.entries.map((entry) => ({ ...entry, key: copyNode(entry.key), value: copyNode(entry.value) })),
      }
    case 'struct':
      return { ...node, fields: node.fields.map((field) => ({ ...field, value: copyNode(field.value) })) }
    case 'comprehension':
      return {
        ...node,
        range: copyNode(node.range),
        initial: copyNode(node.initial),
        condition: copyNode(node.condition),
        step: copyNode(node.step),
        result: copyNode(node.result),
      }
  }
}
