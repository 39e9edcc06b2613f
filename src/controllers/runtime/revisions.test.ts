import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodTemplateSpec } from '../../resources/index.ts'
import { dataOf } from './revisions.ts'

test('a revision is written with its members sorted, because clients compare its bytes', () => {
  const template = { spec: { containers: [{ name: 'a', image: 'b' }] }, metadata: { labels: { b: '2', a: '1' } } }
  assert.equal(
    JSON.stringify(dataOf(template as PodTemplateSpec)),
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"image":"b","name":"a"}]}}}}',
  )
})
