/** What is wrong with the policies and match conditions that somebody declares. Loaded with the first of them. */
import { boolType, listOf, nullType, stringType } from '../../../machinery/cel/index.ts'
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  qualifiedNameErrors,
  required,
  sameJson,
  tooMany,
} from '../../../machinery/index.ts'
import {
  type MatchResources,
  matchResourcesErrors,
  type ParamKind,
  paramKindErrors,
  type ValidatingWebhookConfiguration,
} from '../../../resources/index.ts'
import { jsonPatchType, objectType } from './patch-types.ts'
import type { MutatingPolicy, ValidatingPolicy } from './policy-list.ts'
import { type Place, PolicyScope } from './scope.ts'

const conditionsMax = 64
const annotationsMax = 20
const annotationExpressionLengthMax = 5 * 1024
const yesOrNo: Place = { wanted: [boolType], asks: true }
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

interface Condition {
  readonly name?: string
  readonly expression?: string
}
type Validation = NonNullable<NonNullable<ValidatingPolicy['spec']>['validations']>[number]
type Annotation = NonNullable<NonNullable<ValidatingPolicy['spec']>['auditAnnotations']>[number]
type Mutation = NonNullable<NonNullable<MutatingPolicy['spec']>['mutations']>[number]

/** What is wrong with an expression; `shown` is how it was written. */
function expressionErrors(
  scope: PolicyScope,
  source: string,
  at: string,
  place: Place,
  shown = source,
): readonly FieldError[] {
  const compiled = scope.compile(source, place)
  return 'problem' in compiled ? [problemAt(at, shown, compiled)] : []
}

function problemAt(at: string, source: string, broken: { problem: string; isInternal: boolean }): FieldError {
  return broken.isInternal
    ? { type: 'InternalError', field: at, message: `Internal error: ${broken.problem}` }
    : invalid(at, source, broken.problem)
}

/** What is wrong with match conditions. Kubernetes: they may not use variables when they are declared. */
function conditionErrors(conditions: readonly Condition[], at: string, params: boolean): readonly FieldError[] {
  const scope = new PolicyScope({ params, composes: false })
  const errors: FieldError[] = []
  if (conditions.length > conditionsMax) errors.push(tooMany(at, conditions.length, conditionsMax))
  for (const [index, { name = '', expression = '' }] of conditions.entries()) {
    const one = `${at}[${index}]`
    const source = expression.trim()
    if (source === '') errors.push(required(`${one}.expression`))
    else errors.push(...expressionErrors(scope, source, `${one}.expression`, yesOrNo))
    if (name === '') errors.push(required(`${one}.name`))
    else errors.push(...qualifiedNameErrors(name).map((words) => invalid(`${one}.name`, name, words)))
    if (name !== '' && conditions.findIndex((other) => other.name === name) < index)
      errors.push(duplicate(`${one}.name`, name))
  }
  return errors
}

/** What is wrong with the match conditions of webhooks. */
export function webhookConditionErrors(
  { webhooks = [] }: ValidatingWebhookConfiguration,
  previous?: ValidatingWebhookConfiguration,
): readonly FieldError[] {
  const of = (one: ValidatingWebhookConfiguration) => (one.webhooks ?? []).map((hook) => hook.matchConditions ?? [])
  if (previous !== undefined && sameJson(of({ webhooks } as ValidatingWebhookConfiguration), of(previous))) return []
  return webhooks.flatMap((hook, index) =>
    conditionErrors(hook.matchConditions ?? [], `webhooks[${index}].matchConditions`, false),
  )
}

interface CommonSpec {
  readonly failurePolicy?: string
  readonly paramKind?: ParamKind
  readonly matchConstraints?: MatchResources
  readonly matchConditions?: readonly Condition[]
  readonly variables?: readonly { readonly name: string; readonly expression: string }[]
}

/** What both kinds of policy have in common. Adds the variables to the scope. */
function commonErrors(
  spec: CommonSpec,
  previous: CommonSpec | undefined,
  scope: PolicyScope,
  how: { readonly mutating: boolean },
): readonly FieldError[] {
  const { failurePolicy, paramKind, matchConstraints: match, matchConditions = [] } = spec
  const errors: FieldError[] = []
  if (failurePolicy === undefined) errors.push(required('spec.failurePolicy'))
  else if (failurePolicy !== 'Fail' && failurePolicy !== 'Ignore')
    errors.push(notSupported('spec.failurePolicy', failurePolicy, ['Fail', 'Ignore']))
  if (paramKind !== undefined) errors.push(...paramKindErrors(paramKind, 'spec.paramKind'))
  if (match === undefined) errors.push(required('spec.matchConstraints'))
  else {
    errors.push(...matchResourcesErrors(match, 'spec.matchConstraints', how))
    if ((match.resourceRules ?? []).length === 0) errors.push(required('spec.matchConstraints.resourceRules'))
  }
  const isKept =
    previous !== undefined &&
    sameJson(paramKind ?? null, previous.paramKind ?? null) &&
    sameJson(matchConditions, previous.matchConditions ?? [])
  if (!isKept) errors.push(...conditionErrors(matchConditions, 'spec.matchConditions', paramKind !== undefined))
  for (const [index, { name = '', expression = '' }] of (spec.variables ?? []).entries()) {
    const at = `spec.variables[${index}]`
    if (name.trim() === '') errors.push(required(`${at}.name`, 'name is not specified'))
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || reserved.has(name))
      errors.push(invalid(`${at}.name`, name, 'must be a valid CEL identifier'))
    if (expression.trim() === '') errors.push(required(`${at}.expression`, 'expression is not specified'))
    else {
      const compiled = scope.addVariable(name, expression)
      if ('problem' in compiled) errors.push(problemAt(`${at}.expression`, expression, compiled))
    }
  }
  return errors
}

export function validatingPolicyErrors(
  { metadata, spec = {} }: ValidatingPolicy,
  previous?: ValidatingPolicy,
): readonly FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec
  const scope = new PolicyScope({
    params: spec.paramKind !== undefined,
    composes: (spec.variables ?? []).length > 0,
  })
  const errors = [...commonErrors(spec, previous?.spec, scope, { mutating: false })]
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item'
    return [...errors, required('spec.validations', why), required('spec.auditAnnotations', why)]
  }
  for (const [index, one] of validations.entries())
    errors.push(...validationErrors(one, `spec.validations[${index}]`, scope))
  if (auditAnnotations.length > annotationsMax) {
    const why = `must not have more than ${annotationsMax} auditAnnotations`
    errors.push(invalid('spec.auditAnnotations', auditAnnotations, why))
  }
  for (const [index, one] of auditAnnotations.entries()) {
    const at = `spec.auditAnnotations[${index}]`
    errors.push(...annotationErrors(one, at, metadata.name ?? '', scope))
    if (auditAnnotations.findIndex(({ key }) => key === one.key) < index) errors.push(duplicate(`${at}.key`, one.key))
  }
  return errors
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

function validationErrors(
  { expression = '', message = '', messageExpression = '', reason }: Validation,
  at: string,
  scope: PolicyScope,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (expression.trim() === '') errors.push(required(`${at}.expression`, 'expression is not specified'))
  else errors.push(...expressionErrors(scope, expression, `${at}.expression`, yesOrNo))
  const blank = 'must be non-empty if specified'
  if (messageExpression !== '') {
    const field = `${at}.messageExpression`
    if (messageExpression.trim() === '') errors.push(invalid(field, messageExpression, blank))
    else errors.push(...expressionErrors(scope, messageExpression, field, { wanted: [stringType] }))
  }
  if (message !== '' && message.trim() === '') errors.push(invalid(`${at}.message`, message, blank))
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'))
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${at}.reason`, reason, reasons))
  return errors
}

function annotationErrors(
  { key = '', valueExpression = '' }: Annotation,
  at: string,
  policy: string,
  scope: PolicyScope,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const full = `${policy}/${key}`
  if (policy === '') errors.push(invalid(`${at}.key`, key, 'requires metadata.name be non-empty'))
  else errors.push(...qualifiedNameErrors(full).map((words) => invalid(`${at}.key`, full, words)))
  const field = `${at}.valueExpression`
  const source = valueExpression.trim()
  if (source === '') return [...errors, required(field, 'valueExpression is not specified')]
  if (new TextEncoder().encode(source).length > annotationExpressionLengthMax)
    return [...errors, required(field, `must not exceed ${annotationExpressionLengthMax} bytes in length`)]
  const place = { wanted: [stringType, nullType], asks: true }
  return [...errors, ...expressionErrors(scope, source, field, place, valueExpression)]
}

export function mutatingPolicyErrors({ spec = {} }: MutatingPolicy, previous?: MutatingPolicy): readonly FieldError[] {
  const { mutations = [], reinvocationPolicy = '' } = spec
  const scope = new PolicyScope({ params: spec.paramKind !== undefined, composes: true })
  const errors = [...commonErrors(spec, previous?.spec, scope, { mutating: true })]
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'))
  for (const [index, one] of mutations.entries()) errors.push(...mutationErrors(one, `spec.mutations[${index}]`, scope))
  const policies = ['IfNeeded', 'Never']
  if (reinvocationPolicy === '') errors.push(required('spec.reinvocationPolicy'))
  else if (!policies.includes(reinvocationPolicy))
    errors.push(notSupported('spec.reinvocationPolicy', reinvocationPolicy, policies))
  return errors
}

const patchTypes = ['ApplyConfiguration', 'JSONPatch']

function mutationErrors(mutation: Mutation, at: string, scope: PolicyScope): readonly FieldError[] {
  const { patchType = '' } = mutation
  if (patchType === '') return [required(`${at}.patchType`)]
  if (!patchTypes.includes(patchType)) return [notSupported(`${at}.patchType`, patchType, patchTypes)]
  const [own, other] =
    patchType === 'JSONPatch'
      ? (['jsonPatch', 'applyConfiguration'] as const)
      : (['applyConfiguration', 'jsonPatch'] as const)
  const errors: FieldError[] = []
  const source = mutation[own]?.expression?.trim() ?? ''
  const wanted = [own === 'jsonPatch' ? listOf(jsonPatchType) : objectType]
  const field = `${at}.${own}.expression`
  if (mutation[own] === undefined)
    errors.push(required(`${at}.${own}`, `must be specified when patchType is ${patchType}`))
  else if (source === '') errors.push(required(field))
  else errors.push(...expressionErrors(scope, source, field, { wanted, asks: true, patches: true }))
  if (mutation[other] !== undefined)
    errors.push(invalid(`${at}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`))
  return errors
}
