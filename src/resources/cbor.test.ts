import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeCbor } from '../machinery/index.ts'
import { encodeCborObject } from './cbor.ts'

const golden = join(import.meta.dirname, '../../test/fixtures/golden')
const hexOf = (object: object) => Buffer.from(encodeCborObject(object)).toString('hex')

test('every kind is the same in CBOR as it is in JSON', () => {
  for (const file of globSync('*.json', { cwd: golden })) {
    const object = JSON.parse(readFileSync(join(golden, file), 'utf8'))
    assert.deepEqual(decodeCbor(encodeCborObject(object)), object, file)
  }
})

test('bytes of built-in kinds, in lists too, go as bytes that are to be base64 where there is only text', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', data: { a: 'AQID' } }
  assert.match(hexOf(secret), /4161d643010203$/)
  assert.match(hexOf({ apiVersion: 'v1', kind: 'SecretList', items: [{ data: { a: 'AQID' } }] }), /4161d643010203$/)
  assert.match(hexOf({ ...secret, apiVersion: 'example.com/v1' }), /41614441514944$/)
})
