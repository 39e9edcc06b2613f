import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { textLength } from './text-length.ts'

test('six bytes for each character that is counted are never too few', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const bytes = Buffer.byteLength(JSON.stringify(value))
      assert.ok(textLength(value) * 6 >= bytes, `${textLength(value)} for ${bytes} bytes`)
    }),
  )
  for (const text of ['\u0000'.repeat(100), '"'.repeat(100), '€'.repeat(100), '\ud800'.repeat(100)])
    for (const value of [text, [text], { [text]: text }])
      assert.ok(textLength(value) * 6 >= Buffer.byteLength(JSON.stringify(value)))
})

test('what is plain is counted nearly as it is written', () => {
  const value = {
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'app' }] },
  }
  const written = JSON.stringify(value).length
  assert.ok(Math.abs(textLength(value) - written) <= written * 0.2, `${textLength(value)} of ${written}`)
})
