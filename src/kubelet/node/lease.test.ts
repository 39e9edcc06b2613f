import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../client/index.ts'
import { manualClock, notFound } from '../../machinery/index.ts'
import type { Lease } from '../../resources/index.ts'
import { renewLease } from './lease.ts'

test('a Lease is made once there is a Node to own it, and one without an owner gets it', async () => {
  const stored = new Map<string, any>()
  const client = {
    async get({ plural }: { plural: string }) {
      const found = stored.get(plural)
      if (found === undefined) throw notFound({ group: '', resource: plural }, 'n')
      return found
    },
    async create({ plural }: { plural: string }, object: Lease) {
      stored.set(plural, object)
      return object
    },
    async update({ plural }: { plural: string }, object: Lease) {
      stored.set(plural, object)
      return object
    },
  } as unknown as Client
  const parts = { client, clock: manualClock(), nodeName: 'n' }
  await assert.rejects(renewLease(parts, undefined), { message: /nodes "n" not found/ })
  stored.set('nodes', { metadata: { name: 'n', uid: 'u' } })
  const owner = [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }]
  assert.deepEqual((await renewLease(parts, undefined)).metadata.ownerReferences, owner)
  stored.set('leases', { metadata: { name: 'n' }, spec: {} })
  assert.deepEqual((await renewLease(parts, undefined)).metadata.ownerReferences, owner)
})
