/** MutatingAdmissionPolicies, asked about one request. Loaded when there first is one. */
import { boolType, listOf } from '../../../machinery/cel/index.ts'
import {
  cloneJson,
  internalError,
  type KubeObject,
  StatusError,
  type StatusReason,
  sameJson,
} from '../../../machinery/index.ts'
import type { ResourceDefinition } from '../../../resources/index.ts'
import { objectInVersion } from '../../registry/conversion.ts'
import type { Attributes } from '../admission.ts'
import { replaceDraft, schemaFor, typeFor } from '../draft.ts'
import { invocationIn, namespaceOf } from '../matching/matching.ts'
import { bindingsOf, conditionsHold, Evaluation, type Subject, withAuthorizer } from './evaluation.ts'
import type { PolicyParts } from './parts.ts'
import { jsonPatchType, objectType } from './patch-types.ts'
import { withConfiguration, withPatch } from './patches.ts'
import type { Bound, MutatingBinding, MutatingPolicy } from './policy-list.ts'
import { type Expression, PolicyScope } from './scope.ts'
import { forbiddenBy, passesFailures, type Selected, selectPolicies } from './selecting.ts'

interface Mutation {
  readonly expression: Expression
  readonly isPatch: boolean
}
interface CompiledPolicy {
  readonly scope: PolicyScope
  readonly conditions: readonly Expression[]
  readonly mutations: readonly Mutation[]
}
/** Why a policy could not do its work. */
interface Failure {
  readonly policy: MutatingPolicy
  readonly binding?: MutatingBinding | undefined
  readonly message: string
  readonly reason?: StatusReason
}
type Chosen = Extract<Selected<MutatingPolicy, MutatingBinding>, { readonly target: unknown }>

const compiled = new WeakMap<MutatingPolicy, CompiledPolicy>()

/** Changes the object as the policies it concerns want it, one after the other. Rejects when one of them fails. */
export async function mutate(
  attributes: Attributes,
  policies: readonly Bound<MutatingPolicy, MutatingBinding>[],
  parts: PolicyParts,
): Promise<void> {
  const selected = await selectPolicies(attributes, policies, parts)
  if (selected.length === 0) return
  const failures: Failure[] = selected.flatMap((one) =>
    'problem' in one ? [{ policy: one.policy, binding: one.binding, message: one.problem }] : [],
  )
  const namespace = await namespaceOf(attributes, parts)
  const { again } = attributes
  let applied = false
  for (const one of selected) {
    if ('problem' in one) continue
    const subject = { attributes, params: one.params, namespace }
    const concerned = await isConcerned(one, subject, parts)
    if (typeof concerned === 'object') {
      failures.push({ policy: one.policy, binding: one.binding, message: concerned.problem, reason: 'Invalid' })
      continue
    }
    const id = idOf(one)
    if (!concerned || (again.isSecondRound && !again.due.has(id))) continue
    const before = cloneJson(attributes.object)
    for (const mutation of compiledOf(one.policy).mutations) {
      if (attributes.object === undefined) continue
      const startedMs = parts.measures.now()
      const note = (problem?: string) =>
        parts.measures.mutated({
          policy: one.policy.metadata.name,
          binding: one.binding.metadata.name,
          ...(problem === undefined ? {} : { problem }),
          ms: parts.measures.now() - startedMs,
        })
      try {
        await mutateOnce(one, mutation, subject, parts)
        note()
        applied = true
      } catch (error) {
        const { message } = error as Error
        note(message)
        if (error instanceof StatusError) throw error
        failures.push({ policy: one.policy, binding: one.binding, message, reason: 'Invalid' })
      }
    }
    if (!sameJson(before, attributes.object)) invite(attributes)
    if (one.policy.spec?.reinvocationPolicy === 'IfNeeded') again.asked.add(id)
  }
  if (applied) invite(attributes)
  const heard = failures.filter(({ policy }) => !passesFailures(policy))
  if (heard.length > 0) throw refusal(heard, attributes)
}

/** Whoever has been asked before and wants to know of later changes is asked once more. */
function invite({ again }: Attributes): void {
  for (const id of again.asked) again.due.add(id)
  again.wanted = true
}

function idOf({ policy, binding, params }: Chosen): string {
  const { namespace = '', name = '' } = params?.metadata ?? {}
  return ['policy', policy.metadata.name, binding.metadata.name, namespace, name].join('/')
}

function compiledOf(policy: MutatingPolicy): CompiledPolicy {
  const known = compiled.get(policy)
  if (known !== undefined) return known
  const { spec = {} } = policy
  const scope = new PolicyScope({ params: spec.paramKind !== undefined, composes: true })
  for (const { name, expression } of spec.variables ?? []) scope.addVariable(name, expression)
  const made: CompiledPolicy = {
    scope,
    conditions: (spec.matchConditions ?? []).map(({ expression }) =>
      scope.compile(expression, { wanted: [boolType], asks: true }),
    ),
    mutations: (spec.mutations ?? []).map(({ patchType, jsonPatch, applyConfiguration }) => {
      const isPatch = patchType === 'JSONPatch'
      const source = (isPatch ? jsonPatch : applyConfiguration)?.expression ?? ''
      const wanted = [isPatch ? listOf(jsonPatchType) : objectType]
      return { isPatch, expression: scope.compile(source, { wanted, asks: true, patches: true }) }
    }),
  }
  compiled.set(policy, made)
  return made
}

type SubjectBefore = Omit<Subject, 'invocation'>

async function isConcerned(
  { policy, target }: Chosen,
  subject: SubjectBefore,
  parts: PolicyParts,
): Promise<boolean | { readonly problem: string }> {
  const { scope, conditions } = compiledOf(policy)
  if (conditions.length === 0) return true
  const { attributes } = subject
  const bindings = bindingsOf({ ...subject, invocation: await invocationIn(target, attributes) })
  const ask = parts.authorizerFor(attributes.identity)
  return withAuthorizer(ask, (context) => conditionsHold(scope, conditions, bindings, context))
}

/** One mutation of the object as those before it left it. */
async function mutateOnce(
  { policy, target }: Chosen,
  { expression, isPatch }: Mutation,
  subject: SubjectBefore,
  parts: PolicyParts,
): Promise<void> {
  if ('problem' in expression) throw new Error(expression.problem)
  const { attributes } = subject
  const { scope } = compiledOf(policy)
  const invocation = await invocationIn(target, attributes)
  const bindings = bindingsOf({ ...subject, invocation })
  const ask = parts.authorizerFor(attributes.identity)
  const result = await withAuthorizer(ask, (context) => new Evaluation(scope, bindings, context).run(expression))
  if ('problem' in result) throw new Error(result.problem)
  const object = invocation.object as KubeObject
  const changed = isPatch
    ? withPatch(object, result.value)
    : withConfiguration(object, typeFor(attributes, target), schemaFor(attributes, target).shape(), result.value)
  if (changed !== object) await put(changed, target, attributes)
}

/** Puts an object in the place of the request's, read and completed as if the request had brought it. */
async function put(changed: object, target: ResourceDefinition<any>, attributes: Attributes): Promise<void> {
  const { definition } = attributes
  try {
    const schema = schemaFor(attributes, target)
    const { object: read, findings } = schema.decode(cloneJson(changed))
    if (findings.length > 0) throw new Error(`strict decoding error: ${findings.join(', ')}`)
    schema.applyDefaults(read)
    const own = target === definition ? read : cloneJson(await objectInVersion(target, definition, read))
    replaceDraft(attributes.object, own, definition)
  } catch (error) {
    throw internalError(error)
  }
}

function refusal(failures: readonly Failure[], attributes: Attributes): StatusError {
  const messages = failures.map(({ policy, binding, message }) =>
    binding === undefined
      ? `policy ${JSON.stringify(policy.metadata.name)} denied request: ${message}`
      : `policy '${policy.metadata.name}' with binding '${binding.metadata.name}' denied request: ${message}`,
  )
  const { status } = forbiddenBy('admission request denied by policy', attributes)
  const reason = failures[0]?.reason
  return StatusError.from({
    ...status,
    message: messages[0]!,
    ...(reason === undefined ? {} : { reason }),
    details: { ...status.details, causes: messages.map((message) => ({ message })) },
  })
}
