import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJsonStrict } from '../../machinery/index.ts'
import { RepeatedBodies } from './repeated-bodies.ts'

const pod = (metadata: object, spec: object = { containers: [{ name: 'c', image: 'x' }] }) =>
  JSON.stringify({ kind: 'Pod', metadata, spec })
const cases: readonly (readonly [name: string, texts: readonly string[], isAlike: boolean])[] = [
  ['names alone', [pod({ name: 'a' }), pod({ name: 'b-1' }), pod({ name: 'c.d' })], true],
  ['names, and a line end behind each', [`${pod({ name: 'a' })}\n`, `${pod({ name: 'b' })}\n`], true],
  ['nothing', [pod({ generateName: 'a-' }), pod({ generateName: 'a-' })], true],
  ['a label', [pod({ name: 'a', labels: { a: 'a' } }), pod({ name: 'b', labels: { a: 'b' } })], false],
  [
    'what is called by the name as well',
    [pod({ name: 'c' }), pod({ name: 'd' }, { containers: [{ name: 'd' }] })],
    false,
  ],
  ['names that are written with escapes', [pod({ name: 'a' }), pod({ name: 'b"' })], false],
  ['names that are none', [pod({ name: 'a' }), pod({ name: 7 })], false],
  ['spaces', ['{ "metadata": {"name":"a"}}', '{ "metadata": {"name":"b"}}'], false],
  ['the mark', [pod({ name: 'a', labels: { a: '\u0001' } }), pod({ name: 'b', labels: { a: '\u0001' } })], false],
]
for (const [name, texts, isAlike] of cases)
  test(`bodies that differ in ${name} are ${isAlike ? '' : 'not '}taken as alike, and read as they are`, () => {
    const bodies = new RepeatedBodies()
    const read = texts.map((text) => bodies.read(text))
    assert.deepEqual(
      read.map(({ value }) => value),
      texts.map((text) => JSON.parse(text)),
    )
    const alike = read.every(({ like }) => like !== undefined && like === read[0]!.like)
    assert.equal(alike, isAlike)
  })

test('what is wrong with a body is said each time', () => {
  const bodies = new RepeatedBodies()
  const twice = '{"metadata":{"name":"a","name":"a"}}'
  for (const _round of [1, 2]) {
    assert.deepEqual(bodies.read(twice), parseJsonStrict(twice))
    assert.throws(() => bodies.read('{"metadata":'), /unexpected end of JSON input/)
  }
})

test('only the last bodies are looked back to', () => {
  const bodies = new RepeatedBodies()
  const first = bodies.read(pod({ name: 'a' }, { at: 0 }))
  for (let at = 1; at < 20; at++) bodies.read(pod({ name: 'a' }, { at }))
  assert.notEqual(bodies.read(pod({ name: 'b' }, { at: 0 })).like, first.like)
})
