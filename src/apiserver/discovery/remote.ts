/** A group version that another server serves, as discovery shows it. */
export interface RemoteVersion {
  readonly group: string
  readonly version: string
  readonly groupPriorityMinimum: number
  readonly versionPriority: number
  /** apidiscovery.k8s.io/v2 APIResourceDiscovery, as last seen. */
  readonly resources: readonly object[]
  /** The server does not answer now. */
  readonly stale: boolean
}

/** An APIResourceList in the form that aggregated discovery has for it. */
export function discoveredVersion(group: string, version: string, list: any): readonly object[] {
  const all: readonly any[] = list?.resources ?? []
  const kindOf = (one: any) => ({ group: one.group || group, version: one.version || version, kind: one.kind })
  return all
    .filter(({ name }) => !String(name).includes('/'))
    .map((one) => {
      const subresources = all
        .filter(({ name }) => String(name).startsWith(`${one.name}/`))
        .map((sub) => ({
          subresource: String(sub.name).slice(String(one.name).length + 1),
          responseKind: kindOf(sub),
          verbs: sub.verbs ?? [],
        }))
      return {
        resource: one.name,
        responseKind: kindOf(one),
        scope: one.namespaced === true ? 'Namespaced' : 'Cluster',
        singularResource: one.singularName ?? '',
        verbs: one.verbs ?? [],
        ...((one.shortNames?.length ?? 0) === 0 ? {} : { shortNames: one.shortNames }),
        ...((one.categories?.length ?? 0) === 0 ? {} : { categories: one.categories }),
        ...(subresources.length === 0 ? {} : { subresources }),
      }
    })
}
