import { labelValueErrors, qualifiedNameErrors } from '../names/names.ts'
import { type FieldError, forbiddenField, invalid, required } from '../status/status.ts'

export interface LabelSelectorRequirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}
/** metav1.LabelSelector: all of matchLabels and all of matchExpressions. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly LabelSelectorRequirement[]
}
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'
export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}
/** A selector ready to match: all requirements hold, or nothing matches at all. */
export interface LabelQuery {
  readonly requirements: readonly LabelRequirement[]
  /** Set on the query that matches no object. */
  readonly nothing: boolean
  /** Whether these labels fulfil the query. */
  matches(labels: Labels): boolean
}
export type Labels = Readonly<Record<string, string>> | undefined

/** Matches every object. */
export const matchEverything: LabelQuery = { requirements: [], nothing: false, matches: () => true }
/** Matches no object. */
export const matchNothing: LabelQuery = { requirements: [], nothing: true, matches: () => false }

/** The query of requirements that were checked. */
export function queryOf(requirements: LabelRequirement[]): LabelQuery {
  if (requirements.length === 0) return matchEverything
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return {
    requirements,
    nothing: false,
    matches(labels) {
      for (const requirement of requirements) if (!fulfils(requirement, labels)) return false
      return true
    },
  }
}

function fulfils({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case '==':
      return value === values[0]
    case 'in':
      return value !== undefined && values.includes(value)
    // Kubernetes: an object without the label fulfils every negative requirement.
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    default: {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false
      const limit = Number(values[0])
      return operator === 'gt' ? Number(value) > limit : Number(value) < limit
    }
  }
}

/** Whether a query asks for nothing, and so matches everything. */
export function isEmptyQuery(query: LabelQuery): boolean {
  return !query.nothing && query.requirements.length === 0
}

const operatorOf: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/**
 * The query of a selector object. Throws Error where an expression makes no sense.
 * Kubernetes: an absent selector matches nothing, an empty one everything.
 */
export function labelQueryOf(selector: LabelSelector | undefined | null): LabelQuery {
  if (selector === undefined || selector === null) return matchNothing
  const requirements: LabelRequirement[] = []
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push({ key, operator: '=', values: [value] })
  }
  for (const expression of selector.matchExpressions ?? []) {
    const operator = operatorOf[expression.operator]
    if (operator === undefined) {
      throw new Error(`${JSON.stringify(expression.operator)} is not a valid label selector operator`)
    }
    requirements.push(checked({ key: expression.key, operator, values: [...(expression.values ?? [])] }))
  }
  return queryOf(requirements)
}

/** The query that asks for exactly these labels: how Services and ReplicationControllers select. */
export function labelQueryOfSet(labels: Labels): LabelQuery {
  if (labels === undefined) return matchEverything
  return queryOf(Object.entries(labels).map(([key, value]) => ({ key, operator: '=', values: [value] })))
}

const pairs: Readonly<Record<string, string>> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  in: ' in ',
  notin: ' notin ',
  gt: '>',
  lt: '<',
}

/** The query as text that parseLabelSelector reads back. */
export function labelQueryText(query: LabelQuery): string {
  return query.requirements
    .map(({ key, operator, values }) => {
      if (operator === 'exists') return key
      if (operator === '!') return `!${key}`
      const list = [...values].sort().join(',')
      return `${key}${pairs[operator]}${operator === 'in' || operator === 'notin' ? `(${list})` : list}`
    })
    .join(',')
}

/** A selector as tables show it: `<none>` when it is empty, `<error>` when it makes no sense. */
export function labelSelectorText(selector: LabelSelector | undefined): string {
  try {
    return labelQueryText(labelQueryOf(selector)) || '<none>'
  } catch {
    return '<error>'
  }
}

/** Labels as tables show them: `a=b,c=d`, or `<none>`. */
export function labelsText(labels: Labels): string {
  const text = Object.keys(labels ?? {})
    .sort()
    .map((key) => `${key}=${labels![key]}`)
    .join(',')
  return text === '' ? '<none>' : text
}

/** Refuses a requirement as Kubernetes' NewRequirement does. */
export function checked(requirement: LabelRequirement): LabelRequirement {
  const { key, operator, values } = requirement
  const errors: FieldError[] = []
  const keyErrors = qualifiedNameErrors(key)
  if (keyErrors.length > 0) errors.push(invalid('key', key, keyErrors.join('; ')))
  const wrong = (detail: string) => errors.push(invalid('values', values, detail))
  if (operator === 'in' || operator === 'notin') {
    if (values.length === 0) wrong("for 'in', 'notin' operators, values set can't be empty")
  } else if (operator === 'exists' || operator === '!') {
    if (values.length > 0) wrong('values set must be empty for exists and does not exist')
  } else if (operator === 'gt' || operator === 'lt') {
    if (values.length !== 1) wrong("for 'Gt', 'Lt' operators, exactly one value is required")
    values.forEach((value, index) => {
      if (!/^[+-]?\d+$/.test(value))
        errors.push(invalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"))
    })
  } else if (values.length !== 1) wrong('exact-match compatibility requires one single value')
  values.forEach((value, index) => {
    const found = labelValueErrors(value)
    if (found.length > 0) errors.push(invalid(`values[${index}][${key}]`, value, found.join('; ')))
  })
  if (errors.length === 0) return requirement
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  throw new Error(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`)
}

/** What is wrong with a label selector in an object. */
export function labelSelectorErrors(selector: LabelSelector | undefined, field: string): FieldError[] {
  if (selector === undefined) return []
  return [
    ...labelsErrors(selector.matchLabels, `${field}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((expression, index) =>
      requirementErrors(expression, `${field}.matchExpressions[${index}]`),
    ),
  ]
}

function requirementErrors(expression: LabelSelectorRequirement, field: string): FieldError[] {
  const errors: FieldError[] = []
  const values = expression.values ?? []
  if (expression.operator === 'In' || expression.operator === 'NotIn') {
    if (values.length === 0)
      errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
  } else if (expression.operator === 'Exists' || expression.operator === 'DoesNotExist') {
    if (values.length > 0)
      errors.push(
        forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      )
  } else errors.push(invalid(`${field}.operator`, expression.operator, 'not a valid selector operator'))
  for (const error of qualifiedNameErrors(expression.key)) errors.push(invalid(`${field}.key`, expression.key, error))
  values.forEach((value, index) => {
    for (const error of labelValueErrors(value)) errors.push(invalid(`${field}.values[${index}]`, value, error))
  })
  return errors
}

/** What is wrong with a set of labels. */
export function labelsErrors(labels: Labels, field: string): FieldError[] {
  const errors: FieldError[] = []
  for (const key in labels) {
    for (const error of qualifiedNameErrors(key)) errors.push(invalid(field, key, error))
    for (const error of labelValueErrors(labels[key]!)) errors.push(invalid(field, labels[key], error))
  }
  return errors
}
