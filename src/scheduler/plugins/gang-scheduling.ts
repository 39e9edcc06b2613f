import { fits, refuseAlways, type SchedulerPlugin } from '../framework/framework.ts'
import { groupNameOf } from '../gang/pod-groups.ts'

/**
 * GangScheduling: pods of a gang are not looked at before there are as many as it needs. That as many are placed at once, or
 * none, is seen to where a group is placed.
 */
export const gangScheduling: SchedulerPlugin = {
  name: 'GangScheduling',
  wakeOn: ['PodGroup/Add', 'UnscheduledPod/Add'],
  preEnqueue(pod, { podGroups }) {
    const name = groupNameOf(pod)
    if (name === undefined || podGroups === undefined) return fits
    const { namespace = '' } = pod.metadata
    const group = podGroups.get(namespace, name)
    if (group === undefined)
      return refuseAlways(`waiting for pods's pod group ${JSON.stringify(name)} to appear in scheduling queue`)
    const { gang } = group.spec.schedulingPolicy
    return gang === undefined || podGroups.podsOf(namespace, name).length >= gang.minCount
      ? fits
      : refuseAlways('waiting for minCount pods from a gang to appear in scheduling queue')
  },
}
