import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namespaces, nodes } from '../resources/index.ts'
import { startCluster } from './in-process.ts'

test('a cluster that has started has its nodes and namespaces, and can be stopped at once', async () => {
  const cluster = await startCluster({ nodes: 2 })
  const [registered, there] = await Promise.all([cluster.client.list(nodes), cluster.client.list(namespaces)])
  assert.deepEqual(
    registered.items.map(({ metadata }) => metadata.name),
    ['node-1', 'node-2'],
  )
  assert.ok(there.items.some(({ metadata }) => metadata.name === 'kube-system'))
  await cluster.stop()
})

test('stopping while everything is still filling its caches ends all of it', async () => {
  const cluster = await startCluster({ nodes: 0 })
  await cluster.stop()
  await cluster.stop()
})
