import { cloneJson, timestampOf } from '../../machinery/index.ts'
import type { HooksFor } from '../define.ts'
import type { Draft } from '../definition.ts'
import type {
  CertificateSigningRequest,
  CertificatesV1alpha1ClusterTrustBundle,
  ClusterTrustBundle,
} from '../generated/types.ts'
import { certificateSigningRequestCells } from '../other-cells.ts'
import { clusterTrustBundleErrors, clusterTrustBundleUpdateErrors } from './trust-bundle.ts'
import { requestErrors, requestUpdateErrors } from './validate.ts'

export const certificateSigningRequestHooks: HooksFor<CertificateSigningRequest> = {
  cells: certificateSigningRequestCells,
  // Kubernetes: a request may be named anything.
  checks: {
    name: () => [],
    create: requestErrors,
    update: requestUpdateErrors(),
    status: requestUpdateErrors({ sign: true }),
  },
  prepareForCreate(draft, { user }) {
    const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = draft.spec ?? {}
    draft.spec = {
      ...spec,
      ...(user === undefined
        ? {}
        : {
            username: user.name,
            groups: user.groups,
            ...(user.uid === undefined ? {} : { uid: user.uid }),
            ...(user.extra === undefined || Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
          }),
    }
    draft.status = {}
  },
  // Kubernetes: nothing of a request changes once it is made, but by approval and signing.
  prepareForUpdate(draft, previous) {
    draft.spec = cloneJson(previous.spec)
    draft.status = cloneJson(previous.status ?? {})
  },
  prepareForStatusUpdate(draft, previous, { nowMs }) {
    draft.spec = cloneJson(previous.spec)
    keepDecisions(draft, previous)
    stampConditions(draft, previous, nowMs)
  },
}

/** Approval and denial stay as they were given, whatever a signer that knows less fields writes back. */
function keepDecisions(draft: Draft, previous: CertificateSigningRequest): void {
  const conditions: Draft[] = draft.status?.conditions ?? []
  for (const type of ['Approved', 'Denied']) {
    const before = (previous.status?.conditions ?? []).filter((one) => one.type === type)
    const now = conditions.flatMap((one, index) => (one.type === type ? [index] : []))
    if (before.length === now.length)
      for (const [at, index] of now.entries()) conditions[index] = cloneJson(before[at] as Draft)
  }
}

/** Says when conditions were last seen and last changed, where their writer does not. */
export function stampConditions(draft: Draft, previous: CertificateSigningRequest, nowMs: number): void {
  const now = timestampOf(nowMs)
  for (const condition of (draft.status?.conditions ?? []) as Draft[]) {
    condition.lastUpdateTime ??= now
    condition.lastTransitionTime ??=
      (previous.status?.conditions ?? []).find(
        ({ type, status, lastTransitionTime }) =>
          type === condition.type && status === condition.status && lastTransitionTime !== undefined,
      )?.lastTransitionTime ?? now
  }
}

// The name depends on the signer.
const bundleChecks = {
  name: () => [],
  create: clusterTrustBundleErrors,
  update: clusterTrustBundleUpdateErrors,
}
export const clusterTrustBundleHooks: HooksFor<ClusterTrustBundle> = { checks: bundleChecks }
export const alphaTrustBundleHooks: HooksFor<CertificatesV1alpha1ClusterTrustBundle> = { checks: bundleChecks }
