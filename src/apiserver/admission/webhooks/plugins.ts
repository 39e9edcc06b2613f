import {
  applyJsonPatch,
  badRequest,
  cloneJson,
  internalError,
  type Random,
  StatusError,
  sameJson,
} from '../../../machinery/index.ts'
import { objectInVersion } from '../../registry/conversion.ts'
import type { CallWebhook } from '../../webhooks/call.ts'
import { type AdmissionPlugin, type Attributes, whileNone } from '../admission.ts'
import { replaceDraft, schemaFor } from '../draft.ts'
import { type Invocation, isExempt, type MatchParts } from '../matching/matching.ts'
import type { WebhookMeasures, WebhookOutcome } from '../measures.ts'
import { type Hook, invocationOf, type WebhookList } from './hooks.ts'
import { denial, reviewOf, reviewVersionOf, type Verdict, verdictOf } from './review.ts'

export interface WebhookPluginParts extends MatchParts {
  readonly mutating: WebhookList
  readonly validating: WebhookList
  readonly call: CallWebhook
  readonly random: Random
  /** Whether a webhook's match conditions hold. Rejects with what is to be answered when they cannot be told. */
  readonly conditionsHold: (
    hook: Hook,
    attributes: Attributes,
    invocation: Invocation,
    type: 'admit' | 'validate',
  ) => Promise<boolean>
  readonly onFailOpen: (hook: Hook, error: unknown) => void
  readonly measures: WebhookMeasures
}

const timeoutDefaultSeconds = 10
const forever = new AbortController().signal

/** A webhook that could not be asked, or whose answer is none. */
class CallFailure extends Error {}

/** Kubernetes: webhooks of the API are not asked about webhooks and policies, lest nobody could change them; those of files are. */
function hooksFor(list: WebhookList, attributes: Attributes): readonly Hook[] {
  return isExempt(attributes) ? list.fixed : list.all
}

/** MutatingAdmissionWebhook: webhooks one after the other, each seeing what those before it made. */
export function mutatingAdmissionWebhook(parts: WebhookPluginParts): AdmissionPlugin {
  return {
    name: 'MutatingAdmissionWebhook',
    standsBy: () => whileNone(parts.mutating),
    admit(attributes) {
      const hooks = hooksFor(parts.mutating, attributes)
      return hooks.length === 0 ? undefined : askAll(hooks, attributes)
    },
  }
  async function askAll(hooks: readonly Hook[], attributes: Attributes): Promise<void> {
    const { again } = attributes
    for (const hook of hooks) {
      if (again.isSecondRound && !again.due.has(hook.id)) continue
      const invocation = await invocationFor(hook, attributes, parts, 'admit')
      if (invocation === undefined) continue
      const before = cloneJson(attributes.object)
      const verdict = await ask(hook, attributes, invocation, parts, true)
      if (verdict !== undefined) await applyPatch(hook, attributes, invocation, verdict, parts)
      if (!sameJson(before, attributes.object)) {
        // Kubernetes: whoever has been asked before and wants to know of later changes is asked once more.
        for (const id of again.asked) again.due.add(id)
        again.wanted = true
      }
      if (hook.webhook.reinvocationPolicy === 'IfNeeded') again.asked.add(hook.id)
    }
  }
}

/** ValidatingAdmissionWebhook: all webhooks at once; the first refusal in their order is the answer. */
export function validatingAdmissionWebhook(parts: WebhookPluginParts): AdmissionPlugin {
  return {
    name: 'ValidatingAdmissionWebhook',
    standsBy: () => whileNone(parts.validating),
    validate(attributes) {
      const hooks = hooksFor(parts.validating, attributes)
      return hooks.length === 0 ? undefined : askAll(hooks, attributes)
    },
  }
  async function askAll(hooks: readonly Hook[], attributes: Attributes): Promise<void> {
    const outcomes = await Promise.allSettled(
      hooks.map(async (hook) => {
        const invocation = await invocationFor(hook, attributes, parts, 'validate')
        if (invocation !== undefined) await ask(hook, attributes, invocation, parts, false)
      }),
    )
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
}

async function invocationFor(
  hook: Hook,
  attributes: Attributes,
  parts: WebhookPluginParts,
  type: 'admit' | 'validate',
): Promise<Invocation | undefined> {
  const invocation = await invocationOf(hook, attributes, parts)
  if (invocation === undefined || (hook.webhook.matchConditions ?? []).length === 0) return invocation
  return (await parts.conditionsHold(hook, attributes, invocation, type)) ? invocation : undefined
}

/** Asks one webhook; undefined when it could not be asked and may be passed over. Rejects with what the caller is told. */
async function ask(
  hook: Hook,
  attributes: Attributes,
  invocation: Invocation,
  parts: WebhookPluginParts,
  mutating: boolean,
): Promise<Verdict | undefined> {
  const { name, sideEffects, failurePolicy } = hook.webhook
  if (attributes.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun')
    throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`)
  const { measures } = parts
  const type = mutating ? 'admit' : 'validating'
  const startedMs = measures.now()
  const note = (rejected: WebhookOutcome['rejected'], code: number) => {
    const ms = measures.now() - startedMs
    attributes.waited?.(ms)
    measures.asked({ name, type, operation: attributes.operation, rejected, code, ms })
  }
  let verdict: Verdict
  try {
    verdict = await callOne(hook, attributes, invocation, parts, mutating)
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    if (failurePolicy === 'Ignore') {
      note('no', 500)
      measures.failedOpen(name, type)
      parts.onFailOpen(hook, error)
      return undefined
    }
    note('by-failure', 500)
    throw internalError(new Error(`failed calling webhook ${JSON.stringify(name)}: ${error.message}`, { cause: error }))
  }
  for (const text of verdict.warnings) attributes.warn(text)
  for (const [key, value] of Object.entries(verdict.auditAnnotations)) attributes.annotate(`${name}/${key}`, value)
  if (!verdict.allowed) {
    const refusal = denial(name, verdict.status)
    note('by-webhook', refusal.code)
    throw refusal
  }
  note('no', 200)
  return verdict
}

async function callOne(
  { webhook }: Hook,
  attributes: Attributes,
  invocation: Invocation,
  { call, random }: WebhookPluginParts,
  mutating: boolean,
): Promise<Verdict> {
  const uid = random.uuid()
  const version = reviewVersionOf(webhook.admissionReviewVersions)
  const review = reviewOf(attributes, invocation, version, uid)
  const timeoutMs = (webhook.timeoutSeconds ?? timeoutDefaultSeconds) * 1000
  let answer: unknown
  try {
    answer = await call(webhook.clientConfig, review, timeoutMs, forever, attributes.traceparent)
  } catch (error) {
    throw new CallFailure(`failed to call webhook: ${messageOf(error)}`, { cause: error })
  }
  try {
    return verdictOf(answer, version, uid, mutating)
  } catch (error) {
    throw new CallFailure(`received invalid webhook response: ${messageOf(error)}`, { cause: error })
  }
}

async function applyPatch(
  { webhook }: Hook,
  attributes: Attributes,
  { kind, object }: Invocation,
  { patch }: Verdict,
  { versionsOf }: WebhookPluginParts,
): Promise<void> {
  if (patch.length === 0) return
  const { definition } = attributes
  if (object === undefined || attributes.object === undefined) {
    const name = JSON.stringify(webhook.name)
    const why = `admission webhook ${name} attempted to modify the object, which is not supported for this operation`
    throw internalError(new Error(why))
  }
  const asked =
    versionsOf(definition).find(({ group, version }) => group === kind.group && version === kind.version) ?? definition
  try {
    const schema = schemaFor(attributes, asked)
    const read = schema.decode(cloneJson(applyJsonPatch(cloneJson(object), patch))).object
    read.kind = kind.kind
    schema.applyDefaults(read)
    const patched = asked === definition ? read : cloneJson(await objectInVersion(asked, definition, read))
    replaceDraft(attributes.object, patched, definition)
  } catch (error) {
    if (error instanceof StatusError) throw internalError(new Error(error.message, { cause: error }))
    throw internalError(error)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
