import { type Clock, forbidden } from '../../../machinery/index.ts'
import type { Draft } from '../../../resources/index.ts'
import { AnswerCache, askPatiently, type PostReview } from '../../webhooks/post-review.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

/** A server outside that is asked which images may run. */
export interface ImagePolicy {
  readonly post: PostReview
  readonly allowTtlMs: number
  readonly denyTtlMs: number
  readonly retryBackoffMs: number
  /** What holds when it cannot be asked. */
  readonly defaultAllow: boolean
}
interface Status {
  readonly allowed?: boolean
  readonly reason?: string
  readonly auditAnnotations?: Readonly<Record<string, string>>
}
const auditPrefix = 'imagepolicywebhook.image-policy.k8s.io/'
const answersKeptMax = 1024

/** ImagePolicyWebhook: a server outside says which images may run. */
export function imagePolicyWebhook(clock: Clock, policy: ImagePolicy): AdmissionPlugin {
  const answers = new AnswerCache<Status>(clock, answersKeptMax)
  const ask = async (spec: object): Promise<Status> => {
    const key = JSON.stringify(spec)
    const known = answers.get(key)
    if (known !== undefined) return known
    const review = { apiVersion: 'imagepolicy.k8s.io/v1alpha1', kind: 'ImageReview', spec }
    const answer = await askPatiently(policy.post, review, clock, policy.retryBackoffMs)
    const status = (answer as { readonly status?: Status }).status ?? {}
    answers.set(key, status, status.allowed === true ? policy.allowTtlMs : policy.denyTtlMs)
    return status
  }
  return {
    name: 'ImagePolicyWebhook',
    resources: ['/pods'],
    async validate(attributes) {
      const { operation, subresource } = attributes
      if (operation !== 'CREATE' && operation !== 'UPDATE') return
      if (subresource !== '' && subresource !== 'ephemeralcontainers') return
      const refusal = (why: string) => forbidden({ group: '', resource: 'pods' }, attributes.name, why)
      let status: Status
      try {
        status = await ask(specOf(attributes))
      } catch (error) {
        if (!policy.defaultAllow) throw refusal(error instanceof Error ? error.message : String(error))
        attributes.annotate(`${auditPrefix}failed-open`, 'true')
        return
      }
      for (const [key, value] of Object.entries(status.auditAnnotations ?? {}))
        attributes.annotate(auditPrefix + key, value)
      if (status.allowed === true) return
      throw refusal(
        (status.reason ?? '') === ''
          ? 'one or more images rejected by webhook backend'
          : `image policy webhook backend denied one or more images: ${status.reason}`,
      )
    },
  }
}

function specOf({ object, namespace, subresource }: Attributes): object {
  const { spec, metadata } = object
  const containers: readonly Draft[] =
    subresource === '' ? [...(spec.containers ?? []), ...(spec.initContainers ?? [])] : (spec.ephemeralContainers ?? [])
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) =>
    key.includes('.image-policy.k8s.io/'),
  )
  return {
    containers: containers.map(({ image }) => ({ image })),
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    namespace,
  }
}
