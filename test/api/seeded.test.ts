import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import type { KubeObject } from '../../src/machinery/index.ts'
import {
  type APIService,
  apiServices,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  endpointSlices,
  endpoints,
  flowSchemas,
  namespaces,
  priorityClasses,
  priorityLevelConfigurations,
  type ResourceDefinition,
  roleBindings,
  roles,
  serviceAccounts,
  serviceCIDRs,
  storageClasses,
} from '../../src/resources/index.ts'

/** An object without what differs between two that were made alike, and who owns what of it. */
function comparable({ metadata, ...rest }: any): string {
  const { uid: _uid, resourceVersion: _revision, creationTimestamp: _time, managedFields, ...meta } = metadata
  // Kubernetes: nobody owns the status of an APIService of the server's own.
  const kept = managedFields?.filter(({ subresource }: any) => rest.kind !== apiServices.kind || !subresource)
  const owned = kept?.map(({ manager: _manager, time: _at, ...entry }: any) => entry)
  const value = rest.kind === priorityClasses.kind ? { value: undefined } : {}
  return JSON.stringify({ ...rest, ...value, metadata: { ...meta, owned } })
}

/** What can be deleted and made anew, since no rule is about having it. */
const replaced: readonly ResourceDefinition<any>[] = [
  ...[clusterRoles, clusterRoleBindings, roles, roleBindings, priorityLevelConfigurations, flowSchemas],
  ...[serviceAccounts, configMaps, storageClasses, endpoints, endpointSlices],
]
/** What is made once more under another name, since a cluster always has it. */
const likened: readonly ResourceDefinition<any>[] = [namespaces, priorityClasses, serviceCIDRs, apiServices]

test('what a new cluster is given without being asked about is what writers make of it, member for member', async () => {
  await using cluster = await startCluster({
    nodes: 0,
    without: ['controllers', 'scheduler'],
    features: { gates: { AllAlpha: true, AllBeta: true } },
  })
  const { client } = cluster
  /** The same under a name, by way of everybody who minds what is written. */
  async function madeLike(
    kind: ResourceDefinition<any>,
    given: KubeObject,
    from: string,
    to: string,
  ): Promise<KubeObject> {
    const { uid: _uid, resourceVersion: _revision, managedFields, ...metadata } = given.metadata
    // Kubernetes: no priority as high as those of the system is given to another name.
    const lower = kind === priorityClasses ? { value: 1000 } : {}
    // What its strategy fills in is left empty by whoever creates it.
    const less = kind === namespaces ? { spec: undefined } : {}
    const text = JSON.stringify({ ...given, ...lower, ...less, metadata })
    const body = JSON.parse(text.replaceAll(from, to))
    const made = await client.create(kind, body)
    if ((given as { status?: object }).status === undefined || kind === namespaces) return made
    const live = await client.get(kind, made.metadata)
    return client.update(kind, { ...live, status: (given as any).status }, 'status')
  }
  let compared = 0
  for (const kind of [...replaced, ...likened]) {
    for (const given of (await client.list(kind)).items) {
      // What controllers fill in is left empty by whoever creates it.
      if (given.aggregationRule !== undefined) continue
      // An APIService is named after its group, and the core group's as no other can be.
      const name = kind === apiServices ? (given as APIService).spec.group : given.metadata.name
      if (name === undefined) continue
      const other = replaced.includes(kind) ? name : `another-${name}`
      if (other === name) await client.delete(kind, given.metadata)
      const made = await madeLike(kind, given, name, other)
      assert.equal(comparable(given), comparable(made).replaceAll(other, name), `${kind.plural} ${name}`)
      compared++
    }
  }
  assert.ok(compared > 200, `${compared}`)
})
