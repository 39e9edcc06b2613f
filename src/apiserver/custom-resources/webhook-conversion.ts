import { type Clock, internalError, isMapOfText, type KubeObject, type Random } from '../../machinery/index.ts'
import type { CustomResourceDefinition, WebhookClient } from '../../resources/index.ts'
import type { CallWebhook } from '../webhooks/call.ts'
import type { Conversion, ConversionFailure } from './conversion-measures.ts'
import type { Converter } from './declaration.ts'

/** Kubernetes: a conversion is waited for this long. */
const timeoutMs = 30_000
const forever = new AbortController().signal

/** What a converter needs of the server. */
export interface WebhookConverterParts {
  readonly call: CallWebhook
  readonly random: Random
  readonly clock: Clock
  readonly measured: (conversion: Conversion) => void
}

/** Has a declaration's objects converted by its webhook, all of one request at once. */
export function webhookConverter(crd: CustomResourceDefinition, parts: WebhookConverterParts): Converter {
  const { call, random, clock, measured } = parts
  const { group, names, conversion } = crd.spec
  const webhook = conversion?.webhook
  return async (objects, desiredAPIVersion) => {
    const from = objects[0]?.apiVersion.split('/')[1] ?? ''
    const about = `conversion webhook for ${group}/${from}, Kind=${names.kind}`
    const startedMs = clock.monotonic()
    const note = (failure: ConversionFailure) =>
      measured({
        crd: crd.metadata.name,
        ...{ from, to: desiredAPIVersion.split('/')[1] ?? '', failure },
        seconds: (clock.monotonic() - startedMs) / 1000,
      })
    const fail = (why: string, failure: ConversionFailure) => {
      note(failure)
      return internalError(new Error(`${about} ${why}`))
    }
    const version = webhook?.conversionReviewVersions?.find((one) => one === 'v1' || one === 'v1beta1')
    if (webhook?.clientConfig === undefined || version === undefined)
      throw fail('failed: no supported conversion review versions', 'conversion_webhook_call_failure')
    const uid = random.uuid()
    const apiVersion = `apiextensions.k8s.io/${version}`
    const request = { uid, desiredAPIVersion, objects }
    let review: any
    try {
      const body = { kind: 'ConversionReview', apiVersion, request }
      review = await call(webhook.clientConfig as WebhookClient, body, timeoutMs, forever)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw fail(`failed: ${why}`, 'conversion_webhook_call_failure')
    }
    const answered = answerOf(review, version, uid)
    if (typeof answered === 'string') throw fail(`failed: ${answered}`, 'conversion_webhook_malformed_response_failure')
    if (answered.length !== objects.length)
      throw fail(
        `returned ${answered.length} objects, expected ${objects.length}`,
        'conversion_webhook_partial_response_failure',
      )
    const converted = objects.map((object, index) => {
      const settled = settle(object, answered[index], desiredAPIVersion)
      if (typeof settled === 'string')
        throw fail(
          `returned invalid ${objects.length === 1 ? 'object' : `converted object at index ${index}`}: ${settled}`,
          'conversion_webhook_invalid_converted_object_failure',
        )
      return settled
    })
    note('')
    return converted
  }
}

/** The converted objects, or why there are none. */
function answerOf(review: any, version: string, uid: string): readonly any[] | string {
  const { response } = review
  if (version === 'v1' && (review.kind !== 'ConversionReview' || review.apiVersion !== 'apiextensions.k8s.io/v1')) {
    const [group = '', apiVersion = ''] = String(review.apiVersion ?? '').split('/')
    return `expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got ${group}/${apiVersion}, Kind=${review.kind ?? ''}`
  }
  if (typeof response !== 'object' || response === null) return 'no response provided'
  if (version === 'v1' && response.uid !== uid)
    return `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`
  const { result } = response
  if (result?.status !== 'Success') {
    if ((result?.message ?? '') !== '') return result.message
    return `response.result.status was '${result?.status ?? ''}', not 'Success'`
  }
  return response.convertedObjects ?? []
}

/** Kubernetes: of metadata, a conversion may change labels and annotations and nothing else. */
function settle(object: KubeObject, converted: any, apiVersion: string): KubeObject | string {
  if (converted?.apiVersion !== apiVersion)
    return `invalid groupVersion (expected ${apiVersion}, received ${converted?.apiVersion ?? ''})`
  if (converted.kind !== object.kind) return `invalid kind (expected ${object.kind}, received ${converted.kind ?? ''})`
  const { metadata } = converted
  if (typeof metadata !== 'object' || metadata === null) return 'missing metadata in converted object'
  for (const [member, said] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [was = '', is = ''] = [object.metadata[member], metadata[member]]
    if (was !== is) return `must have the same ${said}: ${was} != ${is}`
  }
  const { labels: _labels, annotations: _annotations, ...kept } = object.metadata
  const next: Record<string, unknown> = { ...kept }
  for (const member of ['labels', 'annotations'] as const) {
    const map = metadata[member]
    if (map === undefined || map === null) continue
    if (!isMapOfText(map)) return `metadata.${member} must be strings by name in converted object`
    next[member] = map
  }
  return { ...converted, metadata: next } as KubeObject
}
