import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml, parseYamlDocuments, YamlError, yamlText } from './yaml.ts'

test('scalars mean what they mean to Kubernetes', () => {
  const text = `
a: on
b: 0644
c: 0o17
d: 1_000
e: 12:30:45
f: 2020-01-01
g: 1e3
h: "5"
i: ~
j: 0x1F
k: .5
l: -3
m: !!str 7
1: one
true: yes
list: &l [1, "2"]
again: *l
<<: {z: 1, a: 2}
text: |
  two
  lines
`
  assert.deepEqual(parseYaml(text), {
    value: {
      a: true,
      b: 420,
      c: 15,
      d: 1000,
      e: '12:30:45',
      f: '2020-01-01',
      g: 1000,
      h: '5',
      i: null,
      j: 31,
      k: 0.5,
      l: -3,
      m: '7',
      1: 'one',
      true: true,
      list: [1, '2'],
      again: [1, '2'],
      z: 1,
      text: 'two\nlines\n',
    },
    duplicates: [],
  })
})

test('streams give every document, and keys given twice are told with their line', () => {
  assert.deepEqual(parseYamlDocuments('---\na: 1\n---\nb:\n  foo: 1\n  foo: 2\n'), [
    { value: { a: 1 }, duplicates: [] },
    { value: { b: { foo: 2 } }, duplicates: ['line 6: key "foo" already set in map'] },
  ])
  assert.deepEqual(parseYaml('').value, null)
})

test('what is not YAML is refused with its line', () => {
  const table: Record<string, string> = {
    'a: b: c': 'yaml: line 1: mapping values are not allowed in this context',
    'x: 1\na:\n\t- b': 'yaml: line 3: found character that cannot start any token',
    'a: *nope': "yaml: line 1: unknown anchor 'nope' referenced",
    'a: &a [*a]': "yaml: line 1: anchor 'a' value contains itself",
    '[1, 2': "yaml: line 1: did not find expected ',' or ']'",
    '? [a]\n: b': 'yaml: line 1: invalid map key: map or sequence',
    'a: .inf': 'yaml: line 1: json: unsupported value: inf',
  }
  const found = Object.keys(table).map((text) => {
    try {
      return [text, parseYaml(text)]
    } catch (error) {
      assert(error instanceof YamlError)
      return [text, error.message.replace('error converting YAML to JSON: ', '')]
    }
  })
  assert.deepEqual(Object.fromEntries(found), table)
})

test('a bomb of aliases is refused, not expanded', () => {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]']
  for (let n = 1; n < 12; n++)
    lines.push(
      `a${n}: &a${n} [${Array(10)
        .fill(`*a${n - 1}`)
        .join(',')}]`,
    )
  assert.throws(() => parseYaml(lines.join('\n')), /excessive aliasing/)
})

test('no key reaches the prototype', () => {
  const { value } = parseYaml('__proto__: {polluted: true}')
  assert.deepEqual([Object.keys(value as object), ({} as { polluted?: boolean }).polluted], [['__proto__'], undefined])
})

test('YAML is printed as kubectl prints it, and reads back the same', () => {
  const value = {
    spec: {
      list: [{ b: 'yes', a: 1 }, 'x'],
      empty: [],
      map: {},
      text: 'a\nb\n',
      time: '12:30:45',
      number: '0644',
      plain: 'web',
    },
    apiVersion: 'v1',
    none: null,
  }
  const text = yamlText(value)
  assert.equal(
    text,
    `apiVersion: v1
none: null
spec:
  empty: []
  list:
  - a: 1
    b: "yes"
  - x
  map: {}
  number: "0644"
  plain: web
  text: |
    a
    b
  time: "12:30:45"
`,
  )
  assert.deepEqual(parseYaml(text).value, value)
})
