import type { FeatureGates } from '../../resources/index.ts'
import type { ExtensionPoint, PluginChoice } from './choices.ts'

const words = (text: string) => text.trim().split(/\s+/)
/** Which points each of Kubernetes' plugins has something to do at. */
const points: Readonly<Record<string, string>> = {
  SchedulingGates: 'preEnqueue',
  PrioritySort: 'queueSort',
  NodeUnschedulable: 'filter',
  NodeName: 'filter',
  TaintToleration: 'filter preScore score',
  NodeAffinity: 'preFilter filter preScore score',
  NodePorts: 'preFilter filter',
  NodeResourcesFit: 'preFilter filter preScore score placementScore',
  VolumeRestrictions: 'preFilter filter',
  NodeVolumeLimits: 'preFilter filter',
  VolumeBinding: 'preFilter filter reserve preBind preScore score',
  VolumeZone: 'preFilter filter',
  PodTopologySpread: 'preFilter filter preScore score',
  InterPodAffinity: 'preFilter filter preScore score',
  DynamicResources: 'preEnqueue preFilter filter postFilter reserve preBind score',
  DefaultPreemption: 'preEnqueue postFilter',
  NodeResourcesBalancedAllocation: 'preScore score',
  ImageLocality: 'score',
  DefaultBinder: 'bind',
  NodeDeclaredFeatures: 'preFilter filter',
  GangScheduling: 'preEnqueue permit',
  TopologyPlacementGenerator: 'placementGenerate',
  PodGroupPodsCount: 'placementScore',
}
const pointsByPlugin: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(points).map(([name, text]) => [name, new Set(words(text))]),
)

/** Whether there is a plugin of that name. */
export const isPlugin = (name: string): boolean => pointsByPlugin.has(name)
/** Whether a plugin has something to do at a point. */
export const takesPart = (name: string, point: ExtensionPoint): boolean => pointsByPlugin.get(name)?.has(point) === true

const weights: Readonly<Record<string, number>> = {
  TaintToleration: 3,
  NodeAffinity: 2,
  NodeResourcesFit: 1,
  PodTopologySpread: 2,
  InterPodAffinity: 2,
  DynamicResources: 2,
  NodeResourcesBalancedAllocation: 1,
  ImageLocality: 1,
  PodGroupPodsCount: 1,
}
/** Plugins that a gate turns on. */
const gated: Readonly<Record<string, string>> = {
  DynamicResources: 'DynamicResourceAllocation',
  NodeDeclaredFeatures: 'NodeDeclaredFeatures',
  GangScheduling: 'GangScheduling',
  TopologyPlacementGenerator: 'TopologyAwareWorkloadScheduling',
  PodGroupPodsCount: 'TopologyAwareWorkloadScheduling',
}

/** The plugins that are on by themselves, at every point they have, in Kubernetes' order. */
export function defaultChoices(gates: FeatureGates): readonly PluginChoice[] {
  return Object.keys(points)
    .filter((name) => gated[name] === undefined || gates.enabled(gated[name]))
    .map((name) => (weights[name] === undefined ? { name } : { name, weight: weights[name] }))
}
