/** The kinds that are followed on both sides: where each is served, and whether in namespaces. */
const groups: Readonly<Record<string, string>> = {
  '/api/v1': `pods events services endpoints configmaps serviceaccounts persistentvolumeclaims replicationcontrollers
    resourcequotas nodes! namespaces! persistentvolumes!`,
  '/apis/apps/v1': 'deployments replicasets statefulsets daemonsets controllerrevisions',
  '/apis/batch/v1': 'jobs cronjobs',
  '/apis/discovery.k8s.io/v1': 'endpointslices',
  '/apis/policy/v1': 'poddisruptionbudgets',
  '/apis/resource.k8s.io/v1': 'resourceclaims',
}
const words = (text: string) => text.trim().split(/\s+/)

/** Of each kind by its plural: the path of its group, and whether its objects are in namespaces. */
export const kinds: ReadonlyMap<string, { readonly group: string; readonly namespaced: boolean }> = new Map(
  Object.entries(groups).flatMap(([group, plurals]) =>
    words(plurals).map((one) => [one.replace('!', ''), { group, namespaced: !one.endsWith('!') }] as const),
  ),
)

/** Where an object is served, or all of a kind. */
export function pathOf(plural: string, namespace?: string, name?: string, subresource?: string): string {
  const { group = '', namespaced = true } = kinds.get(plural) ?? {}
  const within = namespaced && namespace !== undefined ? `/namespaces/${namespace}` : ''
  return [`${group}${within}/${plural}`, name, subresource].filter((part) => part !== undefined).join('/')
}
