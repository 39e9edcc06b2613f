import { isNotFound, isTerminal } from '../../machinery/index.ts'
import { type Pod, podGroupFinalizer, podGroups, pods } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'

const podsByGroup = 'pod group'
const groupOf = ({ metadata, spec }: Pod) =>
  spec?.schedulingGroup?.podGroupName === undefined
    ? undefined
    : { namespace: metadata.namespace!, name: spec.schedulingGroup.podGroupName }

/** Lets a group of pods go only when none of its pods runs any more. */
export const podGroupProtectionController: Controller = {
  name: 'podgroup-protection-controller',
  account: 'podgroup-protection-controller',
  queueName: 'podgroupprotection',
  watches: [
    each(podGroups),
    {
      resource: pods,
      wake(pod: Pod) {
        const group = groupOf(pod)
        return group === undefined ? [] : [group]
      },
    },
  ],
  start({ cached }) {
    cached(pods).addIndex(podsByGroup, (pod) => {
      const group = groupOf(pod)
      return group === undefined || isTerminal(pod) ? [] : [`${group.namespace}/${group.name}`]
    })
    return async function reconcile(name, { client }) {
      const group = cached(podGroups).get(name)
      const { finalizers = [], deletionTimestamp } = group?.metadata ?? {}
      if (group === undefined || deletionTimestamp === undefined || !finalizers.includes(podGroupFinalizer))
        return undefined
      if (cached(pods).by(podsByGroup, `${name.namespace}/${name.name}`).length > 0) return undefined
      const left = finalizers.filter((one) => one !== podGroupFinalizer)
      try {
        await client.update(podGroups, { ...group, metadata: { ...group.metadata, finalizers: left } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
      return undefined
    }
  },
}
