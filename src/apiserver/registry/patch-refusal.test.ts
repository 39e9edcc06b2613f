import assert from 'node:assert/strict'
import { test } from 'node:test'
import { badRequest, DecodeError, StatusError } from '../../machinery/index.ts'
import { patchRefusal } from './patch-refusal.ts'

const pods = { kind: 'Pod', version: 'v1' }
const unreadable = (told: string) =>
  badRequest(`Pod in version "v1" cannot be handled as a Pod: ${told}`, new DecodeError(told))
const labels = { metadata: { labels: 'invalid' }, a: [1, null] }

for (const [told, type, says] of [
  [
    'json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    'strategic',
    'Invalid value: "map[a:[1 <nil>] metadata:map[labels:invalid]]": cannot restore map from string',
  ],
  [
    'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    'strategic',
    'Invalid value: "map[a:[1 <nil>] metadata:map[labels:invalid]]": cannot restore slice from map',
  ],
  [
    'json: cannot unmarshal number into Go struct field PodSpec.spec.affinity of type v1.Affinity',
    'strategic',
    'Invalid value: "map[a:[1 <nil>] metadata:map[labels:invalid]]": cannot restore struct from: int64',
  ],
  [
    'json: cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string',
    'strategic',
    'Invalid value: "map[a:[1 <nil>] metadata:map[labels:invalid]]": cannot convert int64 to string',
  ],
  [
    'json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    'merge',
    'Invalid value: "{\\"metadata\\":{\\"labels\\":\\"invalid\\"},\\"a\\":[1,null]}": json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string',
  ],
] as const) {
  test(`a ${type} patch that leaves no object: ${says.split(': ').at(-1)}`, () => {
    const refusal = patchRefusal(unreadable(told), pods, type, labels)
    assert.ok(refusal instanceof StatusError)
    assert.deepEqual([refusal.code, refusal.message], [422, ` "" is invalid: patch: ${says}`])
    assert.deepEqual(refusal.status.details?.causes, [{ reason: 'FieldValueInvalid', message: says, field: 'patch' }])
  })
}

test('fields that no type knows make a patch invalid too, and other errors stay what they are', () => {
  const strict = badRequest('Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "x"')
  const refusal = patchRefusal(strict, pods, 'merge', { x: 1 }) as StatusError
  assert.equal(
    refusal.message,
    ' "" is invalid: patch: Invalid value: "{\\"x\\":1}": strict decoding error: unknown field "x"',
  )
  const other = badRequest('no')
  assert.equal(patchRefusal(other, pods, 'merge', {}), other)
})
