import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonDiff } from './diff.ts'

test('a diff shows the changed lines only, whatever the order of keys', () => {
  assert.equal(jsonDiff({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }), '')
  assert.equal(
    jsonDiff({ image: 'nginx:1', name: 'web' }, { name: 'web', image: 'nginx:2' }),
    '@@ -1,4 +1,4 @@\n {\n- "image": "nginx:1",\n+ "image": "nginx:2",\n  "name": "web"\n }\n',
  )
})
