import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeObject, encodeObject } from './object.ts'

const object = {
  data: Uint8Array.of(1, 2, 3),
  keyId: 'k',
  source: new Uint8Array(200).fill(9),
  annotations: { 'a.example.com': Uint8Array.of(4), 'b.example.com': new Uint8Array() },
  sourceType: 1,
}

test('an EncryptedObject is written with the numbers Kubernetes has, and read again', () => {
  const bytes = Buffer.from(encodeObject(object))
  assert.equal(bytes.subarray(0, 8).toString('hex'), '0a03010203' + '12016b')
  assert.equal(bytes.subarray(8, 11).toString('hex'), '1ac801')
  assert.equal(bytes.subarray(-2).toString('hex'), '2801')
  assert.deepEqual(decodeObject(bytes), object)
})

test('what is cut off, or lacks what every object has, is none', () => {
  const bytes = encodeObject(object)
  assert.equal(decodeObject(bytes.subarray(0, bytes.length - 3)), undefined)
  assert.equal(decodeObject(encodeObject({ ...object, keyId: '' })), undefined)
  assert.equal(decodeObject(new Uint8Array()), undefined)
})
