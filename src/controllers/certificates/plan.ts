import {
  kubeApiServerClientKubelet,
  kubeletClientProblem,
  msOf,
  readCertificateRequest,
  signerProblem,
} from '../../machinery/index.ts'
import type { CertificateSigningRequest } from '../../resources/index.ts'

const hourMs = 60 * 60_000
/** Kubernetes: what is decided is kept for an hour, what nobody cares about for a day. */
const decidedKeptMs = hourMs
const undecidedKeptMs = 24 * hourMs

const conditionsOf = ({ status }: CertificateSigningRequest) => status?.conditions ?? []
/** Whether somebody has approved or denied a request. */
export const isDecided = (request: CertificateSigningRequest): boolean =>
  conditionsOf(request).some(({ type }) => type === 'Approved' || type === 'Denied')
/** Whether a certificate was issued. */
export const isIssued = ({ status }: CertificateSigningRequest): boolean => (status?.certificate ?? '') !== ''

/** Whether a signer has to act: approved, not denied, neither issued nor failed. */
export function awaitsSigning(request: CertificateSigningRequest): boolean {
  const has = (wanted: string) => conditionsOf(request).some(({ type }) => type === wanted)
  const hasFailed = conditionsOf(request).some(({ type, status }) => type === 'Failed' && status !== 'False')
  return has('Approved') && !has('Denied') && !hasFailed && !isIssued(request)
}

/** Why a request cannot be signed by the signer it names; undefined when it can. */
export const problemOf = ({ spec }: CertificateSigningRequest): string | undefined =>
  signerProblem(spec.signerName, readCertificateRequest(spec.request), spec.usages ?? [])

/** As what a kubelet may have its request approved: `create` of this subresource; the most specific first. */
export function approvalsTried({
  spec,
}: CertificateSigningRequest): readonly { subresource: string; message: string }[] {
  if (spec.signerName !== kubeApiServerClientKubelet) return []
  const request = readCertificateRequest(spec.request)
  if (kubeletClientProblem(request, spec.usages ?? []) !== undefined) return []
  return [
    ...(spec.username === request.commonName
      ? [
          {
            subresource: 'selfnodeclient',
            message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
          },
        ]
      : []),
    { subresource: 'nodeclient', message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
  ]
}

/** When a request is to be forgotten, in ms since 1970. */
export function forgottenAtMs(request: CertificateSigningRequest, certificateEndsMs: number | undefined): number {
  const conditions = conditionsOf(request)
  const times: number[] = []
  if (conditions.length === 0) times.push(msOf(request.metadata.creationTimestamp) + undecidedKeptMs)
  for (const { type, lastUpdateTime } of conditions) {
    if (lastUpdateTime === undefined) continue
    const atMs = msOf(lastUpdateTime)
    if (type === 'Denied' || type === 'Failed') times.push(atMs + decidedKeptMs)
    if (type === 'Approved') times.push(atMs + (isIssued(request) ? decidedKeptMs : undecidedKeptMs))
  }
  const isApproved = conditions.some(({ type }) => type === 'Approved')
  if (isApproved && isIssued(request) && certificateEndsMs !== undefined) times.push(certificateEndsMs)
  return Math.min(...times)
}
