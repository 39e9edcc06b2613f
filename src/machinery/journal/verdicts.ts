/** What a scheduler says of one node to a pod that waits for one. */
export interface NodeVerdict {
  readonly node: string
  /** The plugin that refuses, under Kubernetes' name; empty when the node could take the pod. */
  readonly plugin: string
  /** Why, in Kubernetes' words. */
  readonly reason: string
  /** What would make the pod fit there, as a phrase. */
  readonly remedy: string
  /** Whether evicting pods of lower priority could help. */
  readonly preemption: 'helps' | 'does not help'
}

/** What keeps a pod waiting: what every node says, as things are now. */
export interface PodVerdicts {
  readonly schedulerName: string
  /** Where the pod waits: to be tried next, for its back-off, for a change, or behind its gates. */
  readonly waits: 'active' | 'backoff' | 'unschedulable' | 'gated' | 'taken' | 'unknown'
  readonly attempts: number
  readonly nodes: readonly NodeVerdict[]
}

/** Answers about a pod that waits; undefined for pods that do not. */
export type VerdictsOf = (namespace: string, name: string) => PodVerdicts | undefined
