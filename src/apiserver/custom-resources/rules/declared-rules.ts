import { rangeMax } from '../../../machinery/cel/index.ts'
import { type FieldError, forbiddenField, invalid, sameJson } from '../../../machinery/index.ts'
import type { JsonSchema, ValidationRule } from '../../../machinery/structural-schema/index.ts'
import { type CompiledRule, compileRules } from './compile-rules.ts'

/** What one rule may cost by estimate. */
const ruleCostMax = 10_000_000
/** What all rules of a schema may cost together. */
const schemaCostMax = 100_000_000

const rulesKey = 'x-kubernetes-validations'

/** The costs of a whole schema, and which rules are to blame for them. */
class TotalCost {
  total = 0
  #most: { readonly path: string; readonly cost: number }[] = []

  observe(path: string, cost: number): void {
    this.total = Math.min(this.total + cost, rangeMax)
    if (cost < schemaCostMax / 100) return
    this.#most.push({ path, cost })
    this.#most = this.#most.toSorted((left, right) => right.cost - left.cost).slice(0, 4)
  }

  get mostExpensive(): readonly string[] {
    return this.#most.map(({ path }) => path)
  }
}

interface Place {
  readonly schema: JsonSchema
  readonly path: string
  readonly isRoot: boolean
  /** How many values stand here at most; undefined when nothing limits them. */
  readonly cardinality: number | undefined
  /** The list or map whose parts cannot be compared with what they were before. */
  readonly uncorrelatable: string | undefined
}

const product = (cost: number, cardinality: number): number => Math.min(cost * cardinality, rangeMax)

/** How many children one value of this schema has at most. */
function maxElements({ type, additionalProperties, maxProperties, maxItems }: JsonSchema): number | undefined {
  if (type === 'object' && additionalProperties !== undefined) return maxProperties && Math.max(maxProperties, 0)
  if (type === 'array') return maxItems === undefined ? undefined : Math.max(maxItems, 0)
  return 1
}

function childOf(
  place: Place,
  schema: JsonSchema,
  path: string,
  { correlates }: { readonly correlates: boolean },
): Place {
  const elements = maxElements(place.schema)
  const cardinality =
    place.cardinality === undefined || elements === undefined ? undefined : product(place.cardinality, elements)
  const uncorrelatable = place.uncorrelatable ?? (correlates ? undefined : place.path)
  return { schema, path, isRoot: false, cardinality, uncorrelatable }
}

function childrenOf(place: Place): readonly Place[] {
  const { schema, path } = place
  const { additionalProperties, properties, items } = schema
  const mapType = schema['x-kubernetes-map-type'] as string | undefined
  const correlatesMembers = mapType === undefined || mapType === 'granular' || mapType === 'atomic'
  const children: Place[] = []
  if (typeof additionalProperties === 'object') {
    children.push(childOf(place, additionalProperties, `${path}.additionalProperties`, { correlates: true }))
  }
  for (const [name, property] of Object.entries(properties ?? {})) {
    children.push(childOf(place, property, `${path}.properties[${name}]`, { correlates: correlatesMembers }))
  }
  if (items !== undefined) {
    const correlates = schema['x-kubernetes-list-type'] === 'map'
    children.push(childOf(place, items, `${path}.items`, { correlates }))
  }
  return children
}

function factorText(cost: number, costMax: number): string {
  const factor = cost / costMax
  if (factor > 100) return 'more than 100x'
  // So that nobody reads of a factor of 1.0.
  return factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
}

function overBudget(what: string, cost: number, costMax: number): string {
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  return `${what} exceeds budget by factor of ${factorText(cost, costMax)} (${advice})`
}

/** Kubernetes: the rule is shown as its internal form is printed. */
function shownRule({
  rule,
  message = '',
  messageExpression = '',
  reason,
  fieldPath = '',
  optionalOldSelf,
}: ValidationRule): object {
  return {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  }
}

/** As Go writes JSON: what HTML could mistake is escaped. */
function goJson(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const refused = (field: string, rule: ValidationRule, detail: string): FieldError => ({
  type: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${goJson(shownRule(rule))}: ${detail}`,
})

interface Options {
  readonly total: TotalCost
  /** Kubernetes: what was accepted once is not refused because estimates have changed. */
  readonly checkRuleCost: boolean
  readonly isGood: (path: string) => boolean
}

function ruleErrors(
  compiled: CompiledRule,
  at: string,
  place: Place,
  { total, checkRuleCost }: Options,
): readonly FieldError[] {
  const { rule, problem, isTransition, message, messageProblem } = compiled
  const errors: FieldError[] = []
  const cost = product(compiled.maxCost, place.cardinality ?? compiled.maxCardinality)
  if (checkRuleCost && cost > ruleCostMax) {
    errors.push(forbiddenField(`${at}.rule`, overBudget('estimated rule cost', cost, ruleCostMax)))
  }
  total.observe(`${at}.rule`, cost)
  if (problem !== undefined) errors.push(refused(`${at}.rule`, rule, problem))
  if (messageProblem !== undefined) errors.push(refused(`${at}.messageExpression`, rule, messageProblem))
  else if (message !== undefined) {
    if (checkRuleCost && message.maxCost > ruleCostMax) {
      const text = overBudget('estimated messageExpression cost', message.maxCost, ruleCostMax)
      errors.push(forbiddenField(`${at}.messageExpression`, text))
    }
    total.observe(`${at}.messageExpression`, message.maxCost)
  }
  if (isTransition) {
    if (place.uncorrelatable !== undefined) {
      const text = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`
      errors.push(invalid(`${at}.rule`, rule.rule, text))
    }
  } else if (rule.optionalOldSelf !== undefined) {
    errors.push(invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'))
  }
  return errors
}

function errorsBelow(place: Place, options: Options): readonly FieldError[] {
  const { schema, path, isRoot } = place
  const errors = childrenOf(place).flatMap((child) => errorsBelow(child, options))
  if ((schema[rulesKey] ?? []).length === 0 || !options.isGood(path)) return errors
  const compiled = compileRules(schema, { resourceRoot: isRoot || schema['x-kubernetes-embedded-resource'] === true })
  if (compiled === undefined) {
    const why =
      'internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations'
    return [...errors, { type: 'InternalError', field: `${path}.${rulesKey}`, message: `Internal error: ${why}` }]
  }
  return [
    ...errors,
    ...compiled.flatMap((rule, index) => ruleErrors(rule, `${path}.${rulesKey}[${index}]`, place, options)),
  ]
}

/** What is wrong with the rules of a schema, where it is good but for them. */
export function declaredRuleErrors(
  schema: JsonSchema,
  path: string,
  old?: JsonSchema,
  isGood: (path: string) => boolean = () => true,
): readonly FieldError[] {
  const root: Place = { schema, path, isRoot: true, cardinality: 1, uncorrelatable: undefined }
  const total = new TotalCost()
  const checkRuleCost = old === undefined || !sameJson(old, schema)
  const errors = errorsBelow(root, { total, checkRuleCost, isGood })
  if (total.total <= schemaCostMax) return errors
  const blame = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
  const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
  return [
    ...errors,
    ...total.mostExpensive.map((at) => forbiddenField(at, blame)),
    forbiddenField(path, overBudget(what, total.total, schemaCostMax)),
  ]
}
