import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJsonStrict, parseYaml } from '../../machinery/index.ts'
import { Configurations } from './configurations.ts'

const json = (text: string) => {
  try {
    const { value, findings } = parseJsonStrict(text)
    return findings.length === 0 ? { value, findings } : undefined
  } catch {
    return undefined
  }
}
const yaml = (text: string) => {
  const { value, duplicates } = parseYaml(text)
  return { value, findings: duplicates }
}
const spec = { replicas: 1, list: Array.from({ length: 50 }, (_, at) => ({ name: `n-${at}`, value: 'v' })) }
const written = JSON.stringify(spec)
const withSpec = (metadata: object, more: object = {}) => JSON.stringify({ kind: 'A', metadata, spec, ...more })

/** What is read of each text in turn, by a reader that has seen the ones before. */
function readAll(texts: readonly string[], target = '/a') {
  const known = new Configurations((text) => json(text) ?? yaml(text), json)
  return texts.map((text) => known.read(new TextEncoder().encode(text), target))
}

test('a spec that stays the same is the very same, whatever changes beside it', () => {
  const [first, second, third] = readAll([withSpec({ a: 1 }), withSpec({ a: 2 }), withSpec({ a: 3 }, { status: {} })])
  assert.deepEqual(second!.value, { kind: 'A', metadata: { a: 2 }, spec })
  assert.deepEqual(third!.value, { kind: 'A', metadata: { a: 3 }, spec, status: {} })
  assert.equal((second!.value as any).spec, (first!.value as any).spec)
  assert.ok(Object.isFrozen((third!.value as any).spec.list[0]))
})

test('a text is read as it stands, wherever in it the spec that was sent before stands as well', () => {
  const placeholder = JSON.stringify('\u0000the spec that was applied last\u0000')
  const texts = [
    `{"metadata":{"spec":${written}},"spec":{"replicas":2}}`,
    `{"spec":null,"metadata":{"spec":${written}}}`,
    `{"spec":${placeholder},"metadata":{"spec":${written}}}`,
    `{"metadata":${JSON.stringify({ note: `"spec":${written}` })},"spec":{}}`,
    `{"list":[${written}],"spec":{}}`,
    `{"spec":${written},"spec":{"replicas":3}}`,
    `{"spec":{"replicas":3},"spec":${written}}`,
    `kind: A\nspec: ${written}\n`,
    `{a: &x 1, "spec":${written}, b: *x}`,
    `  {"spec" : ${written} }`,
    `[${written}]`,
    `{"spec":${written},}`,
    written,
  ]
  for (const text of texts) {
    const [, read] = readAll([withSpec({}), text])
    const [alone] = readAll([text])
    assert.deepEqual(read, alone, text.slice(0, 60))
  }
  for (const text of [`{"spec":${written}`, `{"a":"${written}"}`])
    assert.throws(() => readAll([withSpec({}), text]), text.slice(-20))
})

test('the same text again is the same, frozen', () => {
  const text = withSpec({ a: 1 })
  const [, second, third] = readAll([text, text, text])
  assert.equal(second, third)
  assert.ok(Object.isFrozen((third!.value as any).metadata))
})
