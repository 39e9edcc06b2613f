import type { SchedulerPlugin } from '../framework/framework.ts'
import { interPodAffinity } from './inter-pod-affinity.ts'
import {
  imageLocality,
  nodeAffinity,
  nodeName,
  nodePorts,
  nodeUnschedulable,
  schedulingGates,
  taintToleration,
} from './nodes.ts'
import { podTopologySpread } from './pod-topology-spread.ts'
import { nodeResourcesBalancedAllocation, nodeResourcesFit } from './resources.ts'
import { volumeBinding } from './volume-binding.ts'
import { nodeVolumeLimits, volumeRestrictions, volumeZone } from './volumes.ts'

/** The plugins of the default profile: the only list, in the order they are asked. */
export const defaultPlugins: readonly SchedulerPlugin[] = [
  schedulingGates,
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  nodeResourcesBalancedAllocation,
  imageLocality,
]
