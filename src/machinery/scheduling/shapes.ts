// The parts of pods and nodes that the predicates read; the API's own types fit them.

export type ResourceList = Readonly<Record<string, string>>
export interface ResourceNeeds {
  readonly requests?: ResourceList
  readonly limits?: ResourceList
}
export interface PortNeed {
  readonly containerPort?: number
  readonly hostPort?: number
  readonly hostIP?: string
  readonly protocol?: string
}
export interface ContainerNeeds {
  readonly name?: string
  readonly restartPolicy?: string
  readonly resources?: ResourceNeeds
  readonly ports?: readonly PortNeed[]
}
export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}
export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
  readonly timeAdded?: string
}
export interface NodeSelectorRequirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}
export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[]
  readonly matchFields?: readonly NodeSelectorRequirement[]
}
export interface NodeSelector {
  readonly nodeSelectorTerms?: readonly NodeSelectorTerm[]
}
export interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    readonly weight: number
    readonly preference: NodeSelectorTerm
  }[]
}
export interface PodNeeds {
  readonly containers?: readonly ContainerNeeds[]
  readonly initContainers?: readonly ContainerNeeds[]
  readonly overhead?: ResourceList
  readonly resources?: ResourceNeeds
  readonly tolerations?: readonly Toleration[]
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly affinity?: { readonly nodeAffinity?: NodeAffinity }
}
export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}
interface ContainerResources {
  readonly name: string
  readonly resources?: ResourceNeeds
  readonly allocatedResources?: ResourceList
}
export interface PodState {
  readonly phase?: string
  readonly conditions?: readonly Condition[]
  readonly allocatedResources?: ResourceList
  readonly resources?: ResourceNeeds
  readonly containerStatuses?: readonly ContainerResources[]
  readonly initContainerStatuses?: readonly ContainerResources[]
}
export interface PodView {
  readonly metadata?: { readonly deletionTimestamp?: string }
  readonly spec?: PodNeeds
  readonly status?: PodState
}
