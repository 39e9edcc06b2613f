import { isActive, labelQueryOfSet } from '../../machinery/index.ts'
import { pods, type ReplicationController, replicationControllers } from '../../resources/index.ts'
import { nextAvailableInMs, planReplicas, replicaStatus } from '../replicaset/plan.ts'
import { syncReplicas } from '../replicaset/sync.ts'
import { claim } from '../runtime/claim.ts'
import type { Controller } from '../runtime/controller.ts'
import { countsOtherwise } from '../runtime/pods.ts'
import { each, ownedOrSelected } from '../runtime/watches.ts'

const queryOf = ({ spec }: ReplicationController) => labelQueryOfSet(spec.selector ?? spec.template?.metadata?.labels)

/** Keeps as many pods alive as each ReplicationController asks for. */
export const replicationControllerController: Controller = {
  name: 'replicationcontroller-controller',
  account: 'replication-controller',
  watches: [
    each(replicationControllers),
    ownedOrSelected(
      replicationControllers,
      pods,
      (one: ReplicationController, pod) => queryOf(one).matches(pod.metadata.labels),
      countsOtherwise,
    ),
  ],
  start({ clock, cached, record }) {
    const all = cached(replicationControllers)
    const allPods = cached(pods)
    return async function reconcile(name, turn) {
      const set = all.get(name)
      if (set === undefined) return undefined
      const owned = await claim({
        client: turn.client,
        owners: replicationControllers,
        owner: set,
        resource: pods,
        cache: allPods,
        query: queryOf(set),
        leaves: (pod) => !isActive(pod),
      })
      const nowMs = clock.now()
      const plan = planReplicas(set, owned, () => owned, nowMs)
      // Kubernetes: this kind does not show the pods that are going.
      const { terminatingReplicas: _, ...counts } = replicaStatus(set, owned, nowMs)
      await syncReplicas({ turn, record, resource: replicationControllers, set, plan, counts, nowMs })
      const againInMs = nextAvailableInMs(set, owned, nowMs)
      return againInMs === undefined ? undefined : { againInMs }
    }
  },
}
