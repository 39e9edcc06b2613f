import {
  type ContainerLimitRange,
  containerPolicyOf,
  controllerOf,
  type FittedContainer,
  fittedAmounts,
  fittedContainers,
  milliValueOf,
  msOf,
  type ResourceAmounts,
} from '../../machinery/index.ts'
import type { Pod, VerticalPodAutoscaler, VpaUpdateMode } from '../../resources/index.ts'

/** Kubernetes: the flags' defaults, and the updater's constants. */
const minReplicasDefault = 2
const evictionTolerance = 0.5
const changeMin = 0.1
const lifetimeMs = 12 * 60 * 60_000
const quickKillMs = 10 * 60_000
const deferredMs = 5 * 60_000
const inProgressMs = 60 * 60_000
/** Tells which containers were there when the pod was admitted: what was added later is nobody's to scale. */
export const observedAnnotation = 'vpaObservedContainers'

export interface UpdateFacts {
  readonly autoscaler: VerticalPodAutoscaler
  /** Its pods that are not going. */
  readonly pods: readonly Pod[]
  readonly nowMs: number
  readonly range: ContainerLimitRange | undefined
  /** How many pods a controller is to have, by its uid; undefined where that is not known. */
  readonly replicasOf: (pod: Pod) => number | undefined
  /** When a pod was resized last, by its uid. */
  readonly resizedAt: (uid: string) => number | undefined
}
export interface UpdatePlan {
  readonly resize: readonly { readonly pod: Pod; readonly containers: readonly FittedContainer[] }[]
  readonly evict: readonly Pod[]
}
interface Candidate {
  readonly pod: Pod
  readonly grows: boolean
  readonly change: number
}

/** The mode of an autoscaler. Kubernetes: Auto is an older word for Recreate, which is the default. */
export function updateModeOf({ spec }: VerticalPodAutoscaler): VpaUpdateMode {
  const mode = spec.updatePolicy?.updateMode ?? 'Recreate'
  return mode === 'Auto' ? 'Recreate' : mode
}

/** Which pods are given what is recommended now: resized where they are if that is allowed, or evicted and made anew. */
export function planUpdates(facts: UpdateFacts): UpdatePlan {
  const { autoscaler, pods, nowMs } = facts
  const mode = updateModeOf(autoscaler)
  const none = { resize: [], evict: [] }
  if (mode === 'Off' || mode === 'Initial' || autoscaler.status?.recommendation === undefined) return none
  const groups = new Map<string, Group>()
  for (const pod of pods) {
    const owner = controllerOf(pod)
    if (owner === undefined) continue
    const group = groups.get(owner.uid) ?? { pods: [], configured: facts.replicasOf(pod), disrupted: 0 }
    group.pods.push(pod)
    groups.set(owner.uid, group)
  }
  const required = autoscaler.spec.updatePolicy?.minReplicas ?? minReplicasDefault
  const resize: UpdatePlan['resize'][number][] = []
  const evict: Pod[] = []
  const candidates = pods.flatMap((pod) => candidateOf(pod, facts) ?? [])
  // Who wants more comes first, then who is furthest off.
  candidates.sort((a, b) => Number(b.grows) - Number(a.grows) || b.change - a.change)
  for (const { pod } of candidates) {
    const group = groups.get(controllerOf(pod)?.uid ?? '')
    if (group === undefined || group.pods.length < required) continue
    const isPending = pod.status.phase === 'Pending'
    const inPlace = mode === 'InPlaceOrRecreate' || mode === 'InPlace'
    if (inPlace && isPending) continue
    const stuck = inPlace ? resizeState(pod, nowMs - (facts.resizedAt(pod.metadata.uid) ?? nowMs)) : 'none'
    if (stuck === 'under way' || (stuck === 'failed' && mode === 'InPlace')) continue
    if (!isPending && !isDisruptable(group)) continue
    group.disrupted++
    if (inPlace && stuck === 'none') resize.push({ pod, containers: wantedOf(pod, facts) })
    else evict.push(pod)
  }
  return { resize, evict }
}

interface Group {
  readonly pods: Pod[]
  readonly configured: number | undefined
  disrupted: number
}

/** Kubernetes: half of the pods may be disrupted at once, and one of a group so small that none could be. */
function isDisruptable({ pods, configured = pods.length, disrupted }: Group): boolean {
  const tolerance = Math.floor(configured * evictionTolerance)
  const running = pods.filter(({ status }) => status.phase !== 'Pending').length
  return running - disrupted > configured - tolerance || (configured === running && tolerance === 0 && disrupted === 0)
}

function resizeState(pod: Pod, sinceMs: number): 'none' | 'under way' | 'failed' {
  const active = (type: string) => pod.status.conditions?.find((one) => one.type === type && one.status === 'True')
  const pending = active('PodResizePending')
  if (pending !== undefined) return pending.reason === 'Deferred' && sinceMs <= deferredMs ? 'under way' : 'failed'
  const going = active('PodResizeInProgress')
  if (going === undefined) return 'none'
  return going.reason !== 'Error' && sinceMs <= inProgressMs ? 'under way' : 'failed'
}

function wantedOf(pod: Pod, { autoscaler, range }: UpdateFacts): readonly FittedContainer[] {
  const { resourcePolicy } = autoscaler.spec
  const recommended = autoscaler.status?.recommendation?.containerRecommendations ?? []
  return fittedContainers(pod.spec.containers, recommended, resourcePolicy?.containerPolicies, range)
}

/** Whether the pod is to be updated, and how much. */
function candidateOf(pod: Pod, facts: UpdateFacts): Candidate | undefined {
  const { autoscaler, nowMs, range } = facts
  const observed = pod.metadata.annotations?.[observedAnnotation]?.split(',').map((one) => one.trim())
  const recommended = autoscaler.status?.recommendation?.containerRecommendations ?? []
  const policies = autoscaler.spec.resourcePolicy?.containerPolicies
  const asked = new Map<string, number>()
  const wanted = new Map<string, number>()
  const add = (sums: Map<string, number>, resource: string, millis: number) =>
    sums.set(resource, (sums.get(resource) ?? 0) + millis)
  let grows = false
  let isOutside = false
  let isAllowed = autoscaler.spec.updatePolicy?.evictionRequirements === undefined
  for (const container of pod.spec.containers) {
    const found = recommended.find(({ containerName }) => containerName === container.name)
    const policy = containerPolicyOf(policies, container.name)
    if (found === undefined || policy?.mode === 'Off' || observed?.includes(container.name) === false) continue
    const fit = (amounts: ResourceAmounts | undefined) =>
      fittedAmounts(amounts ?? {}, container as never, policy, range).amounts
    const [target, lower, upper] = [fit(found.target), fit(found.lowerBound), fit(found.upperBound)]
    const requests: ResourceAmounts = (container.resources?.requests as ResourceAmounts | undefined) ?? {}
    for (const [resource, text] of Object.entries(target)) {
      const millis = milliValueOf(text)
      add(wanted, resource, millis)
      const request = requests[resource] === undefined ? undefined : milliValueOf(requests[resource])
      if (request === undefined) {
        grows = true
        isOutside = true
        continue
      }
      add(asked, resource, request)
      if (millis > request) grows = true
      if (lower[resource] !== undefined && request < milliValueOf(lower[resource])) isOutside = true
      if (upper[resource] !== undefined && request > milliValueOf(upper[resource])) isOutside = true
    }
    isAllowed ||= meetsRequirements(autoscaler, requests, target)
  }
  const change = [...wanted].reduce((sum, [resource, millis]) => {
    const before = Math.max(asked.get(resource) ?? 0, 1)
    return sum + Math.abs(before - millis) / before
  }, 0)
  if (!isAllowed || wanted.size === 0) return undefined
  const wasKilled = wasKilledSoon(pod, observed, facts)
  if (!isOutside && !wasKilled) {
    const startedMs = msOf(pod.status.startTime)
    if (!(nowMs - startedMs >= lifetimeMs) || change < changeMin) return undefined
  }
  return change === 0 ? undefined : { pod, grows, change }
}

/** Whether a container that is scaled was killed for want of memory soon after it started. */
function wasKilledSoon(pod: Pod, observed: readonly string[] | undefined, { autoscaler }: UpdateFacts): boolean {
  const policies = autoscaler.spec.resourcePolicy?.containerPolicies
  return (pod.status.containerStatuses ?? []).some(({ name, lastState }) => {
    if (observed?.includes(name) === false || containerPolicyOf(policies, name)?.mode === 'Off') return false
    const ended = lastState?.terminated
    return ended?.reason === 'OOMKilled' && msOf(ended.finishedAt) - msOf(ended.startedAt) < quickKillMs
  })
}

function meetsRequirements(
  { spec }: VerticalPodAutoscaler,
  requests: ResourceAmounts,
  target: ResourceAmounts,
): boolean {
  return (spec.updatePolicy?.evictionRequirements ?? []).every(({ resources, changeRequirement }) =>
    resources.some((resource) => {
      if (target[resource] === undefined) return false
      const [wanted, asked] = [milliValueOf(target[resource]), milliValueOf(requests[resource] ?? '0')]
      return changeRequirement === 'TargetHigherThanRequests' ? wanted > asked : wanted < asked
    }),
  )
}
