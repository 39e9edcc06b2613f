/** Checks beyond types: literals that can never work are refused while compiling. */

import { clauseProblems, FormatProblem, walkFormat } from '../library/format-text.ts'
import { patternOf } from '../library/regex.ts'
import type { Issue } from '../syntax/source.ts'
import { type CallNode, childrenOf, type Node } from '../syntax/tree.ts'
import { type CelType, dynType, equivalentTypes } from '../types/type.ts'
import { toDuration, toTimestamp } from '../values/convert.ts'
import { CelError } from '../values/value.ts'

type Visit = (node: Node, parents: readonly Node[]) => void

function walk(node: Node, visit: Visit, parents: readonly Node[] = []): void {
  visit(node, parents)
  const below = [...parents, node]
  for (const child of childrenOf(node)) walk(child, visit, below)
}

/** Why the literal a function is called with can never work. */
const literalChecks: Readonly<Record<string, (value: unknown) => boolean>> = {
  duration: (value) => toDuration(value as string) instanceof CelError,
  timestamp: (value) => toTimestamp(value as string) instanceof CelError,
  matches: (value) => patternOf(value as string) instanceof CelError,
}

function checkLiterals(tree: Node, name: string): readonly Issue[] {
  const issues: Issue[] = []
  walk(tree, (node) => {
    if (node.kind !== 'call' || node.name !== name) return
    const [argument] = node.args
    if (argument?.kind !== 'literal' || !literalChecks[name]!(argument.value)) return
    issues.push({ offset: argument.offset, message: `invalid ${name} argument` })
  })
  return issues
}

const mismatch = (node: Node, expected: CelType, actual: CelType): Issue => ({
  offset: node.offset,
  message: `expected type '${expected.text}' but found '${actual.text}'`,
})

/** Kubernetes: what is given to `format` may be of mixed types. */
function isExempt(parents: readonly Node[]): boolean {
  return parents.some((parent) => parent.kind === 'call' && parent.name === 'format')
}

function checkAggregates(tree: Node): readonly Issue[] {
  const lists: Issue[] = []
  const maps: Issue[] = []
  walk(tree, (node, parents) => {
    if (node.kind === 'list' && !isExempt(parents)) {
      let first: CelType | undefined
      for (const [at, element] of node.elements.entries()) {
        const type = node.optionals.includes(at) ? (element.type!.parameters[0] ?? dynType) : element.type!
        first ??= type
        if (equivalentTypes(first, type)) continue
        lists.push(mismatch(element, first, type))
        break
      }
    }
    if (node.kind !== 'map' || isExempt(parents)) return
    let keyType: CelType | undefined
    let valueType: CelType | undefined
    for (const { key, value, optional } of node.entries) {
      const type = optional ? (value.type!.parameters[0] ?? dynType) : value.type!
      keyType ??= key.type!
      valueType ??= type
      if (!equivalentTypes(keyType, key.type!)) maps.push(mismatch(key, keyType, key.type!))
      if (!equivalentTypes(valueType, type)) maps.push(mismatch(value, valueType, type))
    }
  })
  return [...lists, ...maps]
}

const clauseKinds: Readonly<Record<string, readonly string[]>> = {
  s: ['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'timestamp', 'bytes', 'duration', 'type', 'null'],
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
}

/** The part of an argument a clause cannot print. */
function unprintable(letter: string, node: Node): Node | undefined {
  const type = node.type!
  if (type !== dynType && !clauseKinds[letter]!.includes(type.kind)) return node
  if (letter !== 's') return undefined
  const parts = node.kind === 'list' || node.kind === 'map' ? childrenOf(node) : []
  for (const part of parts) {
    const bad = unprintable(letter, part)
    if (bad !== undefined) return bad
  }
  return undefined
}

function checkFormat(node: CallNode, format: string, args: readonly Node[]): Issue | undefined {
  let seen = 0
  let culprit: Node = node
  try {
    walkFormat(format, args.length, ({ letter }, index) => {
      seen++
      const bad = unprintable(letter, args[index]!)
      if (bad === undefined) return ''
      culprit = bad
      throw new FormatProblem(`error during formatting: ${clauseProblems[letter]}${bad.type!.name}`)
    })
  } catch (error) {
    if (!(error instanceof FormatProblem)) throw error
    return { offset: culprit.offset, message: error.message }
  }
  if (args.length <= seen) return undefined
  return {
    offset: node.offset,
    message: `too many arguments supplied to string.format (expected ${seen}, got ${args.length})`,
  }
}

function checkFormats(tree: Node): readonly Issue[] {
  const issues: Issue[] = []
  walk(tree, (node) => {
    if (node.kind !== 'call' || node.name !== 'format' || node.target?.kind !== 'literal') return
    const [args] = node.args
    if (typeof node.target.value !== 'string' || args?.kind !== 'list') return
    const issue = checkFormat(node, node.target.value, args.elements)
    if (issue !== undefined) issues.push(issue)
  })
  return issues
}

/** What is wrong with an expression whose types fit. */
export function validate(tree: Node): readonly Issue[] {
  return [
    ...checkAggregates(tree),
    ...checkLiterals(tree, 'duration'),
    ...checkLiterals(tree, 'timestamp'),
    ...checkLiterals(tree, 'matches'),
    ...checkFormats(tree),
  ]
}
