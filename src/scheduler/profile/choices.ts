import type { NodeAffinity } from '../../machinery/index.ts'

/** Where plugins take part in placing a pod, under Kubernetes' names and in the order it goes through them. */
export const extensionPoints = [
  'preFilter',
  'filter',
  'postFilter',
  'reserve',
  'preScore',
  'score',
  'preBind',
  'bind',
  'postBind',
  'permit',
  'preEnqueue',
  'queueSort',
  'placementGenerate',
  'placementScore',
] as const
export type ExtensionPoint = (typeof extensionPoints)[number]

export interface PluginChoice {
  readonly name: string
  readonly weight?: number
}
/** What one extension point, or all of them (`multiPoint`), turns on and off; `*` stands for every default plugin. */
export interface PluginSet {
  readonly enabled?: readonly PluginChoice[]
  readonly disabled?: readonly PluginChoice[]
}
export type PluginChoices = Readonly<Partial<Record<ExtensionPoint | 'multiPoint', PluginSet>>>

/** A resource that counts when nodes are compared. */
export interface ScoredResource {
  readonly name: string
  readonly weight?: number
}
/** A point of a line from how full a node is (0 to 100) to its score (0 to 10). */
export interface ShapePoint {
  readonly utilization: number
  readonly score: number
}
/** A constraint that pods without any of their own get; whom it counts follows from the pod. */
export interface DefaultConstraint {
  readonly maxSkew?: number
  readonly topologyKey?: string
  readonly whenUnsatisfiable?: string
  readonly labelSelector?: object
  readonly minDomains?: number
  readonly nodeAffinityPolicy?: string
  readonly nodeTaintsPolicy?: string
  readonly matchLabelKeys?: readonly string[]
}

/** Arguments by plugin, as `pluginConfig` gives them: Kubernetes' …Args kinds. */
export interface PluginArguments {
  readonly NodeResourcesFit?: {
    readonly ignoredResources?: readonly string[]
    readonly ignoredResourceGroups?: readonly string[]
    readonly scoringStrategy?: {
      readonly type?: string
      readonly resources?: readonly ScoredResource[]
      readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] }
    }
  }
  readonly NodeResourcesBalancedAllocation?: { readonly resources?: readonly ScoredResource[] }
  readonly NodeAffinity?: { readonly addedAffinity?: NodeAffinity }
  readonly PodTopologySpread?: {
    readonly defaultConstraints?: readonly DefaultConstraint[]
    readonly defaultingType?: string
  }
  readonly InterPodAffinity?: {
    readonly hardPodAffinityWeight?: number
    readonly ignorePreferredTermsOfExistingPods?: boolean
  }
  readonly VolumeBinding?: { readonly bindTimeoutSeconds?: number; readonly shape?: readonly ShapePoint[] }
  readonly DefaultPreemption?: {
    readonly minCandidateNodesPercentage?: number
    readonly minCandidateNodesAbsolute?: number
  }
  /** Durations as Go writes them. */
  readonly DynamicResources?: { readonly filterTimeout?: string; readonly bindingTimeout?: string }
}
export interface PluginConfig {
  readonly name: string
  /** Read where the plugin is known. */
  readonly args?: object
}

/** One way of placing pods, as KubeSchedulerConfiguration describes it. */
export interface ProfileChoice {
  readonly schedulerName?: string
  readonly percentageOfNodesToScore?: number
  readonly plugins?: PluginChoices
  readonly pluginConfig?: readonly PluginConfig[]
}

/** How a scheduler extender is reached; data is base64 of PEM and goes before the file of the same name. */
export interface ExtenderTls {
  readonly insecure?: boolean
  readonly serverName?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly caFile?: string
  readonly certData?: string
  readonly keyData?: string
  readonly caData?: string
}
/** A program that has a say in where pods go, reached over HTTP. */
export interface ExtenderChoice {
  readonly urlPrefix?: string
  readonly filterVerb?: string
  readonly preemptVerb?: string
  readonly prioritizeVerb?: string
  readonly weight?: number
  readonly bindVerb?: string
  readonly enableHTTPS?: boolean
  readonly tlsConfig?: ExtenderTls
  readonly httpTimeout?: string
  readonly nodeCacheCapable?: boolean
  readonly managedResources?: readonly { readonly name?: string; readonly ignoredByScheduler?: boolean }[]
  readonly ignorable?: boolean
}

/** What KubeSchedulerConfiguration says, so far as it has an effect. */
export interface SchedulerChoices {
  readonly parallelism?: number
  readonly percentageOfNodesToScore?: number
  readonly podInitialBackoffSeconds?: number
  readonly podMaxBackoffSeconds?: number
  readonly profiles?: readonly ProfileChoice[]
  readonly extenders?: readonly ExtenderChoice[]
}
