/** ValidatingAdmissionPolicies, asked about one request. Loaded when there first is one. */
import { type Bindings, boolType, type CallContext, nullType, stringType } from '../../../machinery/cel/index.ts'
import { StatusError, type StatusReason } from '../../../machinery/index.ts'
import type { Attributes } from '../admission.ts'
import { invocationIn, namespaceOf } from '../matching/matching.ts'
import {
  BudgetSpent,
  bindingsOf,
  conditionsHold,
  Evaluation,
  type Result,
  type Subject,
  withAuthorizer,
} from './evaluation.ts'
import type { PolicyCheck } from './measures.ts'
import type { PolicyParts } from './parts.ts'
import type { Bound, ValidatingBinding, ValidatingPolicy } from './policy-list.ts'
import { type Expression, PolicyScope } from './scope.ts'
import { forbiddenBy, passesFailures, selectPolicies } from './selecting.ts'

interface CompiledPolicy {
  readonly scope: PolicyScope
  readonly conditions: readonly Expression[]
  readonly validations: readonly Expression[]
  readonly messages: readonly (Expression | undefined)[]
  readonly annotations: readonly Expression[]
}

/** Why a request is refused. */
interface Denial {
  readonly policy: ValidatingPolicy
  readonly binding?: ValidatingBinding | undefined
  readonly message: string
  readonly reason: string
}
interface Finding {
  readonly message: string
  readonly reason: string
  readonly index: number
}
interface Verdict {
  readonly findings: readonly Finding[]
  readonly annotations: readonly { readonly key: string; readonly value: string }[]
  readonly annotationProblems: readonly string[]
  /** What could not be evaluated, and is passed over. */
  readonly passedOver: readonly string[]
}
const nothingFound: Verdict = { findings: [], annotations: [], annotationProblems: [], passedOver: [] }

const messageBytesMax = 5 * 1024
const annotationLengthMax = 10 * 1024
const compiled = new WeakMap<ValidatingPolicy, CompiledPolicy>()

/** Rejects with the first refusal of the policies that a request concerns. */
export async function validate(
  attributes: Attributes,
  policies: readonly Bound<ValidatingPolicy, ValidatingBinding>[],
  parts: PolicyParts,
): Promise<void> {
  const denials: Denial[] = []
  const selected = await selectPolicies(attributes, policies, parts)
  if (selected.length === 0) return
  const namespace = await namespaceOf(attributes, parts)
  const annotations = new Map<string, string[]>()
  for (const one of selected) {
    const { policy, binding } = one
    if ('problem' in one) {
      if (!passesFailures(policy)) denials.push({ policy, binding, message: one.problem, reason: '' })
      continue
    }
    const invocation = await invocationIn(one.target, attributes)
    const subject: Subject = { attributes, invocation, params: one.params, namespace }
    const ask = parts.authorizerFor(attributes.identity)
    const startedMs = parts.measures.now()
    const verdict = await withAuthorizer(ask, (context) => verdictOf(policy, subject, context))
    const names = { policy: policy.metadata.name, binding: one.binding.metadata.name }
    const took = { ...names, ms: parts.measures.now() - startedMs }
    for (const message of verdict.passedOver) parts.measures.checked({ ...took, message, action: 'allow' })
    for (const finding of verdict.findings) {
      act(finding, policy, one.binding, attributes, denials)
      for (const action of one.binding.spec?.validationActions ?? [])
        parts.measures.checked({ ...took, message: finding.message, action: measured[action] ?? 'deny' })
    }
    for (const message of verdict.annotationProblems) denials.push({ policy, binding, message, reason: '' })
    for (const { key, value } of verdict.annotations) {
      const full = `${policy.metadata.name}/${key}`
      const values = annotations.get(full) ?? []
      if (!values.includes(value)) annotations.set(full, [...values, value])
    }
  }
  for (const [key, values] of annotations) attributes.annotate(key, values.join(', '))
  if (denials[0] !== undefined) throw refusal(denials[0], attributes)
}

const measured: Readonly<Record<string, PolicyCheck['action']>> = { Deny: 'deny', Audit: 'audit', Warn: 'warn' }

/** Does what a binding wants done about something that was found. */
function act(
  { message, reason, index }: Finding,
  policy: ValidatingPolicy,
  binding: ValidatingBinding,
  attributes: Attributes,
  denials: Denial[],
): void {
  const actions = binding.spec?.validationActions ?? []
  const names = { policy: policy.metadata.name, binding: binding.metadata.name }
  for (const action of actions) {
    if (action === 'Deny') denials.push({ policy, binding, message, reason })
    else if (action === 'Warn')
      attributes.warn(
        `Validation failed for ValidatingAdmissionPolicy '${names.policy}' with binding '${names.binding}': ${message}`,
      )
    else if (action === 'Audit')
      attributes.annotate(
        'validation.policy.admission.k8s.io/validation_failure',
        JSON.stringify([{ message, ...names, expressionIndex: index, validationActions: actions }]),
      )
  }
}

function compiledOf(policy: ValidatingPolicy): CompiledPolicy {
  const known = compiled.get(policy)
  if (known !== undefined) return known
  const { spec = {} } = policy
  const scope = new PolicyScope({ params: spec.paramKind !== undefined, composes: true })
  for (const { name, expression } of spec.variables ?? []) scope.addVariable(name, expression)
  const yesOrNo = { wanted: [boolType], asks: true }
  const made: CompiledPolicy = {
    scope,
    conditions: (spec.matchConditions ?? []).map(({ expression }) => scope.compile(expression, yesOrNo)),
    validations: (spec.validations ?? []).map(({ expression }) => scope.compile(expression, yesOrNo)),
    messages: (spec.validations ?? []).map(({ messageExpression }) =>
      messageExpression ? scope.compile(messageExpression, { wanted: [stringType] }) : undefined,
    ),
    annotations: (spec.auditAnnotations ?? []).map(({ valueExpression }) =>
      scope.compile(valueExpression, { wanted: [stringType, nullType], asks: true }),
    ),
  }
  compiled.set(policy, made)
  return made
}

function verdictOf(policy: ValidatingPolicy, subject: Subject, context: CallContext): Verdict {
  const { scope, conditions, validations, annotations } = compiledOf(policy)
  const passes = passesFailures(policy)
  const failed = (message: string): Verdict =>
    passes
      ? { ...nothingFound, passedOver: [message] }
      : { ...nothingFound, findings: [{ message, reason: '', index: 0 }] }
  const bindings = bindingsOf(subject)
  const concerned = conditionsHold(scope, conditions, bindings, context)
  if (concerned === false) return nothingFound
  if (concerned !== true) return failed(concerned.problem)
  try {
    const evaluation = new Evaluation(scope, bindings, context)
    const results = validations.map((one) => evaluation.run(one))
    const messages = messagesOf(policy, bindings, evaluation.left)
    const findings: Finding[] = []
    const passedOver: string[] = []
    for (const [index, result] of results.entries()) {
      const problem = 'problem' in result ? result.problem : messages.problem
      if (problem !== undefined) {
        if (passes) passedOver.push(problem)
        else findings.push({ message: problem, reason: '', index })
      } else if ('value' in result && result.value !== true)
        findings.push(findingOf(policy, index, messages.results[index]))
    }
    const audited = new Evaluation(scope, { ...bindings }, {})
    return {
      findings,
      passedOver,
      ...annotationsOf(
        policy,
        annotations.map((one) => audited.run(one)),
      ),
    }
  } catch (error) {
    if (error instanceof BudgetSpent) return failed(error.message)
    throw error
  }
}

/** Kubernetes: messages are made for all validations, whether they hold or not, of what the validations left to spend. */
function messagesOf(
  policy: ValidatingPolicy,
  bindings: Bindings,
  left: number,
): { readonly results: readonly (Result | undefined)[]; readonly problem?: string } {
  const { scope, messages } = compiledOf(policy)
  const evaluation = new Evaluation(scope, bindings, {}, left)
  try {
    return { results: messages.map((one) => (one === undefined ? undefined : evaluation.run(one))) }
  } catch (error) {
    if (error instanceof BudgetSpent) return { results: [], problem: `failed messageExpression: ${error.message}` }
    throw error
  }
}

function findingOf(policy: ValidatingPolicy, index: number, made: Result | undefined): Finding {
  const validation = policy.spec!.validations![index]!
  const text = made !== undefined && 'value' in made && typeof made.value === 'string' ? made.value.trim() : ''
  const isFit = new TextEncoder().encode(text).length <= messageBytesMax && !text.includes('\n')
  const message =
    (isFit ? text : '') || (validation.message ?? '').trim() || `failed expression: ${validation.expression.trim()}`
  return { message, reason: validation.reason ?? 'Invalid', index }
}

function annotationsOf(
  policy: ValidatingPolicy,
  results: readonly Result[],
): Pick<Verdict, 'annotations' | 'annotationProblems'> {
  const annotations: { key: string; value: string }[] = []
  const annotationProblems: string[] = []
  for (const [index, result] of results.entries()) {
    const { key } = policy.spec!.auditAnnotations![index]!
    if ('problem' in result) {
      if (!passesFailures(policy)) annotationProblems.push(result.problem)
    } else if (typeof result.value === 'string') {
      const value = result.value.trim().slice(0, annotationLengthMax)
      if (value !== '') annotations.push({ key, value })
    }
  }
  return { annotations, annotationProblems }
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 }

function refusal({ policy, binding, message, reason }: Denial, attributes: Attributes): StatusError {
  const by =
    binding === undefined
      ? `ValidatingAdmissionPolicy '${policy.metadata.name}'`
      : `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`
  const text = `${by} denied request: ${message}`
  const { status } = forbiddenBy(text, attributes)
  const given = reason === '' ? 'Invalid' : reason
  return StatusError.from({
    ...status,
    reason: given as StatusReason,
    code: codes[given] ?? 422,
    details: { ...status.details, causes: [{ message: text }] },
  })
}
