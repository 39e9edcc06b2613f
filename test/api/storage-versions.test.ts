import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import {
  agreementOf,
  customResourceDefinitions,
  discoveredResource,
  leases,
  storageVersionMigrations,
  storageVersions,
} from '../../src/resources/index.ts'
import { startApi, things } from '../fixtures/api.ts'
import { until } from '../fixtures/until.ts'

const ofThings = (version: string) =>
  discoveredResource({
    ...{ group: 'example.com', version, kind: 'Thing', plural: 'things', singular: 'thing', scope: 'Namespaced' },
    verbs: ['get', 'list', 'watch', 'create', 'delete', 'patch', 'update'],
    ...{ shortNames: [], categories: [] },
  })
const migrationOf = (name: string, group: string, resource: string): any => ({
  apiVersion: 'storagemigration.k8s.io/v1beta1',
  kind: 'StorageVersionMigration',
  metadata: { name },
  spec: { resource: { group, resource } },
})
/** Servers tell of their resources in the order they serve them. */
const lastTold = `${storageVersions.group}.${storageVersions.plural}`
const isTrue = (object: any, type: string) =>
  object.status?.conditions?.some((one: any) => one.type === type && one.status === 'True') === true

test('a migration stores every custom resource in the version that is stored now, and the declaration forgets the others', async () => {
  await using cluster = await startCluster({
    nodes: 0,
    features: {
      gates: { StorageVersionMigrator: true },
      runtimeConfig: { 'storagemigration.k8s.io/v1beta1': 'true' },
    },
  })
  const { client } = cluster
  const at = { name: 'things.example.com' }
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  await client.create(customResourceDefinitions, things({ v1: open, v2: open }))
  await until(
    () => client.get(customResourceDefinitions, at),
    (one) => isTrue(one, 'Established'),
  )
  const thing: any = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a', namespace: 'default' } }
  const before = await client.create(ofThings('v1'), { ...thing, spec: { a: 1 } })
  const bare = await client.create(ofThings('v1'), { ...thing, metadata: { ...thing.metadata, name: 'b' } })
  const body = [
    { op: 'replace', path: '/spec/versions/1/storage', value: false },
    { op: 'replace', path: '/spec/versions/0/storage', value: true },
  ]
  const changed = await client.patch(customResourceDefinitions, at, { type: 'json', body })
  assert.deepEqual(changed.status.storedVersions, ['v2', 'v1'])

  await client.create(storageVersionMigrations, migrationOf('first', 'example.com', 'things'))
  await client.create(storageVersionMigrations, migrationOf('none', '', 'nodes'))
  await client.create(storageVersionMigrations, migrationOf('reviews', 'authentication.k8s.io', 'tokenreviews'))
  const done = await until(
    () => client.get(storageVersionMigrations, { name: 'first' }),
    (one) => isTrue(one, 'Succeeded') && !isTrue(one, 'Running'),
  )
  assert.deepEqual(
    done.status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['Running', 'False', 'MigrationCompleted', 'Migration completed'],
      ['Succeeded', 'True', 'StorageVersionMigrationSucceeded', ''],
    ],
  )
  assert.match(done.status?.resourceVersion ?? '', /^\d+$/)
  const declaration = await client.get(customResourceDefinitions, at)
  assert.deepEqual(declaration.status.storedVersions, ['v1'])
  const told = declaration.status.conditions?.find(({ type }) => type === 'StorageMigrating')
  assert.deepEqual(
    [told?.status, told?.reason, told?.message],
    ['False', 'MigrationSucceeded', 'The migration has succeeded and the stored versions have been updated'],
  )
  const after = await client.get(ofThings('v1'), { name: 'a', namespace: 'default' })
  assert.notEqual(after.metadata.resourceVersion, before.metadata.resourceVersion, 'it was written')
  assert.deepEqual(after.metadata.managedFields, before.metadata.managedFields)
  const bareAfter = await client.get(ofThings('v1'), { name: 'b', namespace: 'default' })
  assert.deepEqual(bareAfter.metadata.managedFields, bare.metadata.managedFields)
  await until(
    () => client.get(storageVersionMigrations, { name: 'none' }),
    (one) => isTrue(one, 'Succeeded'),
  )
  const failed = await until(
    () => client.get(storageVersionMigrations, { name: 'reviews' }),
    (one) => isTrue(one, 'Failed'),
  )
  assert.equal(
    failed.status?.conditions?.find(({ type }) => type === 'Failed')?.message,
    'resource "authentication.k8s.io/v1, Resource=tokenreviews" does not support discovery operations: [update patch list]',
  )
})

test('a server tells how it stores things, under the name of its lease', async () => {
  await using api = await startApi({
    hostname: 'h',
    features: {
      gates: { StorageVersionAPI: true },
      runtimeConfig: { 'internal.apiserver.k8s.io/v1alpha1': 'true' },
    },
  })
  const at = { group: 'internal.apiserver.k8s.io', version: 'v1alpha1', resource: 'storageversions' }
  const list = await api.until({ verb: 'list', ...at }, ({ items = [] }) =>
    items.some(({ metadata, status }: any) => metadata.name === lastTold && status?.storageVersions !== undefined),
  )
  const statusOf = (name: string) => list.items.find(({ metadata }: any) => metadata.name === name)?.status
  const { items } = await api.call({
    ...{ verb: 'list', group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace: 'kube-system' },
  })
  assert.deepEqual(statusOf('apps.deployments').storageVersions, [
    {
      apiServerID: items[0].metadata.name,
      encodingVersion: 'apps/v1',
      decodableVersions: ['apps/v1', 'apps/v1beta2', 'apps/v1beta1'],
      servedVersions: ['apps/v1'],
    },
  ])
  assert.equal(statusOf('apps.deployments').commonEncodingVersion, 'apps/v1')
  assert.equal(statusOf('core.events').commonEncodingVersion, 'v1')
  assert.equal(statusOf('events.k8s.io.events'), undefined, 'they share one store')
  assert.equal(isTrue({ status: statusOf('core.pods') }, 'AllEncodingVersionsEqual'), true)
})

test('what servers told whose leases are gone is taken away', async () => {
  await using cluster = await startCluster({
    nodes: 0,
    features: {
      gates: { StorageVersionAPI: true },
      runtimeConfig: { 'internal.apiserver.k8s.io/v1alpha1': 'true' },
    },
  })
  const { client } = cluster
  const lease = (name: string): any => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-system', labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver' } },
    spec: { holderIdentity: name, leaseDurationSeconds: 3600, renewTime: '2126-01-01T00:00:00.000000Z' },
  })
  await client.create(leases, lease('one'))
  await client.create(leases, lease('two'))
  const version: any = { metadata: { name: 'core.pods' }, spec: {} }
  const made = await client.create(storageVersions, version)
  const told = (apiServerID: string, version: string) => ({
    ...{ apiServerID, encodingVersion: version, decodableVersions: [version], servedVersions: [version] },
  })
  const status = agreementOf(made, [told('one', 'v1'), told('two', 'v2')], 0)
  assert.equal(status.commonEncodingVersion, undefined)
  await client.update(storageVersions, { ...made, status }, 'status')
  await client.delete(leases, { name: 'two', namespace: 'kube-system' })
  const left = await until(
    () => client.get(storageVersions, { name: 'core.pods' }),
    (one) => one.status?.storageVersions?.length === 1,
  )
  assert.equal(left.status?.commonEncodingVersion, 'v1')
  assert.equal(isTrue(left, 'AllEncodingVersionsEqual'), true)
  await client.delete(leases, { name: 'one', namespace: 'kube-system' })
  await until(
    () => client.list(storageVersions),
    ({ items }) => items.length === 0,
  )
})

test('nothing is written before the server has told how it is stored', async () => {
  await using api = await startApi({ hostname: 'h', features: { gates: { StorageVersionAPI: true } } })
  const path = '/api/v1/namespaces/default/configmaps'
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'a-' } }
  const deadline = Date.now() + 20_000
  for (;;) {
    const { code, body: reply } = await api.http('POST', path, { body })
    if (code === 201) break
    assert.equal(code, 503, reply)
    assert.match(
      reply,
      /wait for storage version registration to complete for resource: configmaps, last seen error: <nil>/,
    )
    assert.ok(Date.now() < deadline)
    await new Promise((resolve) => setImmediate(resolve))
  }
})
