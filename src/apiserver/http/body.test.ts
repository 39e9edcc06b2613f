import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml } from '../../machinery/index.ts'
import { configMaps } from '../../resources/index.ts'
import type { WireRequest } from '../../wire/index.ts'
import { bodyOf } from './body.ts'

/** What a configuration to be applied is read as. */
async function applied(text: string): Promise<unknown> {
  const headers = { 'content-type': 'application/apply-patch+yaml' }
  const request = { headers, body: async () => new TextEncoder().encode(text) } as unknown as WireRequest
  return (await bodyOf(request, 'patch', configMaps, { protobuf: true, cbor: true, stream: false })).body
}

test('a configuration in JSON is read as the YAML it also is', async () => {
  for (const text of [
    '{}',
    '{"a":1,"b":[true,null,-0.5,1e3,"x\\n\\u00e9 / \\/"],"c":{"d":{}}}',
    '{\n  "a": "\u{1f600}",\n  "b": "\\ud83d\\ude00"\n}',
    '{"a":"tab:\\t","<<":{"b":1}}',
    '{"a":1,"a":2}',
    '{"a": b, c: [1, 2]}',
    '{"a":\t1}',
    '{"a":"one\u2028two","b":"\u0085"}',
    'a: 1\nb: {"c": 2}\n',
  ]) {
    let wanted: unknown
    try {
      const { value, duplicates } = parseYaml(text)
      wanted = { value, findings: duplicates }
    } catch (error) {
      await assert.rejects(applied(text), (found: Error) => found.message === (error as Error).message, text)
      continue
    }
    assert.deepEqual(await applied(text), wanted, text)
  }
})
