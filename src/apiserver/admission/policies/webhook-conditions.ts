/** Match conditions of webhooks. Loaded when there first is one. */
import { boolType } from '../../../machinery/cel/index.ts'
import { forbidden } from '../../../machinery/index.ts'
import type { Attributes } from '../admission.ts'
import type { Invocation } from '../matching/matching.ts'
import type { Webhook } from '../webhooks/hooks.ts'
import { bindingsOf, conditionsHold, withAuthorizer } from './evaluation.ts'
import type { AskAuthorizer } from './parts.ts'
import { type Expression, PolicyScope } from './scope.ts'

const scope = new PolicyScope({ params: false, composes: false })
const compiled = new WeakMap<Webhook, readonly Expression[]>()

/** Whether a webhook's match conditions hold; rejects with a refusal when that cannot be told and must be. */
export async function webhookConditionsHold(
  webhook: Webhook,
  attributes: Attributes,
  invocation: Invocation,
  ask: AskAuthorizer,
): Promise<boolean> {
  let conditions = compiled.get(webhook)
  if (conditions === undefined) {
    const place = { wanted: [boolType], asks: true }
    conditions = (webhook.matchConditions ?? []).map(({ expression }) => scope.compile(expression, place))
    compiled.set(webhook, conditions)
  }
  const bindings = bindingsOf({ attributes, invocation, params: undefined, namespace: undefined })
  const held = await withAuthorizer(ask, (context) => conditionsHold(scope, conditions, bindings, context))
  if (typeof held === 'boolean') return held
  if (webhook.failurePolicy === 'Ignore') return false
  const { group, plural } = attributes.definition
  throw forbidden({ group, resource: plural }, attributes.name, held.problem)
}
