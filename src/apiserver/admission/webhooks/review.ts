import { StatusError, type StatusReason } from '../../../machinery/index.ts'
import type { Attributes } from '../admission.ts'
import { type Invocation, requestOf } from '../matching/matching.ts'

/** What a webhook answered, verified. */
export interface Verdict {
  readonly allowed: boolean
  readonly patch: readonly unknown[]
  readonly status: Record<string, any> | undefined
  readonly warnings: readonly string[]
  readonly auditAnnotations: Readonly<Record<string, string>>
}

/** The first version of AdmissionReview that a webhook accepts and this server speaks. */
export function reviewVersionOf(versions: readonly string[] | undefined): 'v1' | 'v1beta1' {
  const found = versions?.find((one) => one === 'v1' || one === 'v1beta1')
  if (found === undefined) throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)')
  return found as 'v1' | 'v1beta1'
}

/** The AdmissionReview that asks about a request. */
export function reviewOf(
  attributes: Attributes,
  invocation: Invocation,
  version: 'v1' | 'v1beta1',
  uid: string,
): object {
  const { object, oldObject } = invocation
  const { dryRun, options, ...question } = requestOf(attributes, invocation)
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...question, object: object ?? null, oldObject: oldObject ?? null, dryRun, options },
  }
}

/** Reads an AdmissionReview that came back. Throws an Error that says what is wrong with it. */
export function verdictOf(review: any, version: 'v1' | 'v1beta1', uid: string, mutating: boolean): Verdict {
  const response = review.response
  const isV1 = version === 'v1'
  if (isV1 && (review.kind !== 'AdmissionReview' || review.apiVersion !== 'admission.k8s.io/v1')) {
    const [group = '', apiVersion = ''] = String(review.apiVersion ?? '').split('/')
    const got = `${group}/${apiVersion}, Kind=${review.kind ?? ''}`
    throw new Error(`expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${got}`)
  }
  if (typeof response !== 'object' || response === null) throw new Error('webhook response was absent')
  if (isV1 && response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  const patchText: string = response.patch ?? ''
  if (isV1) checkPatchForm(patchText, response.patchType, mutating)
  return {
    allowed: response.allowed === true,
    patch: mutating && patchText !== '' ? patchOf(patchText, response.patchType ?? 'JSONPatch') : [],
    status: response.status ?? undefined,
    warnings: response.warnings ?? [],
    auditAnnotations: response.auditAnnotations ?? {},
  }
}

function checkPatchForm(patch: string, type: string | undefined | null, mutating: boolean): void {
  const hasType = type !== undefined && type !== null
  if (!mutating) {
    if (patch !== '') throw new Error('validating webhook may not return response.patch')
    if (hasType) throw new Error('validating webhook may not return response.patchType')
    return
  }
  if (patch !== '' && !hasType) throw new Error('webhook returned response.patch but not response.patchType')
  if (patch === '' && hasType) throw new Error('webhook returned response.patchType but not response.patch')
  if (type === '') throw new Error('webhook returned invalid response.patchType of ""')
}

function patchOf(text: string, type: string): readonly unknown[] {
  if (type !== 'JSONPatch') throw new Error(`unsupported patch type ${JSON.stringify(type)}`)
  const patch = JSON.parse(
    new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0))),
  )
  if (!Array.isArray(patch)) throw new Error('received undecodable patch in webhook response: it is not a list')
  return patch
}

/** The refusal a webhook gave. Kubernetes: never a code below 400, and always with the webhook's name. */
export function denial(name: string, given: Verdict['status']): StatusError {
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`
  const code = (given?.['code'] ?? 0) < 400 ? 400 : given!['code']
  const why = given?.['message'] || given?.['reason'] || ''
  const error = new StatusError(
    code,
    (given?.['reason'] ?? '') as StatusReason,
    why === '' ? `${denied} without explanation` : `${denied}: ${why}`,
  )
  const { reason, details } = given ?? {}
  return StatusError.from({
    ...error.status,
    ...(reason === undefined || reason === '' ? { reason: undefined as never } : {}),
    ...(details === undefined ? {} : { details }),
  })
}
