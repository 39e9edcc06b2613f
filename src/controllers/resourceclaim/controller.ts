import { isNotFound, type ObjectName } from '../../machinery/index.ts'
import {
  claimFinalizer,
  claimOfPod,
  isReservedFor,
  notForPod,
  type Pod,
  type PodResourceClaim,
  pods,
  type ResourceClaim,
  type ResourceClaimTemplate,
  resourceClaimNamesOf,
  resourceClaims,
  resourceClaimTemplates,
} from '../../resources/index.ts'
import type { Cached, Controller, Tools, Turn } from '../runtime/controller.ts'
import { claimMeasures } from './measures.ts'
import { claimFromTemplate, isDone, planClaim, planPodClaim } from './plan.ts'

const fieldManager = 'ResourceClaimController'
const podsByClaim = 'resource claims of pods'
const podsByTemplate = 'resource claim templates of pods'
/** Names stand for pods and for claims. */
const [podKind, claimKind] = ['pod/', 'claim/']
const hasClaims = ({ spec, status }: Pod) =>
  (spec?.resourceClaims ?? []).length > 0 || status?.extendedResourceClaimStatus !== undefined
const podName = ({ metadata }: Pod): ObjectName => ({
  namespace: metadata.namespace ?? '',
  name: `${podKind}${metadata.name}`,
})
const claimName = (namespace: string | undefined, name: string): ObjectName => ({
  namespace: namespace ?? '',
  name: `${claimKind}${name}`,
})

/** Makes claims of devices from the templates that pods name, and frees claims from pods that are gone. */
export const resourceClaimController: Controller = {
  name: 'resourceclaim-controller',
  account: 'resource-claim-controller',
  eventSource: 'resource_claim',
  queueName: 'resource_claim',
  workers: 50,
  about: ({ namespace, name }) =>
    name.startsWith(podKind)
      ? `Pod/${namespace}/${name.slice(podKind.length)}`
      : `ResourceClaim/${namespace}/${name.slice(claimKind.length)}`,
  watches: [
    {
      resource: pods,
      wake: (pod: Pod) =>
        hasClaims(pod)
          ? [podName(pod), ...resourceClaimNamesOf(pod).map((name) => claimName(pod.metadata.namespace, name))]
          : [],
    },
    {
      resource: resourceClaims,
      wake: ({ metadata }: ResourceClaim, cached) => [
        claimName(metadata.namespace, metadata.name),
        ...cached(pods).by(podsByClaim, `${metadata.namespace}/${metadata.name}`).map(podName),
      ],
    },
    {
      resource: resourceClaimTemplates,
      wake: ({ metadata }: ResourceClaimTemplate, cached) =>
        cached(pods).by(podsByTemplate, `${metadata.namespace}/${metadata.name}`).map(podName),
    },
  ],
  start(tools) {
    const { cached } = tools
    cached(pods).addIndex(podsByClaim, (pod) =>
      hasClaims(pod) ? resourceClaimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`) : [],
    )
    cached(pods).addIndex(podsByTemplate, ({ metadata, spec }) =>
      (spec?.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName: name }) =>
        name === undefined ? [] : [`${metadata.namespace}/${name}`],
      ),
    )
    const measures = claimMeasures(tools.metrics, () => cached(resourceClaims).list())
    return async function reconcile({ namespace = '', name }, turn) {
      if (name.startsWith(podKind)) {
        const pod = cached(pods).get({ namespace, name: name.slice(podKind.length) })
        if (pod !== undefined && pod.metadata.deletionTimestamp === undefined && !isDone(pod))
          await reconcilePod(pod, tools, turn, measures.created)
      } else {
        const claim = cached(resourceClaims).get({ namespace, name: name.slice(claimKind.length) })
        if (claim !== undefined) await reconcileClaim(claim, cached, turn)
      }
      return undefined
    }
  },
}

async function reconcilePod(
  pod: Pod,
  { cached, record }: Tools,
  turn: Turn,
  created: (claim: ResourceClaim | undefined) => void,
): Promise<void> {
  const { namespace = '', uid } = pod.metadata
  const made: { readonly name: string; readonly resourceClaimName: string }[] = []
  const named = (name: string) => cached(resourceClaims).get({ namespace, name })
  for (const one of pod.spec.resourceClaims ?? []) {
    try {
      const plan = planPodClaim(pod, one, cached(resourceClaims).by('controller', uid), named)
      if (plan.do === 'name') made.push({ name: one.name, resourceClaimName: plan.claimName })
      if (plan.do !== 'create') continue
      const claim = await create(pod, one, plan.template, cached, turn, created)
      made.push({ name: one.name, resourceClaimName: claim.metadata.name })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      record(pod, 'Warning', 'FailedResourceClaimCreation', `PodResourceClaim ${one.name}: ${why}`)
      throw error
    }
  }
  if (made.length > 0) await nameInStatus(pod, made, turn)
  if ((pod.spec.nodeName ?? '') !== '') await reserve(pod, named, turn)
}

async function create(
  pod: Pod,
  podClaim: PodResourceClaim,
  templateName: string,
  cached: Cached,
  { client, because }: Turn,
  created: (claim: ResourceClaim | undefined) => void,
): Promise<ResourceClaim> {
  const template = cached(resourceClaimTemplates).get({ namespace: pod.metadata.namespace ?? '', name: templateName })
  const quoted = JSON.stringify(templateName)
  if (template === undefined)
    throw new Error(`resource claim template ${quoted}: resourceclaimtemplate.resource.k8s.io ${quoted} not found`)
  because(`template ${templateName} means a claim for ${podClaim.name}`)
  try {
    const claim = await client.create(resourceClaims, claimFromTemplate(pod, podClaim, template) as never)
    created(claim)
    return claim
  } catch (error) {
    created(undefined)
    throw new Error(`create ResourceClaim : ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

async function nameInStatus(
  { metadata, status }: Pod,
  made: readonly { readonly name: string; readonly resourceClaimName: string }[],
  { client }: Turn,
): Promise<void> {
  const others = (status?.resourceClaimStatuses ?? []).filter(({ name }) => made.every((one) => one.name !== name))
  const { name, namespace = '', uid } = metadata
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid },
    status: { resourceClaimStatuses: [...others, ...made] },
  }
  await client.patch(pods, { name, namespace }, { type: 'apply', body, fieldManager, force: true }, 'status')
}

/** Kubernetes: claims of pods that were put on a node by somebody else than the scheduler are reserved here. */
async function reserve(pod: Pod, named: (name: string) => ResourceClaim | undefined, { client }: Turn): Promise<void> {
  const { name, uid } = pod.metadata
  for (const one of pod.spec.resourceClaims ?? []) {
    const known = claimOfPod(pod, one)
    const claim = known.problem === undefined && known.name !== undefined ? named(known.name) : undefined
    if (claim === undefined || known.problem !== undefined) continue
    const problem = known.mustBeOwned ? notForPod(pod, claim) : undefined
    if (problem !== undefined) throw new Error(problem)
    if (claim.status?.allocation === undefined || isReservedFor(claim, pod)) continue
    const reservedFor = [...(claim.status.reservedFor ?? []), { resource: 'pods', name, uid }]
    await client.update(resourceClaims, { ...claim, status: { ...claim.status, reservedFor } }, 'status')
  }
}

async function reconcileClaim(claim: ResourceClaim, cached: Cached, { client, because }: Turn): Promise<void> {
  const { namespace = '', name, uid } = claim.metadata
  const gone = new Set<string>()
  for (const one of claim.status?.reservedFor ?? []) {
    if ((one.apiGroup ?? '') !== '' || one.resource !== 'pods') continue
    const podOf = { namespace, name: one.name }
    // The cache may not have seen yet what the scheduler has.
    const pod = cached(pods).get(podOf) ?? (await client.get(pods, podOf).catch(orUndefined))
    if (pod === undefined || pod.metadata.uid !== one.uid || isDone(pod)) gone.add(one.uid)
  }
  const owner = claim.metadata.ownerReferences?.find((one) => one.controller === true && one.kind === 'Pod')
  const ownerPod = owner === undefined ? undefined : cached(pods).get({ namespace, name: owner.name })
  const plan = planClaim(claim, (one) => gone.has(one.uid), ownerPod)
  let current = claim
  if (plan.status !== undefined) {
    because(plan.status.allocation === undefined ? 'nobody uses its devices any more' : 'a pod that used it is gone')
    current = await client.update(resourceClaims, { ...current, status: plan.status }, 'status')
  }
  if (plan.dropsFinalizer) {
    const finalizers = (current.metadata.finalizers ?? []).filter((one) => one !== claimFinalizer)
    current = await client.update(resourceClaims, { ...current, metadata: { ...current.metadata, finalizers } })
  }
  if (plan.deletes) {
    because('the pod it was made for needs it no more')
    await client.delete(resourceClaims, { namespace, name }, { preconditions: { uid } })
  }
}

function orUndefined(error: unknown): undefined {
  if (!isNotFound(error)) throw error
}
