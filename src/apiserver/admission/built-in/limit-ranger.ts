import {
  compareQuantities,
  forbidden,
  parseQuantity,
  podLimits,
  podRequests,
  type Quantity,
  quantityText,
  type Usage,
  usageOfList,
} from '../../../machinery/index.ts'
import { type Draft, type LimitRange, limitRanges } from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'

type Item = NonNullable<LimitRange['spec']>['limits'][number]
type List = Readonly<Record<string, string>> | undefined

const annotation = 'kubernetes.io/limit-ranger'

/** LimitRanger: pods and claims get a namespace's default requests and limits, and stay within its bounds. */
export function limitRanger({ registry }: { readonly registry: () => Registry }): AdmissionPlugin {
  const rangesFor = (attributes: Attributes): readonly LimitRange[] =>
    concerns(attributes) ? registry().allCurrent<LimitRange>(limitRanges, attributes.namespace) : []
  return {
    name: 'LimitRanger',
    standsBy: () => ({ kinds: [limitRanges] }),
    resources: ['/pods', '/persistentvolumeclaims'],
    concerns: (operation, subresource) =>
      subresource === '' ? operation === 'CREATE' || operation === 'UPDATE' : subresource === 'resize',
    admit(attributes) {
      if (attributes.definition.kind !== 'Pod') return
      for (const range of rangesFor(attributes)) setDefaults(attributes.object, range)
    },
    validate(attributes) {
      for (const range of rangesFor(attributes)) {
        const problems = limitProblems(attributes.object, range)
        const { group, plural } = attributes.definition
        if (problems.length > 0)
          throw forbidden(
            { group, resource: plural },
            attributes.name,
            problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`,
          )
      }
    },
  }
}

/** Kubernetes: what a pod asks for cannot change but by a resize, so other updates are not looked at. */
function concerns({ definition, operation, subresource }: Attributes): boolean {
  if (definition.group !== '') return false
  if (definition.plural === 'pods')
    return (operation === 'CREATE' && subresource === '') || (operation === 'UPDATE' && subresource === 'resize')
  return (
    definition.plural === 'persistentvolumeclaims' &&
    subresource === '' &&
    (operation === 'CREATE' || operation === 'UPDATE')
  )
}

function setDefaults(pod: Draft, { spec }: LimitRange): void {
  const requests: Record<string, string> = {}
  const limits: Record<string, string> = {}
  for (const item of spec?.limits ?? []) {
    if (item.type !== 'Container') continue
    Object.assign(requests, item.defaultRequest)
    Object.assign(limits, item.default)
  }
  const notes: string[] = []
  const merge = (container: Draft, kind: string) => {
    const resources = (container.resources ??= {})
    const fill = (member: 'limits' | 'requests', from: Record<string, string>) => {
      const missing = Object.keys(from)
        .filter((name) => resources[member]?.[name] === undefined)
        .sort()
      if (missing.length > 0)
        resources[member] = { ...resources[member], ...Object.fromEntries(missing.map((name) => [name, from[name]])) }
      return missing
    }
    const setLimits = fill('limits', limits)
    const setRequests = fill('requests', requests)
    if (setRequests.length > 0) notes.push(`${setRequests.join(', ')} request for ${kind} ${container.name}`)
    if (setLimits.length > 0) notes.push(`${setLimits.join(', ')} limit for ${kind} ${container.name}`)
  }
  for (const container of pod.spec?.containers ?? []) merge(container, 'container')
  for (const container of pod.spec?.initContainers ?? []) merge(container, 'init container')
  if (notes.length > 0)
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      [annotation]: `LimitRanger plugin set: ${notes.join('; ')}`,
    }
}

/** Why an object is outside the bounds of a LimitRange, in Kubernetes' words. */
export function limitProblems(object: Draft, { spec }: LimitRange): readonly string[] {
  const items = spec?.limits ?? []
  if (object.kind === 'PersistentVolumeClaim')
    return items
      .filter(({ type }) => type === 'PersistentVolumeClaim')
      .flatMap((item) => claimProblems(item, usageOfList(object.spec?.resources?.requests)))
  return items.flatMap((item) => {
    if (item.type === 'Container')
      return [...(object.spec?.containers ?? []), ...(object.spec?.initContainers ?? [])].flatMap(
        ({ resources }: any) => boundProblems(item, usageOfList(resources?.requests), usageOfList(resources?.limits)),
      )
    return item.type === 'Pod' ? boundProblems(item, podRequests(object), podLimits(object)) : []
  })
}

function claimProblems(item: Item, requests: Usage): readonly string[] {
  const over = ([name, bound]: readonly [string, Quantity]) => {
    const request = requests.get(name)
    const about = `maximum ${name} usage per ${item.type} is ${quantityText(bound)}`
    if (request === undefined) return [`${about}.  No request is specified`]
    return compareQuantities(request, bound) > 0 ? [`${about}, but request is ${quantityText(request)}`] : []
  }
  return [
    ...boundsOf(item.min).flatMap((bound) => underProblems(item.type, bound, requests, new Map())),
    ...boundsOf(item.max).flatMap(over),
  ]
}

function boundProblems(item: Item, requests: Usage, limits: Usage): readonly string[] {
  return [
    ...boundsOf(item.min).flatMap((bound) => underProblems(item.type, bound, requests, limits)),
    ...boundsOf(item.max).flatMap((bound) => overProblems(item.type, bound, requests, limits)),
    ...boundsOf(item.maxLimitRequestRatio).flatMap((bound) => ratioProblems(item.type, bound, requests, limits)),
  ]
}

const boundsOf = (list: List) => Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)] as const)

function underProblems(
  type: string,
  [name, bound]: readonly [string, Quantity],
  requests: Usage,
  limits: Usage,
): readonly string[] {
  const request = requests.get(name)
  const limit = limits.get(name)
  const about = `minimum ${name} usage per ${type} is ${quantityText(bound)}`
  if (request === undefined) return [`${about}.  No request is specified`]
  if (compareQuantities(request, bound) < 0) return [`${about}, but request is ${quantityText(request)}`]
  return limit !== undefined && compareQuantities(limit, bound) < 0
    ? [`${about}, but limit is ${quantityText(limit)}`]
    : []
}

function overProblems(
  type: string,
  [name, bound]: readonly [string, Quantity],
  requests: Usage,
  limits: Usage,
): readonly string[] {
  const request = requests.get(name)
  const limit = limits.get(name)
  const about = `maximum ${name} usage per ${type} is ${quantityText(bound)}`
  if (limit === undefined) return [`${about}.  No limit is specified`]
  if (compareQuantities(limit, bound) > 0) return [`${about}, but limit is ${quantityText(limit)}`]
  return request !== undefined && compareQuantities(request, bound) > 0
    ? [`${about}, but request is ${quantityText(request)}`]
    : []
}

function ratioProblems(
  type: string,
  [name, bound]: readonly [string, Quantity],
  requests: Usage,
  limits: Usage,
): readonly string[] {
  const request = requests.get(name)?.nanos ?? 0n
  const limit = limits.get(name)?.nanos ?? 0n
  const about = `${name} max limit to request ratio per ${type} is ${quantityText(bound)}`
  if (request === 0n) return [`${about}, but no request is specified or request is 0`]
  if (limit === 0n) return [`${about}, but no limit is specified or limit is 0`]
  const ratio = Number(limit) / Number(request)
  return ratio > Number(bound.nanos) / 1e9 ? [`${about}, but provided ratio is ${ratio.toFixed(6)}`] : []
}
