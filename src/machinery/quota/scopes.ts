import { qosClassOf } from '../scheduling/resources.ts'
import type { CountedResource } from './usage.ts'

/** A ResourceQuota, as far as matching it goes. */
export interface QuotaView {
  readonly spec?: {
    readonly scopes?: readonly string[]
    readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeSelector[] }
  }
}
export interface ScopeSelector {
  readonly scopeName: string
  readonly operator: string
  readonly values?: readonly string[]
}

/** Whether an object is among those a quota is about. */
export function inScope(of: CountedResource, object: any, quota: QuotaView): boolean {
  return scopeSelectorsOf(quota).every((selector) => scopeMatches(of, object, selector))
}

/** What a quota says of the objects it is about. */
export function scopeSelectorsOf({ spec = {} }: QuotaView): readonly ScopeSelector[] {
  return [
    ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ]
}

/** Whether an object is of a scope. */
export function scopeMatches({ group, resource }: CountedResource, object: any, selector: ScopeSelector): boolean {
  if (group !== '') return false
  if (resource === 'pods') return podMatches(object, selector)
  return resource === 'persistentvolumeclaims' && claimMatches(object, selector)
}

function podMatches(pod: any, selector: ScopeSelector): boolean {
  switch (selector.scopeName) {
    case 'Terminating':
      return isTerminatingPod(pod)
    case 'NotTerminating':
      return !isTerminatingPod(pod)
    case 'BestEffort':
      return qosClassOf(pod) === 'BestEffort'
    case 'NotBestEffort':
      return qosClassOf(pod) !== 'BestEffort'
    case 'PriorityClass':
      return valueMatches(
        [pod.spec?.priorityClassName ?? ''].filter((one) => one !== ''),
        selector,
      )
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(pod)
  }
  return false
}

/** Kubernetes: a pod with a deadline is on its way to its end from the first. */
export function isTerminatingPod(pod: any): boolean {
  return (pod.spec?.activeDeadlineSeconds ?? -1) >= 0
}

function claimMatches(claim: any, selector: ScopeSelector): boolean {
  if (selector.scopeName !== 'VolumeAttributesClass') return false
  const { spec, status } = claim
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((one) => (one ?? '') !== '')
  return valueMatches([...new Set(names)], selector)
}

function valueMatches(values: readonly string[], { operator, values: wanted = [] }: ScopeSelector): boolean {
  switch (operator) {
    case 'Exists':
      return values.length > 0
    case 'DoesNotExist':
      return values.length === 0
    case 'In':
      return values.some((one) => wanted.includes(one))
    case 'NotIn':
      return !values.some((one) => wanted.includes(one))
  }
  return false
}

function reachesOtherNamespaces(pod: any): boolean {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  return [podAffinity, podAntiAffinity].some((one) => {
    const terms = [
      ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
        ({ podAffinityTerm }: any) => podAffinityTerm,
      ),
    ]
    return terms.some((term) => (term?.namespaces ?? []).length > 0 || term?.namespaceSelector !== undefined)
  })
}
