import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadDescriptions } from './descriptions.ts'
import { allResources } from './registry.ts'
import { builtInSchema } from './schema.ts'

test('every kind served by default is described, and nothing else is', async () => {
  const descriptions = await loadDescriptions()
  const silent = allResources.filter(
    ({ servedByDefault, type }) => servedByDefault && descriptions[type]?.[''] === undefined,
  )
  assert.deepEqual(
    silent.map(({ type }) => type),
    [],
  )
  for (const [name, texts] of Object.entries(descriptions)) {
    const type = builtInSchema.type(name)
    const strangers = Object.keys(texts).filter((field) => field !== '' && type?.field(field) === undefined)
    assert.deepEqual(strangers, [], name)
  }
})
