import { stepText } from './field-set.ts'
import { type Shape, stepOf } from './shape.ts'

/** Something in a configuration that its type cannot hold, as structured-merge-diff says it. */
export interface TypeProblem {
  /** `.spec.containers[name="web"].imag`. */
  readonly path: string
  readonly message: string
}

/** Every field no type declares, and every item of a list that cannot be told from another. */
export function typeProblems(shape: Shape, value: unknown): readonly TypeProblem[] {
  const problems: TypeProblem[] = []
  find(shape, value, undefined, problems)
  return problems
}

/** The way to a value, as text only where a problem is. */
interface Way {
  readonly above: Way | undefined
  /** A field's name, or an item's step. */
  readonly step: string
  readonly isItem: boolean
}
function textOf(way: Way | undefined): string {
  if (way === undefined) return ''
  return textOf(way.above) + (way.isItem ? stepText(way.step) : `.${way.step}`)
}

const undeclared = 'field not declared in schema'

function find(shape: Shape, value: unknown, way: Way | undefined, problems: TypeProblem[]): void {
  if (typeof value !== 'object' || value === null) return
  if (shape.kind === 'set' || shape.kind === 'list') {
    if (Array.isArray(value)) findInItems(shape, value, way, problems)
    return
  }
  if (shape.kind !== 'struct' && shape.kind !== 'map') return
  for (const name of Object.keys(value)) {
    const inner = shape.kind === 'map' ? shape.value : shape.field(name)
    const member = (value as Record<string, unknown>)[name]
    if (inner === undefined)
      problems.push({ path: textOf({ above: way, step: name, isItem: false }), message: undeclared })
    else if (typeof member === 'object' && member !== null && inner.kind !== 'leaf')
      find(inner, member, { above: way, step: name, isItem: false }, problems)
  }
}

function findInItems(
  shape: Extract<Shape, { readonly kind: 'set' | 'list' }>,
  items: readonly unknown[],
  way: Way | undefined,
  problems: TypeProblem[],
): void {
  const seen = new Set<string>()
  for (const [at, item] of items.entries()) {
    const step = stepOf(shape, item)
    if (step === undefined) {
      const keys = shape.kind === 'list' ? shape.keys.map((key) => JSON.stringify(key)).join(' ') : ''
      const message = `element ${at}: associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`
      problems.push({ path: textOf(way), message })
    } else if (seen.has(step))
      problems.push({ path: textOf(way), message: `duplicate entries for key ${stepText(step)}` })
    else {
      seen.add(step)
      if (shape.kind === 'list') find(shape.item, item, { above: way, step, isItem: true }, problems)
    }
  }
}

/** The problems as one text: a line each, under a heading when there are several. */
export function typeProblemsText(problems: readonly TypeProblem[]): string {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return lines.length === 1 ? lines[0]! : ['errors:', ...lines.map((line) => `  ${line}`)].join('\n')
}
