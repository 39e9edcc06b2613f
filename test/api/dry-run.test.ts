import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'

const at = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' }
const named = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
const query = { dryRun: 'All' }

test('a dry run of a create stores nothing, and says of an object that is there what the create itself would', async () => {
  await using api = await startApi()
  await api.call({ ...at, verb: 'create', body: named('a'), query })
  await assert.rejects(
    api.call({ ...at, verb: 'get', name: 'a' }),
    (error) => error instanceof StatusError && error.code === 404,
  )
  await api.call({ ...at, verb: 'create', body: named('a') })
  await assert.rejects(
    api.call({ ...at, verb: 'create', body: named('a'), query }),
    (error) => error instanceof StatusError && error.code === 409 && error.message === 'configmaps "a" already exists',
  )
})
