import { type AutoscalerOptions, nodeAutoscalerController } from '../../autoscaler/index.ts'
import type { Client } from '../../client/index.ts'
import type { Controller } from '../../controllers/index.ts'
import type { SimulatedNodes } from '../../kubelet/index.ts'
import { type Clock, parseDuration, type Random } from '../../machinery/index.ts'
import { defaultGates, type FeatureGates } from '../../resources/index.ts'
import type { ClusterCloud } from '../cloud/cluster-cloud.ts'
import type { AutoscalerChoice } from '../config/node-groups.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { nodeFrom } from '../node/simulated-nodes.ts'
import { schedulerPartsOf } from '../scheduler-parts.ts'
import { installAutoscalerRights } from './rights.ts'
import { type SimulatedGroup, simulatedGroups } from './simulated-groups.ts'

/** The groups of simulated nodes that a cluster's settings describe. */
export function groupsOf({ nodeGroups = [] }: ClusterSettings): readonly SimulatedGroup[] {
  return nodeGroups.map(({ name, minSize = 0, maxSize, pricePerHour, ...node }) => ({
    ...nodeFrom(name, node),
    ...{ minSize, maxSize },
    ...(pricePerHour === undefined ? {} : { pricePerHour }),
  }))
}

/** The node autoscaler of a cluster that has groups of nodes, with the rights it needs. */
export async function autoscalerOf(
  settings: ClusterSettings,
  parts: {
    /** As administrator. */
    readonly client: Client
    readonly nodes: () => SimulatedNodes | undefined
    readonly clock: Clock
    readonly random: Random
    readonly cloud?: ClusterCloud
    readonly gates?: FeatureGates
  },
): Promise<Controller> {
  await installAutoscalerRights(parts.client)
  const { gates = defaultGates, clock } = parts
  return nodeAutoscalerController({
    provider: simulatedGroups({ ...parts, groups: groupsOf(settings) }),
    options: optionsOf(settings.autoscaler),
    profiles: schedulerPartsOf(settings.components?.scheduler ?? {}, gates, clock).profiles,
  })
}

/** The options that a configuration states. */
export function optionsOf(choice: AutoscalerChoice = {}): Partial<AutoscalerOptions> {
  const times = {
    scanIntervalMs: choice.scanInterval,
    scaleDownUnneededMs: choice.scaleDownUnneededTime,
    scaleDownUnreadyMs: choice.scaleDownUnreadyTime,
    scaleDownDelayAfterAddMs: choice.scaleDownDelayAfterAdd,
    scaleDownDelayAfterDeleteMs: choice.scaleDownDelayAfterDelete,
    scaleDownDelayAfterFailureMs: choice.scaleDownDelayAfterFailure,
    maxNodeProvisionMs: choice.maxNodeProvisionTime,
    maxPodEvictionMs: choice.maxPodEvictionTime,
  }
  const { scaleDownEnabled, maxNodesTotal, skipNodesWithSystemPods, skipNodesWithLocalStorage } = choice
  const { balanceSimilarNodeGroups, balancingIgnoreLabel: balancingIgnoredLabels } = choice
  const others = {
    scaleDownEnabled,
    maxNodesTotal,
    skipNodesWithSystemPods,
    skipNodesWithLocalStorage,
    balanceSimilarNodeGroups,
    balancingIgnoredLabels,
  }
  const stated = [
    ...Object.entries(times).flatMap(([key, text]) => (text === undefined ? [] : [[key, parseDuration(text)]])),
    ...Object.entries(others).filter(([, value]) => value !== undefined),
  ]
  return Object.fromEntries(stated)
}
