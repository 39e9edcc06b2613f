import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'

const maps = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' }

test('a list that is gone on with too late is refused, with a way to go on at what is there now', async () => {
  await using api = await startApi()
  for (const name of ['a', 'b', 'c', 'd'])
    await api.call({ ...maps, verb: 'create', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } } })
  const list = (token: string) => api.call({ ...maps, verb: 'list', query: { limit: '1', continue: token } } as never)
  const names = ({ items }: any) => items.map((one: any) => one.metadata.name)
  const first = await list('')
  const token = first.metadata.continue
  const second = await list(token)
  assert.deepEqual([names(first), names(second)], [['a'], ['b']])
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion)

  await api.call({ ...maps, verb: 'delete', name: 'a' })
  const aged = (text: string, ms: number) => {
    const said = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Buffer.from(JSON.stringify({ ...said, since: said.since - ms })).toString('base64url')
  }
  assert.deepEqual(names(await list(aged(token, 4 * 60_000))), ['b'])
  const error = await list(aged(token, 5 * 60_000)).catch((reason: unknown) => reason)
  assert.ok(error instanceof StatusError)
  assert.deepEqual([error.code, error.reason], [410, 'Expired'])
  // The pages of one list age together.
  await assert.rejects(list(aged(second.metadata.continue, 5 * 60_000)), { code: 410 })
  const onwards = await list((error.status.metadata as { continue: string }).continue)
  assert.deepEqual(names(onwards), ['b'])
  assert.notEqual(onwards.metadata.resourceVersion, first.metadata.resourceVersion)
  assert.deepEqual(names(await list(onwards.metadata.continue)), ['c'])
})
