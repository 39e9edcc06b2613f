import { isTerminal } from '../../machinery/index.ts'
import {
  claimFinalizer,
  claimOfPod,
  notForPod,
  type Pod,
  type PodResourceClaim,
  podClaimAnnotation,
  type ResourceClaim,
  type ResourceClaimTemplate,
} from '../../resources/index.ts'

/** Kubernetes: a generated name has room for five more characters and what joins them. */
const generatedLengthMax = 57

/** Whether a pod needs its claims no more. */
export function isDone(pod: Pod): boolean {
  return isTerminal(pod) || (pod.metadata.deletionTimestamp !== undefined && (pod.spec.nodeName ?? '') === '')
}

/** What there is to do about one of a pod's claims. */
export type PodClaimPlan =
  | { readonly do: 'nothing' }
  /** A claim made for it earlier is not in the pod's status yet. */
  | { readonly do: 'name'; readonly claimName: string }
  | { readonly do: 'create'; readonly template: string }

/** What there is to do about a claim of a pod; `owned` are the claims made for it, `claimNamed` finds any. */
export function planPodClaim(
  pod: Pod,
  podClaim: PodResourceClaim,
  owned: readonly ResourceClaim[],
  claimNamed: (name: string) => ResourceClaim | undefined,
): PodClaimPlan {
  const known = claimOfPod(pod, podClaim)
  if (known.problem !== undefined && !known.isMissing)
    throw new Error(`checking for claim before creating it: ${known.problem}`)
  if (known.problem === undefined) {
    if (known.name === undefined) return { do: 'nothing' }
    const claim = claimNamed(known.name)
    if (claim !== undefined && (!known.mustBeOwned || notForPod(pod, claim) === undefined)) return { do: 'nothing' }
  }
  const { resourceClaimTemplateName: template } = podClaim
  if (template === undefined) return { do: 'nothing' }
  const made = owned.find(({ metadata }) => metadata.annotations?.[podClaimAnnotation] === podClaim.name)
  return made === undefined ? { do: 'create', template } : { do: 'name', claimName: made.metadata.name }
}

/** The claim that a template means for a pod. */
export function claimFromTemplate(pod: Pod, podClaim: PodResourceClaim, template: ResourceClaimTemplate): object {
  const { annotations, labels } = template.spec.metadata ?? {}
  return {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: {
      namespace: pod.metadata.namespace,
      generateName: prefixOf(pod.metadata.name, podClaim.name),
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid, controller: true },
      ],
      annotations: { ...annotations, [podClaimAnnotation]: podClaim.name },
      ...(labels === undefined ? {} : { labels }),
    },
    spec: template.spec.spec,
  }
}

/** Kubernetes: both names are cut in proportion when they are too long together. */
function prefixOf(pod: string, claim: string): string {
  const whole = `${pod}-${claim}-`
  if (whole.length <= generatedLengthMax) return whole
  const cut = (name: string) => name.slice(0, Math.floor((name.length * generatedLengthMax) / whole.length))
  return `${cut(pod)}-${cut(claim)}`
}

/** What becomes of a claim. */
export interface ClaimPlan {
  /** Its status, where pods that used it are gone. */
  readonly status?: ResourceClaim['status']
  /** Nothing keeps it from going any more. */
  readonly dropsFinalizer: boolean
  /** It was made for a pod that needs it no more. */
  readonly deletes: boolean
}

/** What becomes of a claim; `isGone` says of a pod whether it needs the claim no more. */
export function planClaim(
  claim: ResourceClaim,
  isGone: (consumer: { readonly name: string; readonly uid: string }) => boolean,
  owner: Pod | undefined,
): ClaimPlan {
  const { allocation, reservedFor = [] } = claim.status ?? {}
  const remaining = reservedFor.filter((one) => (one.apiGroup ?? '') !== '' || one.resource !== 'pods' || !isGone(one))
  const isHeld = claim.metadata.finalizers?.includes(claimFinalizer) === true
  const isFree = remaining.length === 0
  const isGoing = claim.metadata.deletionTimestamp !== undefined
  const hasShrunk = remaining.length < reservedFor.length
  // Kubernetes: who allocated it without the finalizer takes the devices back as well.
  const givesBack = isHeld && isFree && (hasShrunk || isGoing)
  const ownerUid = claim.metadata.ownerReferences?.find(
    (one) => one.controller === true && one.apiVersion === 'v1' && one.kind === 'Pod',
  )?.uid
  const isOrphan = owner !== undefined && ownerUid !== undefined && (owner.metadata.uid !== ownerUid || isDone(owner))
  return {
    ...(hasShrunk || (givesBack && allocation !== undefined)
      ? { status: statusOf(claim.status ?? {}, remaining, givesBack) }
      : {}),
    dropsFinalizer: isHeld && (givesBack || (hasShrunk && allocation === undefined)),
    deletes: isFree && isOrphan && !isGoing,
  }
}

function statusOf(
  { reservedFor: _r, allocation, devices, ...status }: ResourceClaim['status'],
  remaining: NonNullable<ResourceClaim['status']['reservedFor']>,
  givesBack: boolean,
): ResourceClaim['status'] {
  return {
    ...status,
    ...(remaining.length === 0 ? {} : { reservedFor: remaining }),
    ...(givesBack || allocation === undefined ? {} : { allocation }),
    // What drivers tell of devices goes with them.
    ...(givesBack || devices === undefined ? {} : { devices }),
  }
}
