import {
  base64Of,
  isNotFound,
  kubeApiServerClient,
  kubeApiServerClientKubelet,
  kubeletServing,
  legacyUnknown,
} from '../../machinery/index.ts'
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
  subjectAccessReviews,
} from '../../resources/index.ts'
import type { Controller, Turn } from '../runtime/controller.ts'
import { settingsOf } from '../runtime/settings.ts'
import { each } from '../runtime/watches.ts'
import { approvalsTried, awaitsSigning, forgottenAtMs, isDecided, isIssued, problemOf } from './plan.ts'

const account = 'certificate-controller'
const signers: ReadonlySet<string> = new Set([
  kubeApiServerClient,
  kubeApiServerClientKubelet,
  kubeletServing,
  legacyUnknown,
])

/** Approves the client certificates of kubelets that may have them. */
export const certificateApprovingController: Controller = {
  name: 'certificatesigningrequest-approving-controller',
  account,
  watches: [each(certificateSigningRequests)],
  start({ cached }) {
    const requests = cached(certificateSigningRequests)
    return async function reconcile(name, turn) {
      const request = requests.get(name)
      if (request === undefined || isIssued(request) || isDecided(request)) return undefined
      for (const { subresource, message } of approvalsTried(request)) {
        if (!(await mayCreate(request, subresource, turn))) continue
        const approved = { type: 'Approved', status: 'True', reason: 'AutoApproved', message }
        turn.because(message)
        await turn.client.update(
          certificateSigningRequests,
          { ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), approved] } },
          'approval',
        )
        return undefined
      }
      return undefined
    }
  },
}

async function mayCreate({ spec }: CertificateSigningRequest, subresource: string, { client }: Turn): Promise<boolean> {
  const { username, uid, groups, extra } = spec
  const review = await client.create(subjectAccessReviews, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: {
      ...(username === undefined ? {} : { user: username }),
      ...(uid === undefined ? {} : { uid }),
      ...(groups === undefined ? {} : { groups }),
      ...(extra === undefined ? {} : { extra }),
      resourceAttributes: {
        group: 'certificates.k8s.io',
        version: '*',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
      },
    },
  } as never)
  return review.status?.allowed === true
}

/** Signs what was approved for one of the cluster's own signers, with the cluster's authority. */
export const certificateSigningController: Controller = {
  name: 'certificatesigningrequest-signing-controller',
  account,
  watches: [each(certificateSigningRequests)],
  start({ cached, config }) {
    const requests = cached(certificateSigningRequests)
    const lifeMaxSeconds = Math.floor(settingsOf(config).signingMs / 1000)
    const lifeOf = ({ expirationSeconds = lifeMaxSeconds }: { readonly expirationSeconds?: number }) =>
      Math.min(expirationSeconds, lifeMaxSeconds)
    return async function reconcile(name, { client, because }) {
      const request = requests.get(name)
      const { certify } = config
      if (request === undefined || certify === undefined || !awaitsSigning(request)) return undefined
      const { spec, status } = request
      if (!signers.has(spec.signerName)) return undefined
      const why = problemOf(request)
      const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: why ?? '' }
      if (why !== undefined) because(why)
      const next =
        why === undefined
          ? {
              ...status,
              certificate: base64Of(
                new TextEncoder().encode(await certify.sign({ ...spec, expirationSeconds: lifeOf(spec) })),
              ),
            }
          : { ...status, conditions: [...(status?.conditions ?? []), failed] }
      await client.update(certificateSigningRequests, { ...request, status: next }, 'status')
      return undefined
    }
  },
}

/** Forgets requests that were answered a while ago, and those that nobody answers. */
export const certificateCleanerController: Controller = {
  name: 'certificatesigningrequest-cleaner-controller',
  account,
  watches: [each(certificateSigningRequests)],
  start({ cached, clock, config }) {
    const requests = cached(certificateSigningRequests)
    return async function reconcile(name, { client }) {
      const request = requests.get(name)
      if (request === undefined) return undefined
      const certificate = request.status?.certificate
      const endsMs = certificate === undefined ? undefined : await config.certify?.endOf(certificate)
      const leftMs = forgottenAtMs(request, endsMs) - clock.now()
      if (leftMs > 0) return Number.isFinite(leftMs) ? { againInMs: leftMs } : undefined
      try {
        await client.delete(certificateSigningRequests, name, { preconditions: { uid: request.metadata.uid } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
      return undefined
    }
  },
}
