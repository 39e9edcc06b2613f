import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goText, valueText } from './status.ts'

test('a bad value is printed as Go prints it: quoted, or as JSON fit for HTML', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [undefined, 'null'],
    [3, '3'],
    ['a "b" <c>\n\\u0000', String.raw`"a \"b\" <c>\n\\u0000"`],
    ['\u0000\u0007\u000b\u001b\u007f\u2028', String.raw`"\x00\a\v\x1b\x7f\u2028"`],
    [{ name: 'a<b>&c' }, String.raw`{"name":"a\u003cb\u003e\u0026c"}`],
    [['é\u2028'], String.raw`["é\u2028"]`],
  ]
  for (const [value, text] of cases) assert.equal(valueText(value), text)
})

test('a value within a sentence is printed as Go prints it', () => {
  assert.equal(goText({ b: [1, null, 'x'], a: true }), 'map[a:true b:[1 <nil> x]]')
})
