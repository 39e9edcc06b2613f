import { controllerOf, isEmptyQuery, isTerminal, labelQueryOf, nameOf, sameJson } from '../../machinery/index.ts'
import {
  type Deployment,
  type DeploymentStatus,
  deployments,
  pods,
  type ReplicaSet,
  replicaSets,
} from '../../resources/index.ts'
import { claim } from '../runtime/claim.ts'
import type { Cached, Controller, Tools, Turn } from '../runtime/controller.ts'
import { each, ownedOrSelected } from '../runtime/watches.ts'
import { findOrCreateNewSet } from './new-set.ts'
import { newSetOf, setsToForget, sizeAnnotations } from './revisions.ts'
import { isActiveSet, isRolling, isScalingEvent, planRolling, planScaling, replicasOf, type Scale } from './sizes.ts'
import {
  deadlineInMs,
  hasDeadline,
  isComplete,
  observedStatus,
  progressingOf,
  rolloutStatus,
  sayCondition,
} from './status.ts'

/** Brings the pods of each Deployment, through ReplicaSets, to its template. */
export const deploymentController: Controller = {
  name: 'deployment-controller',
  account: 'deployment-controller',
  watches: [
    each(deployments),
    ownedOrSelected(deployments, replicaSets, (one: Deployment, set) =>
      labelQueryOf(one.spec.selector).matches(set.metadata.labels),
    ),
    { resource: pods, wake: (pod, cached) => waitingFor(pod, cached) },
  ],
  start(tools) {
    const all = tools.cached(deployments)
    const sets = tools.cached(replicaSets)
    return async function reconcile(name, turn) {
      const deployment = all.get(name)
      if (deployment === undefined) return undefined
      const rollout = new Rollout(deployment, tools, turn)
      const query = labelQueryOf(deployment.spec.selector)
      if (isEmptyQuery(query)) return rollout.refuse()
      const owned = await claim({
        client: turn.client,
        owners: deployments,
        owner: deployment,
        resource: replicaSets,
        cache: sets,
        query,
      })
      return rollout.run(owned)
    }
  },
}

/** Kubernetes: only Recreate waits for pods to be gone; everything else is told by the ReplicaSets. */
function waitingFor(pod: Parameters<typeof controllerOf>[0], cached: Cached) {
  const set = ownerIn(pod, replicaSets, cached) as ReplicaSet | undefined
  const deployment = set === undefined ? undefined : (ownerIn(set, deployments, cached) as Deployment | undefined)
  return deployment === undefined || isRolling(deployment) ? [] : [nameOf(deployment)]
}
function ownerIn(
  object: Parameters<typeof controllerOf>[0],
  owners: typeof replicaSets | typeof deployments,
  cached: Cached,
) {
  const owner = controllerOf(object)
  const { namespace } = object.metadata
  if (owner === undefined || owner.kind !== owners.kind || namespace === undefined) return undefined
  const found = cached<ReplicaSet | Deployment>(owners as any).get({ namespace, name: owner.name })
  return found?.metadata.uid === owner.uid ? found : undefined
}

/** One turn of one Deployment. `#deployment` and the sets are always as last written. */
class Rollout {
  readonly #tools: Tools
  readonly #turn: Turn
  readonly #nowMs: number
  #deployment: Deployment

  constructor(deployment: Deployment, tools: Tools, turn: Turn) {
    this.#deployment = deployment
    this.#tools = tools
    this.#turn = turn
    this.#nowMs = tools.clock.now()
  }

  /** Kubernetes: a selector for everything is an error that only an event tells of. */
  async refuse(): Promise<undefined> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.'
    this.#tools.record(this.#deployment, 'Warning', 'SelectingAll', message)
    const { status, metadata } = this.#deployment
    if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
      await this.#writeStatus({ ...status, observedGeneration: metadata.generation ?? 0 })
    return undefined
  }

  async run(owned: readonly ReplicaSet[]): Promise<{ readonly againInMs: number } | undefined> {
    const newSet = newSetOf(this.#deployment, owned)
    const oldSets = owned.filter((set) => set !== newSet)
    if (this.#deployment.metadata.deletionTimestamp !== undefined) {
      await this.#writeStatus(observedStatus(this.#deployment, newSet, oldSets, this.#nowMs))
      return undefined
    }
    await this.#sayPaused()
    if (this.#deployment.spec.paused === true || isScalingEvent(this.#deployment, owned))
      return this.#scaleOnly(newSet, oldSets)
    return isRolling(this.#deployment) ? this.#roll(newSet, oldSets) : this.#recreate(newSet, oldSets)
  }

  async #sayPaused(): Promise<void> {
    const { spec, status } = this.#deployment
    const current = progressingOf(status.conditions)
    if (!hasDeadline(this.#deployment) || current?.reason === 'ProgressDeadlineExceeded') return
    const saidPaused = current?.reason === 'DeploymentPaused'
    if ((spec.paused === true) === saidPaused) return
    const said = saidPaused
      ? { reason: 'DeploymentResumed', message: 'Deployment is resumed' }
      : { reason: 'DeploymentPaused', message: 'Deployment is paused' }
    const conditions = sayCondition(status.conditions, { type: 'Progressing', status: 'Unknown', ...said }, this.#nowMs)
    await this.#writeStatus({ ...status, conditions })
  }

  /** The wanted number changed, or the roll-out is paused: sizes follow, templates do not. */
  async #scaleOnly(found: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): Promise<undefined> {
    const newSet = await this.#newSet(found, oldSets, { create: false })
    const scaled = await this.#scale(planScaling(this.#deployment, newSet, oldSets))
    const now = (set: ReplicaSet) => scaled.get(set.metadata.uid) ?? set
    if (this.#deployment.spec.paused === true) await this.#forget(oldSets)
    await this.#writeStatus(
      observedStatus(this.#deployment, newSet === undefined ? undefined : now(newSet), oldSets.map(now), this.#nowMs),
    )
    return undefined
  }

  async #roll(found: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]) {
    const newSet = await this.#newSet(found, oldSets, { create: true })
    if (newSet === undefined) return undefined
    const steps = planRolling(this.#deployment, newSet, oldSets)
    if (steps.length === 0 && isComplete(this.#deployment, this.#deployment.status)) await this.#forget(oldSets)
    const scaled = await this.#scale(steps)
    const now = (set: ReplicaSet) => scaled.get(set.metadata.uid) ?? set
    return this.#finish(now(newSet), oldSets.map(now))
  }

  /** All old pods go, then the new ones come. */
  async #recreate(found: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]) {
    const known = await this.#newSet(found, oldSets, { create: false })
    const active = oldSets.filter(isActiveSet)
    if (active.length > 0) {
      const scaled = await this.#scale(active.map((set) => ({ set, to: 0 })))
      return this.#finish(
        known,
        oldSets.map((set) => scaled.get(set.metadata.uid) ?? set),
      )
    }
    const allPods = this.#tools.cached(pods)
    const hasOldPods = oldSets.some(
      (set) => set.status.replicas > 0 || allPods.by('controller', set.metadata.uid).some((pod) => !isTerminal(pod)),
    )
    if (hasOldPods) return this.#finish(known, oldSets)
    const newSet = known ?? (await this.#newSet(undefined, oldSets, { create: true }))
    if (newSet === undefined) return undefined
    if (isComplete(this.#deployment, this.#deployment.status)) await this.#forget(oldSets)
    const wanted = replicasOf(this.#deployment)
    const scaled = await this.#scale(replicasOf(newSet) === wanted ? [] : [{ set: newSet, to: wanted }])
    return this.#finish(scaled.get(newSet.metadata.uid) ?? newSet, oldSets)
  }

  async #newSet(
    found: ReplicaSet | undefined,
    oldSets: readonly ReplicaSet[],
    { create }: { readonly create: boolean },
  ) {
    return findOrCreateNewSet({
      deployment: this.#deployment,
      found,
      oldSets,
      create,
      client: this.#turn.client,
      record: this.#tools.record,
      nowMs: this.#nowMs,
      update: (change) => this.#update(change),
    })
  }

  async #finish(newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]) {
    await this.#writeStatus(rolloutStatus(this.#deployment, newSet, oldSets, this.#nowMs))
    const againInMs = deadlineInMs(this.#deployment, this.#deployment.status, this.#nowMs)
    return againInMs === undefined ? undefined : { againInMs }
  }

  /** Sizes sets and notes on each what it was sized for; answers them as written, by uid. */
  async #scale(steps: readonly Scale[]): Promise<ReadonlyMap<string, ReplicaSet>> {
    const written = new Map<string, ReplicaSet>()
    const sized = sizeAnnotations(this.#deployment)
    for (const { set, to } of steps) {
      const from = replicasOf(set)
      const annotations = { ...set.metadata.annotations, ...sized }
      if (from === to && sameJson(annotations, set.metadata.annotations)) continue
      const next = { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas: to } }
      written.set(set.metadata.uid, await this.#turn.client.update(replicaSets, next))
      if (from === to) continue
      const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${set.metadata.name} from ${from} to ${to}`
      this.#tools.record(this.#deployment, 'Normal', 'ScalingReplicaSet', message)
      this.#turn.because(message)
    }
    return written
  }

  async #forget(oldSets: readonly ReplicaSet[]): Promise<void> {
    for (const set of setsToForget(this.#deployment, oldSets))
      await this.#turn.client.delete(replicaSets, nameOf(set), { preconditions: { uid: set.metadata.uid } })
  }

  async #writeStatus(status: DeploymentStatus): Promise<void> {
    await this.#update({ status })
  }

  /** Kubernetes: the revision annotation is written together with the status. */
  async #update({
    status,
    annotations,
  }: {
    readonly status?: DeploymentStatus
    readonly annotations?: Readonly<Record<string, string>>
  }): Promise<void> {
    const before = this.#deployment
    const isSame =
      (status === undefined || sameCounts(status, before.status)) &&
      (annotations === undefined || sameJson(annotations, before.metadata.annotations))
    if (isSame) return
    const next = {
      ...before,
      metadata: { ...before.metadata, ...(annotations === undefined ? {} : { annotations }) },
      status: status ?? before.status,
    }
    this.#deployment = await this.#turn.client.update(deployments, next, 'status')
  }
}

/** Whether writing would change nothing; counts that are left out are zero. */
function sameCounts(left: DeploymentStatus, right: DeploymentStatus): boolean {
  const nonZero = (status: DeploymentStatus) =>
    Object.fromEntries(Object.entries(status).filter(([, value]) => value !== 0))
  return sameJson(nonZero(left), nonZero(right))
}
