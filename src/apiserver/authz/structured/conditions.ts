import {
  boolType,
  jsonValue,
  kubernetesEnvironment,
  listDeclType,
  mapDeclType,
  objectDeclType,
  type Program,
  simpleDecls as simple,
  structsOf,
} from '../../../machinery/cel/index.ts'
import { duplicate, type FieldError, invalid, required, tooMany } from '../../../machinery/index.ts'
import type { ReviewSpec } from '../webhook.ts'

const conditionsMax = 64
const texts = listDeclType(simple.string)
const requirement = objectDeclType('kubernetes.SelectorRequirement', {
  key: simple.string,
  operator: simple.string,
  values: texts,
})
const selector = (name: string) =>
  objectDeclType(`kubernetes.${name}`, { rawSelector: simple.string, requirements: listDeclType(requirement) })
const requestDecl = objectDeclType('kubernetes.SubjectAccessReviewSpec', {
  resourceAttributes: objectDeclType('kubernetes.ResourceAttributes', {
    namespace: simple.string,
    verb: simple.string,
    group: simple.string,
    version: simple.string,
    resource: simple.string,
    subresource: simple.string,
    name: simple.string,
    fieldSelector: selector('FieldSelectorAttributes'),
    labelSelector: selector('LabelSelectorAttributes'),
  }),
  nonResourceAttributes: objectDeclType('kubernetes.NonResourceAttributes', {
    path: simple.string,
    verb: simple.string,
  }),
  user: simple.string,
  groups: texts,
  extra: mapDeclType(texts),
  uid: simple.string,
})
const environment = kubernetesEnvironment.extend({
  variables: { request: requestDecl.type },
  structs: structsOf([requestDecl]),
})

/** Conditions under which a server outside is asked, compiled. */
export interface Condition {
  readonly source: string
  readonly program: Program
}

/** Compiles match conditions; what is wrong with them is told at their fields. */
export function compileConditions(
  given: readonly { readonly expression?: string }[],
  at: string,
): { readonly errors: readonly FieldError[]; readonly conditions: readonly Condition[] } {
  if (given.length > conditionsMax)
    return { errors: [tooMany(`${at}.matchConditions`, given.length, conditionsMax)], conditions: [] }
  const errors: FieldError[] = []
  const seen = new Set<string>()
  const conditions = given.flatMap(({ expression = '' }, index) => {
    const field = `${at}.matchConditions[${index}].expression`
    if (expression.trim() === '') errors.push(required(field))
    else if (seen.has(expression)) errors.push(duplicate(field, expression))
    else {
      seen.add(expression)
      const program = compile(expression)
      if ('evaluate' in program) return [{ source: expression, program }]
      errors.push(invalid(field, expression, program.problem))
    }
    return []
  })
  return { errors, conditions }
}

function compile(source: string): Program | { readonly problem: string } {
  const compiled = environment.compile(source)
  if (!compiled.ok) return { problem: `compilation failed: ${compiled.issues}` }
  if (compiled.type.kind !== boolType.kind) return { problem: `must evaluate to bool but got ${compiled.type.name}` }
  const program = compiled.program()
  return 'problem' in program ? { problem: `program instantiation failed: ${program.problem}` } : program
}

/** Whether all conditions hold. One that does not hold decides; one that fails is a problem where none does. */
export function conditionsHold(
  conditions: readonly Condition[],
  spec: ReviewSpec,
): boolean | { readonly problem: string } {
  const request = jsonValue(seenOf(spec))
  const problems: string[] = []
  for (const { source, program } of conditions) {
    const outcome = program.evaluate({ request })
    if (!outcome.ok) problems.push(`cel evaluation error: expression '${source}' resulted in error: ${outcome.message}`)
    else if (outcome.value === false) return false
  }
  return problems.length === 0 ? true : { problem: problems.join(', ') }
}

/** Kubernetes: expressions see every text of a review, also the empty ones. */
function seenOf({ user, uid = '', groups, extra = {}, resourceAttributes, nonResourceAttributes }: ReviewSpec): object {
  const empty = { namespace: '', verb: '', group: '', version: '', resource: '', subresource: '', name: '' }
  return {
    ...{ user, uid, groups, extra },
    ...(resourceAttributes === undefined ? {} : { resourceAttributes: { ...empty, ...resourceAttributes } }),
    ...(nonResourceAttributes === undefined ? {} : { nonResourceAttributes }),
  }
}
