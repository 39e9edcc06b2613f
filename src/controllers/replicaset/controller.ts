import { controllerOf, isActive, labelQueryOf } from '../../machinery/index.ts'
import { type Pod, pods, type ReplicaSet, replicaSets } from '../../resources/index.ts'
import { claim } from '../runtime/claim.ts'
import type { Controller } from '../runtime/controller.ts'
import { countsOtherwise } from '../runtime/pods.ts'
import { each, ownedOrSelected } from '../runtime/watches.ts'
import { nextAvailableInMs, planReplicas, replicaStatus } from './plan.ts'
import { syncReplicas } from './sync.ts'

/** Keeps as many pods alive as each ReplicaSet asks for. */
export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  account: 'replicaset-controller',
  watches: [
    each(replicaSets),
    ownedOrSelected(
      replicaSets,
      pods,
      (set: ReplicaSet, pod) => labelQueryOf(set.spec.selector).matches(pod.metadata.labels),
      countsOtherwise,
    ),
  ],
  start({ clock, cached, record }) {
    const sets = cached(replicaSets)
    const allPods = cached(pods)

    /** Pods of all the ReplicaSets with the same owner: they tell which nodes are crowded. */
    function relatedPods(set: ReplicaSet, owned: readonly Pod[]): readonly Pod[] {
      const owner = controllerOf(set)
      if (owner === undefined) return owned
      return sets.by('controller', owner.uid).flatMap((sibling) => allPods.by('controller', sibling.metadata.uid))
    }

    return async function reconcile(name, turn) {
      const set = sets.get(name)
      if (set === undefined) return undefined
      const query = labelQueryOf(set.spec.selector)
      const owned = await claim({
        client: turn.client,
        owners: replicaSets,
        owner: set,
        resource: pods,
        cache: allPods,
        query,
        leaves: (pod) => !isActive(pod),
      })
      const nowMs = clock.now()
      const plan = planReplicas(set, owned, () => relatedPods(set, owned), nowMs)
      await syncReplicas({
        turn,
        record,
        resource: replicaSets,
        set,
        plan,
        counts: replicaStatus(set, owned, nowMs),
        nowMs,
      })
      const againInMs = nextAvailableInMs(set, owned, nowMs)
      return againInMs === undefined ? undefined : { againInMs }
    }
  },
}
