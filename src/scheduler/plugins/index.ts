import type { SchedulerPlugin } from '../framework/framework.ts'
import type { PluginArguments } from '../profile/choices.ts'
import { dynamicResourcesOf } from './dynamic-resources.ts'
import { gangScheduling } from './gang-scheduling.ts'
import { podGroupPodsCount, topologyPlacementGenerator } from './group-placements.ts'
import { interPodAffinityOf } from './inter-pod-affinity.ts'
import { nodeDeclaredFeatures } from './node-declared-features.ts'
import {
  imageLocality,
  nodeAffinityOf,
  nodeName,
  nodePorts,
  nodeUnschedulable,
  schedulingGates,
  taintToleration,
} from './nodes.ts'
import { podTopologySpreadOf } from './pod-topology-spread.ts'
import { nodeResourcesBalancedAllocationOf } from './resource-scores.ts'
import { nodeResourcesFitOf } from './resources.ts'
import { volumeBindingOf } from './volume-binding.ts'
import { nodeVolumeLimits, volumeRestrictions, volumeZone } from './volumes.ts'

/** What plugins may be made with besides their arguments. */
export interface PluginSettings {
  /** Resources that extenders look after, and the scheduler does not. */
  readonly ignoredResources?: readonly string[]
}

/**
 * Every plugin that looks at pods and nodes: the only list, in the order they are asked. What sorts the queue, makes room and
 * binds is the scheduler's own work (PrioritySort, DefaultPreemption, DefaultBinder).
 */
export function pluginsOf(args: PluginArguments = {}, settings: PluginSettings = {}): readonly SchedulerPlugin[] {
  return [
    schedulingGates,
    nodeUnschedulable,
    nodeName,
    taintToleration,
    nodeAffinityOf(args.NodeAffinity),
    nodePorts,
    nodeResourcesFitOf(args.NodeResourcesFit, settings.ignoredResources),
    volumeRestrictions,
    nodeVolumeLimits,
    volumeBindingOf(args.VolumeBinding),
    volumeZone,
    podTopologySpreadOf(args.PodTopologySpread),
    interPodAffinityOf(args.InterPodAffinity),
    dynamicResourcesOf(args.DynamicResources),
    nodeResourcesBalancedAllocationOf(args.NodeResourcesBalancedAllocation),
    imageLocality,
    nodeDeclaredFeatures,
    gangScheduling,
    topologyPlacementGenerator,
    podGroupPodsCount,
  ]
}

/** The plugins of the default profile. */
export const defaultPlugins: readonly SchedulerPlugin[] = pluginsOf()
