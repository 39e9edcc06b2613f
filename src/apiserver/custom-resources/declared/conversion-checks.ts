import { X509Certificate } from 'node:crypto'
import {
  dns1035LabelErrors,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from '../../../machinery/index.ts'
import { webhookClientErrors } from '../../../resources/index.ts'
import type { SpecForm } from './spec-form.ts'

/** Which rules hold; what an older declaration was allowed is allowed to stay. */
export interface ConversionRules {
  /** One of the versions of reviews must be one that the server knows. */
  readonly requireReviewVersion: boolean
  readonly requireValidBundle: boolean
}

const reviewVersions = ['v1', 'v1beta1']

/** Whether the versions of reviews that are asked for have a known one among them, if any are. */
export function knowsReviewVersion(conversion: SpecForm['conversion']): boolean {
  const versions = conversion?.webhook?.conversionReviewVersions ?? []
  return versions.length === 0 || versions.some((version) => reviewVersions.includes(version))
}

/** Why the authorities of a webhook cannot be read; undefined when they can, or there are none. */
export function bundleProblem(conversion: SpecForm['conversion']): string | undefined {
  const bundle = conversion?.webhook?.clientConfig?.caBundle ?? ''
  if (bundle === '') return undefined
  const why = authoritiesProblem(Buffer.from(bundle, 'base64').toString('latin1'))
  return why === undefined ? undefined : `unable to load root certificates: ${why}`
}

const block = /-----BEGIN ([^\n-]+)-----\r?\n([\s\S]*?)-----END \1-----\s*/g

/** Kubernetes: one good certificate is enough, and the first bad thing is told of where there is none. */
function authoritiesProblem(pem: string): string | undefined {
  let malformed = false
  let end = 0
  for (const { 0: whole, 1: type, index } of pem.matchAll(block)) {
    end = index + whole.length
    if (type !== 'CERTIFICATE') continue
    try {
      new X509Certificate(whole)
      return undefined
    } catch {
      malformed = true
    }
  }
  if (malformed) return 'failed to parse certificate: x509: malformed certificate'
  return end < pem.length ? 'unable to parse bytes as PEM block' : 'no valid certificate authority data seen'
}

/** What is wrong with how objects come from one version into another. */
export function conversionErrors(
  conversion: SpecForm['conversion'],
  path: string,
  rules: ConversionRules,
): FieldError[] {
  if (conversion === undefined) return []
  const { strategy, webhook } = conversion
  const errors: FieldError[] = []
  if ((strategy ?? '') === '') errors.push(required(`${path}.strategy`))
  else if (strategy !== 'None' && strategy !== 'Webhook')
    errors.push(notSupported(`${path}.strategy`, strategy, ['None', 'Webhook']))
  if (strategy !== 'Webhook') {
    const why = 'should not be set when strategy is not set to Webhook'
    if (webhook?.clientConfig !== undefined) errors.push(forbiddenField(`${path}.webhookClientConfig`, why))
    if ((webhook?.conversionReviewVersions ?? []).length > 0)
      errors.push(forbiddenField(`${path}.conversionReviewVersions`, why))
    return errors
  }
  if (webhook?.clientConfig === undefined)
    errors.push(required(`${path}.webhookClientConfig`, 'required when strategy is set to Webhook'))
  else {
    errors.push(...webhookClientErrors(webhook.clientConfig, `${path}.webhookClientConfig`))
    const problem = rules.requireValidBundle ? bundleProblem(conversion) : undefined
    if (problem !== undefined)
      errors.push(invalid(`${path}.webhookClientConfig.caBundle`, webhook.clientConfig.caBundle, problem))
  }
  const at = `${path}.conversionReviewVersions`
  return [...errors, ...reviewVersionErrors(webhook?.conversionReviewVersions, at, rules.requireReviewVersion)]
}

function reviewVersionErrors(
  given: readonly string[] | null | undefined,
  path: string,
  requireKnown: boolean,
): FieldError[] {
  const versions = given ?? []
  if (versions.length === 0) return [required(path)]
  const errors: FieldError[] = []
  for (const [index, version] of versions.entries()) {
    const at = `${path}[${index}]`
    if (versions.indexOf(version) < index) errors.push(invalid(at, version, 'duplicate version'))
    else errors.push(...dns1035LabelErrors(version).map((why) => invalid(at, version, why)))
  }
  if (requireKnown && !versions.some((version) => reviewVersions.includes(version)))
    errors.push(invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`))
  return errors
}
