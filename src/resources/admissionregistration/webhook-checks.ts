import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  invalid,
  labelSelectorErrors,
  notSupported,
  required,
} from '../../machinery/index.ts'
import type { ValidatingWebhookConfiguration } from '../generated/types.ts'
import { complaints } from '../validation/object-meta.ts'
import { webhookClientErrors } from '../validation/webhook-client.ts'
import { admissionRuleErrors } from './match-checks.ts'

type Webhook = NonNullable<ValidatingWebhookConfiguration['webhooks']>[number]

/** What is asked of configurations, unless the one before did without. */
interface Strictness {
  readonly noSideEffects: boolean
  readonly knownReviews: boolean
  readonly uniqueNames: boolean
}
const strict: Strictness = { noSideEffects: true, knownReviews: true, uniqueNames: true }

const reviews = ['v1', 'v1beta1']
const harmless = ['None', 'NoneOnDryRun']
const sideEffects = [...harmless, 'Some', 'Unknown']
const hasKnownReview = (versions: readonly string[] = []) => versions.some((one) => reviews.includes(one))

export function webhookErrors({ webhooks = [] }: ValidatingWebhookConfiguration): readonly FieldError[] {
  return configurationErrors(webhooks, strict)
}

/** Kubernetes: what was accepted once may stay. */
export function webhookUpdateErrors(
  { webhooks = [] }: ValidatingWebhookConfiguration,
  { webhooks: before = [] }: ValidatingWebhookConfiguration,
): readonly FieldError[] {
  return configurationErrors(webhooks, {
    noSideEffects: before.every((hook) => harmless.includes(hook.sideEffects ?? '')),
    knownReviews: before.every(
      ({ admissionReviewVersions: versions }) => (versions?.length ?? 0) === 0 || hasKnownReview(versions),
    ),
    uniqueNames: new Set(before.map(({ name }) => name)).size === before.length,
  })
}

function configurationErrors(webhooks: readonly Webhook[], how: Strictness): readonly FieldError[] {
  return webhooks.flatMap((hook, index) => {
    const at = `webhooks[${index}]`
    const isRepeated = hook.name !== '' && webhooks.findIndex(({ name }) => name === hook.name) < index
    return [
      ...hookErrors(hook, at, how),
      ...(how.uniqueNames && isRepeated ? [duplicate(`${at}.name`, hook.name)] : []),
    ]
  })
}

function hookErrors(hook: Webhook, at: string, how: Strictness): readonly FieldError[] {
  const { name = '', sideEffects: effects, timeoutSeconds: seconds } = hook
  const errors: FieldError[] = []
  if (name === '') errors.push(required(`${at}.name`))
  else {
    const words = dns1123SubdomainErrors(name)
    if (words.length > 0) errors.push(invalid(`${at}.name`, name, words.join(',')))
    else if (name.split('.').length < 3)
      errors.push(invalid(`${at}.name`, name, 'should be a domain with at least three segments separated by dots'))
  }
  errors.push(...reviewVersionErrors(hook.admissionReviewVersions ?? [], `${at}.admissionReviewVersions`, how))
  const allowed = how.noSideEffects ? harmless : sideEffects
  if ((effects ?? undefined) === undefined)
    errors.push(required(`${at}.sideEffects`, `must specify one of ${allowed.join(', ')}`))
  else if (!allowed.includes(effects!)) errors.push(notSupported(`${at}.sideEffects`, effects, allowed))
  if (seconds !== undefined && (seconds > 30 || seconds < 1))
    errors.push(invalid(`${at}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds'))
  for (const [index, rule] of (hook.rules ?? []).entries())
    errors.push(...admissionRuleErrors(rule, `${at}.rules[${index}]`))
  errors.push(...labelSelectorErrors(hook.namespaceSelector, `${at}.namespaceSelector`))
  errors.push(...labelSelectorErrors(hook.objectSelector, `${at}.objectSelector`))
  errors.push(...webhookClientErrors(hook.clientConfig ?? {}, `${at}.clientConfig`))
  return errors
}

function reviewVersionErrors(versions: readonly string[], at: string, how: Strictness): readonly FieldError[] {
  if (versions.length === 0) return [required(at, `must specify one of ${reviews.join(', ')}`)]
  const errors = versions.flatMap((version, index) =>
    versions.indexOf(version) < index
      ? [invalid(`${at}[${index}]`, version, 'duplicate version')]
      : complaints(`${at}[${index}]`, version, dns1035LabelErrors(version)),
  )
  if (how.knownReviews && !hasKnownReview(versions))
    errors.push(invalid(at, versions, `must include at least one of ${reviews.join(', ')}`))
  return errors
}
