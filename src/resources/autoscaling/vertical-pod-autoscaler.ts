import type { ContainerPolicy, ContainerRecommendation, KubeObject } from '../../machinery/index.ts'
import { discoveredResource } from '../discovered.ts'

export type VpaUpdateMode = 'Off' | 'Initial' | 'Recreate' | 'InPlaceOrRecreate' | 'InPlace' | 'Auto'

/** Keeps what the pods of a workload ask for at what they need. */
export interface VerticalPodAutoscaler extends KubeObject {
  readonly spec: {
    readonly targetRef?: { readonly apiVersion?: string; readonly kind: string; readonly name: string }
    readonly updatePolicy?: {
      readonly updateMode?: VpaUpdateMode
      readonly minReplicas?: number
      readonly evictionRequirements?: readonly {
        readonly resources: readonly string[]
        readonly changeRequirement: 'TargetHigherThanRequests' | 'TargetLowerThanRequests'
      }[]
    }
    readonly resourcePolicy?: { readonly containerPolicies?: readonly ContainerPolicy[] }
    readonly recommenders?: readonly { readonly name: string }[]
  }
  readonly status?: {
    readonly recommendation?: { readonly containerRecommendations?: readonly ContainerRecommendation[] }
    readonly conditions?: readonly VpaCondition[]
  }
}
export interface VpaCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}
/** The weights of a histogram, the largest being 10,000, and what they weigh together. */
export interface HistogramCheckpoint {
  readonly referenceTimestamp?: string | null
  readonly bucketWeights?: Readonly<Record<string, number>>
  readonly totalWeight?: number
}
/** What is remembered of the use of one container, so that it outlives who remembers it. */
export interface VerticalPodAutoscalerCheckpoint extends KubeObject {
  readonly spec: { readonly vpaObjectName: string; readonly containerName: string }
  readonly status?: {
    readonly lastUpdateTime?: string | null
    readonly version?: string
    readonly cpuHistogram?: HistogramCheckpoint
    readonly memoryHistogram?: HistogramCheckpoint
    readonly firstSampleStart?: string | null
    readonly lastSampleStart?: string | null
    readonly totalSamplesCount?: number
  }
}

const group = 'autoscaling.k8s.io'
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] as const

/** The definition of VerticalPodAutoscalers, for clients: they are custom resources. */
export const verticalPodAutoscalers = discoveredResource({
  ...{ group, version: 'v1', scope: 'Namespaced', verbs, categories: [] },
  kind: 'VerticalPodAutoscaler',
  plural: 'verticalpodautoscalers',
  singular: 'verticalpodautoscaler',
  shortNames: ['vpa'],
})
/** The definition of VerticalPodAutoscalerCheckpoints, for clients. */
export const verticalPodAutoscalerCheckpoints = discoveredResource({
  ...{ group, version: 'v1', scope: 'Namespaced', verbs, categories: [] },
  kind: 'VerticalPodAutoscalerCheckpoint',
  plural: 'verticalpodautoscalercheckpoints',
  singular: 'verticalpodautoscalercheckpoint',
  shortNames: ['vpacheckpoint'],
})
