import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../client/index.ts'
import { Metrics } from '../../machinery/index.ts'
import { nodeIpamController } from './controller.ts'

test('nodes that are looked at together are given different ranges, and a full network gives none', async () => {
  const patched: string[] = []
  const events: string[] = []
  const nodes = new Map(
    ['a', 'b', 'c', 'd', 'e'].map((name) => [
      name,
      { metadata: { name, uid: name }, spec: {} as { podCIDRs?: string[] } },
    ]),
  )
  const client = {
    async patch(_of: unknown, _name: unknown, { body }: { body: { spec: { podCIDR: string } } }) {
      // Every reconcile is under way before the first write is done.
      await new Promise((resolve) => setImmediate(resolve))
      patched.push(body.spec.podCIDR)
    },
  } as unknown as Client
  const reconcile = nodeIpamController.start({
    cached: () => ({ addIndex() {}, get: ({ name }: { name: string }) => nodes.get(name), by: () => [] }),
    config: { clusterCidr: '10.1.0.0/22', nodeCidrMaskSize: 24 },
    metrics: new Metrics(),
    record: (_node: unknown, _type: string, reason: string) => void events.push(reason),
  } as never)
  const context = { client, because() {} } as never
  const outcomes = await Promise.allSettled(
    [...nodes.keys()].map((name) => reconcile({ namespace: '', name }, context)),
  )
  assert.deepEqual(patched.sort(), ['10.1.0.0/24', '10.1.1.0/24', '10.1.2.0/24', '10.1.3.0/24'])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
  )
  assert.deepEqual(events, ['CIDRNotAvailable'])
})
