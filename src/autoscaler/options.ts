/** What an autoscaler goes by: cluster-autoscaler's flags, in milliseconds and numbers. */
export interface AutoscalerOptions {
  /** How often it looks at most while no pod waits. */
  readonly scanIntervalMs: number
  readonly scaleDownEnabled: boolean
  /** How long a node must be unneeded before it goes; and one that is not Ready. */
  readonly scaleDownUnneededMs: number
  readonly scaleDownUnreadyMs: number
  readonly scaleDownDelayAfterAddMs: number
  readonly scaleDownDelayAfterDeleteMs: number
  readonly scaleDownDelayAfterFailureMs: number
  /** How long a new node may take before it is given up. */
  readonly maxNodeProvisionMs: number
  /** How many nodes there may be in all; 0: any number. */
  readonly maxNodesTotal: number
  /** How many empty nodes, and how many nodes with pods, go at once. */
  readonly maxScaleDownParallelism: number
  readonly maxDrainParallelism: number
  /** How long a pod may refuse to be evicted, and how long pods may take to end. */
  readonly maxPodEvictionMs: number
  readonly maxGracefulTerminationMs: number
  readonly skipNodesWithSystemPods: boolean
  readonly skipNodesWithLocalStorage: boolean
  /** Pods of a lower priority neither make groups grow nor keep nodes. */
  readonly expendablePodsPriorityCutoff: number
  /** Whether groups whose nodes are alike are kept at about the same size, and by which labels they may differ besides. */
  readonly balanceSimilarNodeGroups: boolean
  readonly balancingIgnoredLabels: readonly string[]
}

const minuteMs = 60_000

/** cluster-autoscaler's defaults. */
export const optionsDefault: AutoscalerOptions = {
  scanIntervalMs: 10_000,
  scaleDownEnabled: true,
  scaleDownUnneededMs: 10 * minuteMs,
  scaleDownUnreadyMs: 20 * minuteMs,
  scaleDownDelayAfterAddMs: 10 * minuteMs,
  scaleDownDelayAfterDeleteMs: 0,
  scaleDownDelayAfterFailureMs: 3 * minuteMs,
  maxNodeProvisionMs: 15 * minuteMs,
  maxNodesTotal: 0,
  maxScaleDownParallelism: 10,
  maxDrainParallelism: 1,
  maxPodEvictionMs: 2 * minuteMs,
  maxGracefulTerminationMs: 10 * minuteMs,
  skipNodesWithSystemPods: true,
  skipNodesWithLocalStorage: true,
  expendablePodsPriorityCutoff: -10,
  balanceSimilarNodeGroups: false,
  balancingIgnoredLabels: [],
}
