import { controllerOf, type KubeObject, labelQueryOf, matchNothing, nameOf, sameJson } from '../../machinery/index.ts'
import {
  deployments,
  type Pod,
  type PodDisruptionBudget,
  podDisruptionBudgets,
  pods,
  type ResourceDefinition,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '../../resources/index.ts'
import { podsLabelled, thatMaySelect } from '../runtime/by-label.ts'
import type { Cached, Controller } from '../runtime/controller.ts'
import { MadeOfPods } from '../runtime/made-of-pods.ts'
import { countsOtherwise } from '../runtime/pods.ts'
import { each, selectedBy } from '../runtime/watches.ts'
import { budgetStatus, type CoveredPod, coveredPod, needsOf, recheckInMs, unmanagedText } from './plan.ts'

/** Kubernetes: no selector picks nothing, an empty one everything. */
const queryOf = ({ spec }: PodDisruptionBudget) =>
  spec.selector === undefined ? matchNothing : labelQueryOf(spec.selector)
/** What of those that have a wanted number of pods counts here. */
type Scalable = KubeObject & {
  readonly spec?: {
    readonly replicas?: number
    readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } }
  }
}
const podLabelsOf = ({ spec }: Scalable) => spec?.template?.metadata?.labels ?? {}
const scalable: readonly ResourceDefinition<any>[] = [deployments, replicaSets, replicationControllers, statefulSets]

/** Says of each PodDisruptionBudget how many of its pods may be evicted now. */
export const disruptionController: Controller = {
  name: 'disruption-controller',
  account: 'disruption-controller',
  eventSource: 'controllermanager',
  watches: [
    each(podDisruptionBudgets),
    { ...selectedBy(pods, (pod: Pod, cached) => budgetsFor(pod, cached)), matters: countsOtherwise },
    // A change of the wanted number changes what a percentage is of.
    ...scalable.map((resource) => ({
      ...selectedBy(resource, (owner: Scalable, cached) =>
        budgetsFor({ ...owner, metadata: { ...owner.metadata, labels: podLabelsOf(owner) } }, cached).filter(
          dependsOnScale,
        ),
      ),
      matters: (next: Scalable, previous: Scalable) =>
        next.spec?.replicas !== previous.spec?.replicas ||
        next.metadata.uid !== previous.metadata.uid ||
        !sameJson(podLabelsOf(next), podLabelsOf(previous)),
    })),
  ],
  start({ cached, clock, record }) {
    const budgets = cached(podDisruptionBudgets)
    const made = new MadeOfPods<CoveredPod | undefined>()
    /** The pods that were told to be covered by several budgets. */
    const toldOf = new Set<string>()
    function tellOfMany(pod: Pod): void {
      const { namespace, name, uid } = pod.metadata
      if (toldOf.has(uid)) return
      const [first, ...others] = budgetsFor(pod, cached)
      if (first === undefined || others.length === 0) return
      remember(toldOf, uid)
      const message = `Pod ${JSON.stringify(namespace)}/${JSON.stringify(name)} matches multiple PodDisruptionBudgets.  Chose ${JSON.stringify(first.metadata.name)} arbitrarily.`
      record(pod, 'Warning', 'MultiplePodDisruptionBudgets', message)
    }
    return async function reconcile(name, { client }) {
      const budget = budgets.get(name)
      if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) {
        made.forget(name)
        return undefined
      }
      const query = queryOf(budget)
      const ofPod = made.look(name, budget.spec)
      const covered: CoveredPod[] = []
      for (const pod of podsLabelled(cached, name.namespace, budget.spec.selector?.matchLabels)) {
        const one = ofPod(pod, () => {
          if (!query.matches(pod.metadata.labels)) return undefined
          tellOfMany(pod)
          return coveredPod(pod)
        })
        if (one !== undefined) covered.push(one)
      }
      if (covered.length === 0) record(budget, 'Normal', 'NoPods', 'No matching pods found')
      if (dependsOnScale(budget) && covered.some(({ owner }) => owner === undefined))
        record(budget, 'Warning', 'UnmanagedPods', unmanagedText(budget))
      const nowMs = clock.now()
      const status = budgetStatus(
        budget,
        covered,
        needsOf(budget, covered.length, () => scaleOf(covered, cached)),
        nowMs,
      )
      if (
        !sameJson(
          { ...budget.status, disruptedPods: budget.status.disruptedPods ?? {} },
          { ...status, disruptedPods: status.disruptedPods ?? {} },
        )
      )
        await client.update(podDisruptionBudgets, { ...budget, status }, 'status')
      const againInMs = recheckInMs(status.disruptedPods ?? {}, nowMs)
      return againInMs === undefined ? undefined : { againInMs }
    }
  },
}

function budgetsFor(pod: KubeObject, cached: Cached): readonly PodDisruptionBudget[] {
  return thatMaySelect(cached(podDisruptionBudgets), ({ spec }) => spec.selector?.matchLabels, pod).filter((budget) =>
    queryOf(budget).matches(pod.metadata.labels),
  )
}

const toldMax = 4096
/** Adds to a set that holds so many at most: the oldest goes. */
function remember(set: Set<string>, one: string): void {
  set.add(one)
  if (set.size > toldMax) set.delete(set.values().next().value!)
}

function dependsOnScale({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string'
}

/** The sum of what the pods' controllers ask for; a Deployment counts for its ReplicaSets. */
function scaleOf(covered: readonly CoveredPod[], cached: Cached): number {
  const scales = new Map<string, number>()
  const known = new Set<string>()
  for (const { pod, owner: reference } of covered) {
    const uid = reference?.uid
    if (uid === undefined || known.has(uid)) continue
    known.add(uid)
    const owner = ownerOf(pod, cached)
    const top = owner === undefined ? undefined : (ownerOf(owner, cached) ?? owner)
    if (top !== undefined) scales.set(top.metadata.uid, (top as { spec?: { replicas?: number } }).spec?.replicas ?? 1)
  }
  return [...scales.values()].reduce((sum, one) => sum + one, 0)
}

function ownerOf(object: KubeObject, cached: Cached): KubeObject | undefined {
  const reference = controllerOf(object)
  const resource = scalable.find(({ kind }) => kind === reference?.kind)
  if (reference === undefined || resource === undefined) return undefined
  const owner = cached<KubeObject>(resource).get({ ...nameOf(object), name: reference.name })
  return owner?.metadata.uid === reference.uid ? owner : undefined
}
