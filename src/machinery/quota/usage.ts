import { largerQuantity, parseQuantity, type Quantity, quantityOf, wholeValueOf } from '../quantity/quantity.ts'
import { podLimits, podRequests } from '../scheduling/resources.ts'
import { addUsage, type Usage, usageOfList } from './amounts.ts'
import type { DeviceResources } from './devices.ts'

/** A resource without its version. */
export interface CountedResource {
  readonly group: string
  readonly resource: string
}

const one = quantityOf(1)
const none = quantityOf(0)
/** Kubernetes: names from before every kind could be counted. */
const oldCounts: Readonly<Record<string, string>> = {
  configmaps: 'configmaps',
  resourcequotas: 'resourcequotas',
  replicationcontrollers: 'replicationcontrollers',
  secrets: 'secrets',
}
/** Kubernetes: what is not kept, and events, are nobody's usage. */
const ignored: ReadonlySet<string> = new Set([
  '/bindings',
  '/componentstatuses',
  '/events',
  'events.k8s.io/events',
  'authentication.k8s.io/tokenreviews',
  'authentication.k8s.io/selfsubjectreviews',
  'authorization.k8s.io/subjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
])
const storageClassSuffix = '.storageclass.storage.k8s.io/'

/** Whether quotas have anything to do with a kind. */
export function isCounted({ group, resource }: CountedResource): boolean {
  return !ignored.has(`${group}/${resource}`)
}

/** `count/pods`, `count/deployments.apps`: the name under which any kind is counted. */
export function countName({ group, resource }: CountedResource): string {
  return `count/${group === '' ? resource : `${resource}.${group}`}`
}

/** What an object uses of everything a quota could limit; claims also of the resources that devices stand for, where that is told. */
export function usageOf(of: CountedResource, object: any, nowMs: number, devices?: DeviceResources): Usage {
  const counted: Usage = new Map([[countName(of), one]])
  if (isDeviceClaim(of)) {
    const pod = devices?.podOf(object)
    const ofPod = pod !== undefined && isQuotaPod(pod, nowMs) ? podUsage(pod) : new Map()
    return addUsage(counted, deviceUsage(object, devices, ofPod))
  }
  if (of.group !== '') return counted
  switch (of.resource) {
    case 'pods':
      return isQuotaPod(object, nowMs) ? addUsage(counted, podUsage(object)) : counted
    case 'services':
      return addUsage(counted, serviceUsage(object))
    case 'persistentvolumeclaims':
      return addUsage(counted, claimUsage(object))
  }
  const old = oldCounts[of.resource]
  return old === undefined ? counted : counted.set(old, one)
}

/** Which of a quota's resource names are about a kind. */
export function namesAbout(
  of: CountedResource,
  names: Iterable<string>,
  devices?: DeviceResources,
): ReadonlySet<string> {
  return new Set([...names].filter((name) => isAbout(of, name, devices)))
}

function isAbout(of: CountedResource, name: string, devices: DeviceResources | undefined): boolean {
  if (name === countName(of)) return true
  if (isDeviceClaim(of)) return name.endsWith(deviceClassSuffix) || devices?.isDevice(requestedIn(name)) === true
  if (of.group !== '') return false
  switch (of.resource) {
    case 'pods':
      return isPodResource(name)
    case 'services':
      return name === 'services' || name === 'services.nodeports' || name === 'services.loadbalancers'
    case 'persistentvolumeclaims':
      return ['persistentvolumeclaims', 'requests.storage'].some(
        (one) => name === one || name.endsWith(`${storageClassSuffix}${one}`),
      )
  }
  return oldCounts[of.resource] === name
}

const podNames: ReadonlySet<string> = new Set(
  ['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]).concat('pods'),
)

function isPodResource(name: string): boolean {
  if (podNames.has(name) || name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')) return true
  return isExtended(requestedIn(name))
}

/** The resource whose requests a quota limits under a name; empty for other names. */
function requestedIn(name: string): string {
  return name.startsWith('requests.') ? name.slice('requests.'.length) : ''
}

/** Kubernetes: whatever has a domain other than kubernetes.io's is somebody else's resource. */
function isExtended(name: string): boolean {
  return (
    name.startsWith('deviceclass.resource.kubernetes.io/') ||
    (name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name))
  )
}

/** Kubernetes: finished pods use nothing, nor do pods that are overdue to go because their node is lost. */
function isQuotaPod({ metadata, status }: any, nowMs: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

function podUsage(pod: any): Usage {
  return resourceUsage(podRequests(pod, { useStatus: true }), podLimits(pod))
}

/** What requests and limits come to under the names that quotas have for them. */
export function resourceUsage(requests: Usage, limits: Usage): Usage {
  const usage: Usage = new Map([['pods', one]])
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const request = requests.get(name)
    const limit = limits.get(name)
    if (request !== undefined) usage.set(name, request).set(`requests.${name}`, request)
    if (limit !== undefined) usage.set(`limits.${name}`, limit)
  }
  for (const [name, amount] of requests) {
    if (name.startsWith('hugepages-')) usage.set(name, amount).set(`requests.${name}`, amount)
    else if (isExtended(name)) usage.set(`requests.${name}`, amount)
  }
  return usage
}

function serviceUsage({ spec = {} }: any): Usage {
  const ports: readonly any[] = spec.ports ?? []
  const given = ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0).length
  const isBalancer = spec.type === 'LoadBalancer'
  const nodePorts =
    spec.type === 'NodePort' || (isBalancer && spec.allocateLoadBalancerNodePorts !== false)
      ? ports.length
      : isBalancer
        ? given
        : 0
  return new Map([
    ['services', one],
    ['services.loadbalancers', isBalancer ? one : none],
    ['services.nodeports', quantityOf(nodePorts)],
  ])
}

function claimUsage({ metadata, spec, status }: any): Usage {
  const usage: Usage = new Map([['persistentvolumeclaims', one]])
  const storageClass = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? ''
  const note = (name: string, amount: Quantity) => {
    usage.set(name, amount)
    if (storageClass !== '') usage.set(`${storageClass}${storageClassSuffix}${name}`, amount)
  }
  note('persistentvolumeclaims', one)
  const requested = spec?.resources?.requests?.storage
  if (requested === undefined) return usage
  const allocated = status?.allocatedResources?.storage
  const wanted = parseQuantity(requested)
  const amount = allocated === undefined ? wanted : largerQuantity(wanted, parseQuantity(allocated))
  note('requests.storage', { ...amount, nanos: BigInt(wholeValueOf(amount)) * 1_000_000_000n })
  return usage
}

const deviceClassSuffix = '.deviceclass.resource.k8s.io/devices'
/** Kubernetes: who asks for all devices may get so many. */
const devicesMax = 32

function isDeviceClaim({ group, resource }: CountedResource): boolean {
  return group === 'resource.k8s.io' && resource === 'resourceclaims'
}

/**
 * Devices by their class, and by the resources that it stands for beyond what a pod is counted for; of requests that may be met in
 * several ways, what each class would give at most.
 */
function deviceUsage({ spec }: any, devices: DeviceResources | undefined, ofPod: Usage): Usage {
  const devicesOf = ({ allocationMode, count = 1 }: any) =>
    allocationMode === 'All' ? devicesMax : (allocationMode ?? 'ExactCount') === 'ExactCount' ? count : 0
  let usage: Usage = new Map()
  for (const request of spec?.devices?.requests ?? []) {
    // Older versions have a request's fields beside its name.
    const ways = (request.firstAvailable?.length ?? 0) > 0 ? request.firstAvailable : [request.exactly ?? request]
    const most = new Map<string, number>()
    for (const { deviceClassName, ...way } of ways)
      if (deviceClassName !== undefined)
        most.set(deviceClassName, Math.max(most.get(deviceClassName) ?? 0, devicesOf(way)))
    const amounts = [...most].map(([name, count]) => [`${name}${deviceClassSuffix}`, quantityOf(count)] as const)
    usage = addUsage(usage, new Map(amounts))
  }
  if (devices === undefined) return usage
  let extended: Usage = new Map()
  for (const [name, amount] of usage)
    for (const resource of devices.resourcesOf(name.slice(0, -deviceClassSuffix.length)))
      extended = addUsage(extended, new Map([[`requests.${resource}`, amount]]))
  const beyond = [...extended].map(([name, amount]) => {
    const nanos = amount.nanos - (ofPod.get(name)?.nanos ?? 0n)
    return [name, { ...amount, nanos }] as const
  })
  return new Map([...usage, ...beyond.filter(([, { nanos }]) => nanos > 0n)])
}

const mustBeStated: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
])

/** Which of the limited resources containers of a pod do not state (`limits.cpu for: a,b; …`); empty when all do. */
export function podMissing(pod: any, limited: ReadonlySet<string>): string {
  if (Object.keys(pod.spec?.resources ?? {}).length > 0) return ''
  const missing = new Map<string, string[]>()
  for (const { name, resources } of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
    const stated = resourceUsage(usageOfList(resources?.requests), usageOfList(resources?.limits))
    for (const one of limited) {
      if (!mustBeStated.has(one) || stated.has(one)) continue
      missing.set(one, [...(missing.get(one) ?? []), name])
    }
  }
  return [...missing.keys()]
    .sort()
    .map((one) => `${one} for: ${[...new Set(missing.get(one))].sort().join(',')}`)
    .join('; ')
}
