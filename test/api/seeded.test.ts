import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import {
  clusterRoleBindings,
  clusterRoles,
  flowSchemas,
  priorityLevelConfigurations,
  type ResourceDefinition,
  roleBindings,
  roles,
} from '../../src/resources/index.ts'

/** What differs between two objects that were made alike. */
function comparable({ metadata, status: _status, ...rest }: any): string {
  const { uid: _uid, resourceVersion: _revision, creationTimestamp: _time, managedFields, ...meta } = metadata
  // Whoever writes a status comes after it was made.
  const makers = managedFields.filter(({ subresource }: any) => subresource === undefined)
  return JSON.stringify({ ...rest, metadata: { ...meta, fields: makers[0].fieldsV1, managers: makers.length } })
}

test('what a new cluster is given without being asked about is what create makes of it, member for member', async () => {
  await using cluster = await startCluster({
    nodes: 0,
    without: ['controllers', 'scheduler'],
    features: { gates: { AllAlpha: true, AllBeta: true } },
  })
  const { client } = cluster
  const kinds: readonly ResourceDefinition<any>[] = [
    clusterRoles,
    clusterRoleBindings,
    roles,
    roleBindings,
    priorityLevelConfigurations,
    flowSchemas,
  ]
  let compared = 0
  for (const kind of kinds) {
    for (const given of (await client.list(kind)).items) {
      const {
        uid: _uid,
        resourceVersion: _revision,
        creationTimestamp: _time,
        managedFields: _managers,
        ...metadata
      } = given.metadata
      // What controllers fill in is left empty by whoever creates it.
      if (given.aggregationRule !== undefined) continue
      await client.delete(kind, metadata)
      const made = await client.create(kind, { ...given, metadata })
      assert.equal(comparable(given), comparable(made))
      compared++
    }
  }
  assert.ok(compared > 120, `${compared}`)
})
