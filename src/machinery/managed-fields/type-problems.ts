import { stepText } from './field-set.ts'
import { type Shape, stepOf } from './shape.ts'

/** Something in a configuration that its type cannot hold, as structured-merge-diff says it. */
export interface TypeProblem {
  /** `.spec.containers[name="web"].imag`. */
  readonly path: string
  readonly message: string
}

/** Every field no type declares, and every item of a list that cannot be told from another. */
export function typeProblems(shape: Shape, value: unknown, path = ''): TypeProblem[] {
  if (shape.kind === 'set' || shape.kind === 'list')
    return Array.isArray(value) ? problemsOfItems(shape, value, path) : []
  if ((shape.kind !== 'struct' && shape.kind !== 'map') || typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = shape.kind === 'map' ? shape.value : shape.field(name)
    const here = `${path}.${name}`
    return inner === undefined ? [{ path: here, message: undeclared }] : typeProblems(inner, member, here)
  })
}

const undeclared = 'field not declared in schema'

function problemsOfItems(
  shape: Extract<Shape, { readonly kind: 'set' | 'list' }>,
  items: readonly unknown[],
  path: string,
): TypeProblem[] {
  const seen = new Set<string>()
  return items.flatMap((item, at): TypeProblem[] => {
    const step = stepOf(shape, item)
    if (step === undefined) {
      const keys = shape.kind === 'list' ? shape.keys.map((key) => JSON.stringify(key)).join(' ') : ''
      const message = `element ${at}: associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`
      return [{ path, message }]
    }
    if (seen.has(step)) return [{ path, message: `duplicate entries for key ${stepText(step)}` }]
    seen.add(step)
    return shape.kind === 'list' ? typeProblems(shape.item, item, `${path}${stepText(step)}`) : []
  })
}

/** The problems as one text: a line each, under a heading when there are several. */
export function typeProblemsText(problems: readonly TypeProblem[]): string {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return lines.length === 1 ? lines[0]! : ['errors:', ...lines.map((line) => `  ${line}`)].join('\n')
}
