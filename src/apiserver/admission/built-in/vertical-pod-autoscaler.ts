import { controllerOf, type FittedContainer, fittedContainers, type KubeObject } from '../../../machinery/index.ts'
import {
  deployments,
  jobs,
  type LimitRange,
  limitRanges,
  type Pod,
  type ResourceDefinition,
  replicaSets,
  type VerticalPodAutoscaler,
  verticalPodAutoscalers,
} from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

export interface VerticalPodAutoscalingParts {
  readonly registry: () => Registry
  /** Everything that is served. */
  readonly resources: () => readonly ResourceDefinition<any>[]
}

/**
 * VerticalPodAutoscaling: a new pod asks for what the VerticalPodAutoscaler of its workload recommends. Unlike Kubernetes, where
 * a webhook does it that somebody must install: here it is at work where the API knows the kind.
 */
export function verticalPodAutoscaling({ registry, resources }: VerticalPodAutoscalingParts): AdmissionPlugin {
  let seen: readonly ResourceDefinition<any>[] | undefined
  let known: ResourceDefinition<any> | undefined
  /** Looked for anew only when what is served has changed. */
  const definitionNow = () => {
    const served = resources()
    if (served !== seen) {
      seen = served
      known = served.find(
        ({ group, plural, stored }) =>
          group === verticalPodAutoscalers.group && plural === verticalPodAutoscalers.plural && stored,
      )
    }
    return known
  }
  return {
    name: 'VerticalPodAutoscaling',
    standsBy() {
      const holds = () => definitionNow() === undefined
      return holds() ? { kinds: [], holds } : undefined
    },
    resources: ['/pods'],
    concerns: (operation, subresource) => operation === 'CREATE' && subresource === '',
    admit(attributes) {
      const definition = definitionNow()
      return definition === undefined ? undefined : advise(attributes, definition)
    },
  }
  async function advise({ namespace, object }: Attributes, definition: ResourceDefinition<any>): Promise<void> {
    const all = await registry().all<VerticalPodAutoscaler>(definition, namespace)
    if (all.length === 0) return
    const chosen = await controllingOf(registry(), all, namespace, object as Pod)
    if (chosen === undefined || chosen.spec.updatePolicy?.updateMode === 'Off') return
    const recommended = chosen.status?.recommendation?.containerRecommendations
    if (recommended === undefined) return
    const ranges = await registry().all<LimitRange>(limitRanges, namespace)
    const range = ranges.flatMap(({ spec }) => spec?.limits ?? []).find(({ type }) => type === 'Container')
    const policies = chosen.spec.resourcePolicy?.containerPolicies
    const containers: any[] = object.spec.containers ?? []
    const fitted = fittedContainers(containers, recommended, policies, range as never)
    for (const one of fitted) give(containers[one.index], one)
    object.metadata.annotations = {
      ...object.metadata.annotations,
      vpaObservedContainers: containers.map(({ name }) => name).join(', '),
      ...(fitted.length === 0
        ? {}
        : { vpaUpdates: `Pod resources updated by ${chosen.metadata.name}: ${fitted.map(updateText).join('; ')}` }),
    }
  }
}

function give(container: any, { requests, limits }: FittedContainer): void {
  const { resources } = container
  container.resources = {
    ...resources,
    requests: { ...resources?.requests, ...requests },
    ...(Object.keys(limits).length === 0 ? {} : { limits: { ...resources?.limits, ...limits } }),
  }
}

function updateText({ index, requests, limits, notes }: FittedContainer): string {
  const changed = [
    ...notes,
    ...Object.keys(requests).map((resource) => `${resource} request`),
    ...Object.keys(limits).map((resource) => `${resource} limit`),
  ]
  return `container ${index}: ${changed.join(', ')}`
}

/** The autoscaler of the pod's workload: the oldest, where there are several. */
async function controllingOf(
  registry: Registry,
  all: readonly VerticalPodAutoscaler[],
  namespace: string,
  pod: Pod,
): Promise<VerticalPodAutoscaler | undefined> {
  const owners: { readonly kind: string; readonly name: string; readonly apiVersion?: string }[] = []
  let object: KubeObject | undefined = pod
  // A pod's set may itself be a Deployment's, its Job a CronJob's.
  for (let step = 0; step < 2 && object !== undefined; step++) {
    const owner = controllerOf(object)
    if (owner === undefined) break
    owners.push(owner)
    const kind: ResourceDefinition<any> | undefined = [replicaSets, deployments, jobs].find(
      (one) => one.kind === owner.kind,
    )
    object = kind === undefined ? undefined : await registry.find<KubeObject>(kind, namespace, owner.name)
  }
  const groupOf = (apiVersion = '') => (apiVersion.includes('/') ? apiVersion.split('/')[0] : '')
  const matching = all.filter(({ spec: { targetRef } }) =>
    owners.some(
      ({ kind, name, apiVersion }) =>
        targetRef?.kind === kind && targetRef.name === name && groupOf(targetRef.apiVersion) === groupOf(apiVersion),
    ),
  )
  const since = ({ metadata }: VerticalPodAutoscaler) => metadata.creationTimestamp ?? ''
  return matching.toSorted((a, b) => (since(a) < since(b) ? -1 : since(a) > since(b) ? 1 : 0))[0]
}
