import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leases } from '../../resources/index.ts'
import { answerOpenApi } from './answer.ts'
import { noDescriptions } from './descriptions.ts'
import { OpenApi } from './openapi.ts'

const api = new OpenApi({
  published: (
    (list) => () =>
      list
  )([{ definition: leases }]),
  version: 'v1.36.2',
  descriptions: async () => noDescriptions,
  pause: async () => {},
})

test('the older form is answered in what is asked for, and not again to those who have it', async () => {
  const protobuf = await answerOpenApi(api, {
    path: '/openapi/v2',
    accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  })
  assert.equal(protobuf.headers['content-type'], 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
  const json = await answerOpenApi(api, { path: '/openapi/v2', accept: 'application/json' })
  assert.equal(json.headers['content-type'], 'application/json')
  const again = await answerOpenApi(api, { path: '/openapi/v2', ifNoneMatch: `"x", ${json.headers['etag']}` })
  assert.deepEqual([again.code, again.bytes.length], [304, 0])
})

test('documents of the newer form are found by their hash, and an old hash leads to the new one', async () => {
  const path = '/openapi/v3/apis/coordination.k8s.io/v1'
  const index = JSON.parse(new TextDecoder().decode((await answerOpenApi(api, { path: '/openapi/v3' })).bytes))
  const address: string = index.paths['apis/coordination.k8s.io/v1'].serverRelativeURL
  const hash = new URL(address, 'http://localhost').searchParams.get('hash')
  const found = await answerOpenApi(api, { path, hash })
  assert.deepEqual([found.code, found.headers['cache-control']], [200, 'public, immutable'])
  const moved = await answerOpenApi(api, { path, hash: 'old' })
  assert.deepEqual([moved.code, moved.headers['location']], [301, address])
  assert.equal((await answerOpenApi(api, { path: '/openapi/v3/apis/nothing/v1' })).code, 404)
})
