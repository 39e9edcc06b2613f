import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { textLength, textLengthAfter } from './text-length.ts'

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

test('the length of what came about from something else is told from what differs', () => {
  const tree = fc.jsonValue({ maxDepth: 3 })
  const list = fc.array(fc.oneof(tree, fc.dictionary(fc.string(), tree)), { maxLength: 40 })
  fc.assert(
    fc.property(list, list, fc.array(fc.nat()), tree, (some, others, at, value) => {
      // Some items stay where they are, some stand elsewhere, some come twice, some are new.
      const next = [...some.filter((_, index) => at[index] !== 0), ...others, ...at.map((index) => some[index] ?? null)]
      for (const [is, was] of [
        [next, some],
        [
          { list: next, value },
          { list: some, others },
        ],
        [
          { value: some, list: next },
          { value, list: { value } },
        ],
      ] as const)
        assert.equal(textLengthAfter(is, was, textLength(was)), textLength(is))
    }),
  )
  const odd = ['{"toString":"x"}', '{"__proto__":[1]}', '{"valueOf":{"constructor":2}}', '{}'].map((text) =>
    JSON.parse(text),
  )
  for (const is of odd)
    for (const was of odd)
      assert.equal(textLengthAfter(is, was, textLength(was)), textLength(is), JSON.stringify([is, was]))
})
