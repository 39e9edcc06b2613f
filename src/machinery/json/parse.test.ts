import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTextOrder, JsonSyntaxError, parseJsonStrict } from './parse.ts'

test('json reports every name given twice, by its path', () => {
  const cases = [
    { text: '{"a":1,"b":{"a":1}}', findings: [] },
    { text: '{"a":1,"a":2}', findings: ['duplicate field "a"'] },
    { text: '{"spec":{"replicas":1,"replicas":2,"replicas":3}}', findings: ['duplicate field "spec.replicas"'] },
    {
      text: '{"a":[{"b":1},{"b":1,"b" :2}], "a":"x\\"y:{"}',
      findings: ['duplicate field "a[1].b"', 'duplicate field "a"'],
    },
    { text: '{"\\u0061":1,"a":2}', findings: ['duplicate field "a"'] },
    { text: '{"a":1,"a":1}\n', findings: ['duplicate field "a"'] },
    { text: '{"1":1,"a":2,"1":1}', findings: ['duplicate field "1"'] },
    { text: '["a:b","c\\\\",":"]', findings: [] },
    { text: '{"__proto__":1,"x":{"__proto__":2}}', findings: [] },
  ]
  for (const { text, findings } of cases) assert.deepEqual(parseJsonStrict(text).findings, findings, text)
})

test('unknown and repeated fields are told in the order of the text, an unknown one only as unknown', () => {
  const text = '{"spec":{"odd":1,"replicas":2,"replicas":3,"odd":4,"list":[{"x":1,"strange":2,"x":3}]}}'
  const { paths = [] } = parseJsonStrict(text)
  const unknown = ['unknown field "spec.odd"', 'unknown field "spec.list[0].strange"']
  assert.deepEqual(inTextOrder(paths, unknown), [
    ...['unknown field "spec.odd"', 'duplicate field "spec.replicas"'],
    ...['unknown field "spec.list[0].strange"', 'duplicate field "spec.list[0].x"'],
  ])
  assert.equal('paths' in parseJsonStrict('{"a":1}'), false)
})

test('json that is malformed is refused in the words of Go', () => {
  const cases = {
    '': 'unexpected end of JSON input',
    '{': 'unexpected end of JSON input',
    '{"a"': 'unexpected end of JSON input',
    '{"a":tru}': "invalid character '}' in literal true (expecting 'e')",
    '{a:1}': "invalid character 'a' looking for beginning of object key string",
    '{"a" 1}': "invalid character '1' after object key",
    '{"a":1 "b":2}': "invalid character '\"' after object key:value pair",
    '[1 2]': "invalid character '2' after array element",
    '[1,]': "invalid character ']' looking for beginning of value",
    hello: "invalid character 'h' looking for beginning of value",
    '{} x': "invalid character 'x' after top-level value",
    '"\\q"': "invalid character 'q' in string escape code",
    '"a\nb"': "invalid character '\\n' in string literal",
    '[01]': "invalid character '1' after array element",
    '[1.]': "invalid character ']' after decimal point in numeric literal",
    [`${'['.repeat(1001)}`]: 'exceeded max depth',
  }
  for (const [text, message] of Object.entries(cases)) {
    assert.throws(() => parseJsonStrict(text), { name: JsonSyntaxError.name, message }, text.slice(0, 40))
  }
})

test('json bytes are read as text is', () => {
  assert.deepEqual(parseJsonStrict(new TextEncoder().encode('{"ä":[1,null,true]}')), {
    value: { ä: [1, null, true] },
    findings: [],
  })
})
