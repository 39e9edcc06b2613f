/** What controllers do with kinds they learn of while they run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster, type TestCluster } from '../../src/index.ts'
import { StatusError } from '../../src/machinery/index.ts'
import { configMaps, customResourceDefinitions, discoveredResource, namespaces } from '../../src/resources/index.ts'
import { things } from '../fixtures/api.ts'

const ofThings = discoveredResource({
  group: 'example.com',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  singular: 'thing',
  scope: 'Namespaced',
  verbs: ['get', 'list', 'watch', 'create', 'delete', 'patch', 'update'],
  shortNames: [],
  categories: [],
})
const thing = (name: string, namespace: string, metadata: object = {}): any => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name, namespace, ...metadata },
})

async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error('not so after a while')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
const isGone = (promise: Promise<unknown>) =>
  promise.then(
    () => false,
    (error: unknown) => error instanceof StatusError && error.reason === 'NotFound',
  )

async function withThings(): Promise<TestCluster> {
  const cluster = await startCluster({ nodes: 0 })
  await cluster.client.create(customResourceDefinitions, things({ v1: { type: 'object' } }))
  await until(async () => {
    const crd = await cluster.client.get(customResourceDefinitions, { name: 'things.example.com' })
    return crd.status.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true
  })
  return cluster
}
const ownedBy = ({ apiVersion, kind, metadata }: any) => ({
  ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, blockOwnerDeletion: true }],
})

test('what a custom resource owns goes with it, and what owns one is waited for or left', async () => {
  await using cluster = await withThings()
  const { client } = cluster
  const owner = await client.create(ofThings, thing('owner', 'default'))
  const at = { name: 'child', namespace: 'default' }
  await client.create(configMaps, { metadata: { ...at, ...ownedBy(owner) }, data: {} } as any)
  await client.create(ofThings, thing('child', 'default', ownedBy(owner)))
  await client.delete(ofThings, { name: 'owner', namespace: 'default' }, { propagationPolicy: 'Foreground' })
  await until(() => isGone(client.get(configMaps, at)))
  await until(() => isGone(client.get(ofThings, at)))
  await until(() => isGone(client.get(ofThings, { name: 'owner', namespace: 'default' })))
  const second = await client.create(ofThings, thing('owner', 'default'))
  await client.create(ofThings, thing('child', 'default', ownedBy(second)))
  await client.delete(ofThings, { name: 'owner', namespace: 'default' }, { propagationPolicy: 'Orphan' })
  await until(() => isGone(client.get(ofThings, { name: 'owner', namespace: 'default' })))
  const orphan = await client.get<any>(ofThings, at)
  assert.equal(orphan.metadata.ownerReferences, undefined)
})

test('a namespace goes with its custom resources, and says whose finalizers it waits for', async () => {
  await using cluster = await withThings()
  const { client } = cluster
  await client.create(namespaces, { metadata: { name: 'n' } } as any)
  await client.create(ofThings, thing('free', 'n'))
  await client.create(ofThings, thing('held', 'n', { finalizers: ['example.com/hold'] }))
  await client.delete(namespaces, { name: 'n' })
  await until(async () => {
    const { status } = await client.get(namespaces, { name: 'n' })
    const found = status.conditions?.find(({ type }) => type === 'NamespaceFinalizersRemaining')
    return (
      found?.message ===
      'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances'
    )
  })
  await until(() => isGone(client.get(ofThings, { name: 'free', namespace: 'n' })))
  await client.patch(
    ofThings,
    { name: 'held', namespace: 'n' },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  )
  await until(() => isGone(client.get(namespaces, { name: 'n' })))
})
