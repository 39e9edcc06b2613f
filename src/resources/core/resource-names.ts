import { qualifiedNameErrors } from '../../machinery/index.ts'

const plainResources: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
])
/** Plain names that mean something somewhere. */
export function isStandardResource(name: string): boolean {
  return plainResources.has(name) || isHugePage(name.replace(/^requests\./, ''))
}
/** Plain names that a quota may limit. */
export function isQuotaResource(name: string): boolean {
  const quota = name !== 'storage' && (plainResources.has(name) || name.startsWith('count/'))
  return quota || isHugePage(name.replace(/^requests\./, ''))
}
/** Resources that containers may ask for by a plain name. */
export function isStandardContainerResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || isHugePage(name)
}
export function isHugePage(name: string): boolean {
  return name.startsWith('hugepages-')
}
/** Kubernetes: plain names and those under kubernetes.io are its own; all others are extended resources. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false
  return qualifiedNameErrors(`requests.${name}`).length === 0
}
/** Whether more of a resource may be promised than there is. */
export function mayOvercommit(name: string): boolean {
  return isNativeResource(name) && !isHugePage(name)
}

const wholeResources: ReadonlySet<string> = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
])
/** Whether only whole numbers of a resource make sense. */
export function isWholeResource(name: string): boolean {
  return wholeResources.has(name) || isExtendedResource(name)
}
