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

test('that an object to be created states a revision is minded after all else, and not in a dry run', async () => {
  await using api = await startApi()
  const stating = (name: string) => ({ ...named(name), metadata: { name, resourceVersion: '7' } })
  const create = (name: string, more: object = {}) => api.call({ ...at, verb: 'create', body: stating(name), ...more })
  await assert.rejects(create('Not-A-Name'), (error) => error instanceof StatusError && error.code === 422)
  await assert.rejects(create('a'), {
    message: 'resourceVersion should not be set on objects to be created',
    code: 500,
  })
  await create('a', { query })
})
