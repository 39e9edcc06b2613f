import { createHash } from 'node:crypto'
import type { GroupFacts, ResourceDefinition } from '../../resources/index.ts'
import type { RemoteVersion } from './remote.ts'

/** What is served: the groups in discovery's order, and the resources of each version. */
export interface Served {
  readonly groups: readonly GroupFacts[]
  readonly resources: readonly ResourceDefinition<any>[]
  /** Group versions that other servers serve. */
  readonly remotes: readonly RemoteVersion[]
}

const gvOf = (group: string, version: string) => (group === '' ? version : `${group}/${version}`)

/** /api */
export function apiVersions(address: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  }
}

/** /apis */
export function apiGroupList(served: Served): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: servedGroups(served)
      .filter(({ group }) => group !== '')
      .map((group) => groupOf(group)),
  }
}

/** /apis/GROUP, or undefined when it is not served. */
export function apiGroup(served: Served, name: string): object | undefined {
  const group = servedGroups(served).find((one) => one.group === name && name !== '')
  return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) }
}

function groupOf({ group, versions }: ServedGroup): object {
  const list = versions.map((version) => ({ groupVersion: gvOf(group, version), version }))
  return { name: group, versions: list, preferredVersion: list[0] }
}

interface ServedGroup {
  readonly group: string
  readonly versions: readonly string[]
}

/** Groups that have something to serve, versions with something in them, in order of preference. */
export function servedGroups({ groups, resources, remotes }: Served): readonly ServedGroup[] {
  const live = new Set([...resources, ...remotes].map(({ group, version }) => gvOf(group, version)))
  return groups
    .map(({ group, versions }) => ({
      group,
      versions: versions.map(({ version }) => version).filter((version) => live.has(gvOf(group, version))),
    }))
    .filter(({ versions }) => versions.length > 0)
}

/** /api/v1 or /apis/GROUP/VERSION, or undefined when it is not served. */
export function apiResourceList({ resources }: Served, group: string, version: string): object | undefined {
  const byText = (left: string, right: string) => (left < right ? -1 : 1)
  const list = resources
    .filter((one) => one.group === group && one.version === version)
    .sort((a, b) => byText(a.plural, b.plural))
  if (list.length === 0) return undefined
  // Kubernetes: of custom resources the status is listed before the scale.
  const isDeclared = list.some(({ custom }) => custom !== undefined)
  return {
    kind: 'APIResourceList',
    // Kubernetes: the core group's list does not say its own version.
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: gvOf(group, version),
    resources: list
      .flatMap((definition) => [
        {
          name: definition.plural,
          singularName: definition.singular,
          namespaced: definition.scope === 'Namespaced',
          kind: definition.kind,
          verbs: definition.verbs,
          ...(definition.shortNames.length === 0 ? {} : { shortNames: definition.shortNames }),
          ...(definition.categories.length === 0 ? {} : { categories: definition.categories }),
          ...(definition.stored ? { storageVersionHash: definition.storage.hash } : {}),
        },
        ...definition.subresources.map((one) => ({
          name: `${definition.plural}/${one.name}`,
          singularName: '',
          namespaced: definition.scope === 'Namespaced',
          ...(one.group === undefined || (one.group === definition.group && one.version === definition.version)
            ? {}
            : { group: one.group, version: one.version }),
          kind: one.kind ?? definition.kind,
          verbs: one.verbs,
        })),
      ])
      .sort((a, b) => (isDeclared ? 0 : byText(a.name, b.name))),
  }
}

/** apidiscovery.k8s.io/v2 APIGroupDiscoveryList of /api or /apis: everything a client needs in two requests. */
export function aggregatedDiscovery(served: Served, core: boolean): object {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: servedGroups(served)
      .filter(({ group }) => (group === '') === core)
      .map(({ group, versions }) => ({
        metadata: group === '' ? {} : { name: group },
        versions: versions.map((one) => {
          const remote = served.remotes.find((found) => found.group === group && found.version === one)
          return {
            version: one,
            resources:
              remote?.resources ??
              served.resources
                .filter((definition) => definition.group === group && definition.version === one)
                .map(resourceDiscovery),
            freshness: remote?.stale === true ? 'Stale' : 'Current',
          }
        }),
      })),
  }
}

/** Kubernetes: what is of the group version that it is listed below says neither. */
const ownVersion = { group: '', version: '' }

function resourceDiscovery(definition: ResourceDefinition<any>): object {
  const { group, version, kind, plural, singular, scope, verbs, shortNames, categories, subresources } = definition
  const versionOf = (one: { readonly group?: string; readonly version?: string }) =>
    (one.group ?? group) === group && (one.version ?? version) === version
      ? ownVersion
      : { group: one.group ?? group, version: one.version ?? version }
  return {
    resource: plural,
    responseKind: { ...ownVersion, kind },
    scope,
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((one) => ({
            subresource: one.name,
            responseKind: { ...versionOf(one), kind: one.kind ?? kind },
            verbs: one.verbs,
          })),
        }),
  }
}

/** A quoted ETag of a document: the same document has the same tag on every server. */
export function etagOf(bytes: Uint8Array): string {
  return `"${createHash('sha512').update(bytes).digest('hex').toUpperCase()}"`
}
