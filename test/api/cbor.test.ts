import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeCbor, encodeCbor } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'

const cbor = 'application/cbor'
const on = { features: { gates: { CBORServingAndStorage: true } } }
const path = '/api/v1/namespaces/default/configmaps'
const map = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  binaryData: { b: 'AQID' },
  ...more,
})

test('without its gate there is no CBOR, and refusals do not name it', async () => {
  await using api = await startApi()
  const asked = await api.http('GET', path, { headers: { accept: cbor } })
  assert.equal(asked.code, 406)
  assert.match(
    asked.body,
    /representations: application\/json, application\/yaml, application\/vnd.kubernetes.protobuf, /,
  )
  assert.doesNotMatch(asked.body, /cbor/)
  const sent = await api.http('POST', path, { body: encodeCbor(map('a')), headers: { 'content-type': cbor } })
  assert.equal(sent.code, 415)
  const applied = await api.http('PATCH', `${path}/a?fieldManager=m`, {
    body: encodeCbor(map('a')),
    headers: { 'content-type': 'application/apply-patch+cbor' },
  })
  assert.equal(applied.code, 415)
})

test('with its gate objects, lists, failures and watches are had in CBOR, and sent in it', async () => {
  await using api = await startApi(on)
  const headers = { accept: `${cbor}, application/json;q=0.5`, 'content-type': cbor }
  const made = await api.http('POST', path, { body: encodeCbor(map('a')), headers })
  assert.equal(made.code, 201, made.body)
  assert.equal(made.headers['content-type'], cbor)
  assert.deepEqual([...made.bytes.subarray(0, 3)], [0xd9, 0xd9, 0xf7])
  const object: any = decodeCbor(made.bytes)
  assert.deepEqual([object.kind, object.binaryData], ['ConfigMap', { b: 'AQID' }])

  const list: any = decodeCbor((await api.http('GET', `${path}?fieldSelector=metadata.name=a`, { headers })).bytes)
  assert.deepEqual([list.kind, list.items[0].metadata.uid], ['ConfigMapList', object.metadata.uid])
  const metadata = `${cbor};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`
  const partial: any = decodeCbor((await api.http('GET', `${path}/a`, { headers: { accept: metadata } })).bytes)
  assert.deepEqual([partial.kind, partial.metadata.name], ['PartialObjectMetadata', 'a'])
  const table = `${cbor};as=Table;g=meta.k8s.io;v=v1`
  assert.equal((await api.http('GET', path, { headers: { accept: table } })).code, 406, 'tables are text')
  const missing = await api.http('GET', `${path}/b`, { headers })
  assert.equal(missing.headers['content-type'], cbor)
  assert.deepEqual((decodeCbor(missing.bytes) as any).reason, 'NotFound')

  const since = list.items[0].metadata.resourceVersion - 1
  const watched = await api.http('GET', `${path}?watch=true&timeoutSeconds=1&resourceVersion=${since}`, { headers })
  assert.equal(watched.headers['content-type'], 'application/cbor-seq')
  const event: any = decodeCbor(watched.bytes)
  assert.deepEqual([event.type, event.object.metadata.name], ['ADDED', 'a'])
  const yaml = await api.http('GET', `${path}?watch=true`, { headers: { accept: 'application/yaml' } })
  assert.equal(yaml.code, 406)
  assert.match(
    yaml.body,
    /application\/json;stream=watch, application\/vnd.kubernetes.protobuf;stream=watch, application\/cbor-seq/,
  )
})

test('fields that there are not, and what is no CBOR, are told as the decoder of CBOR tells it', async () => {
  await using api = await startApi(on)
  const headers = { 'content-type': cbor }
  const odd = map('a', { odd: 1, more: 2 })
  const strict = await api.http('POST', `${path}?fieldValidation=Strict`, { body: encodeCbor(odd), headers })
  assert.equal(strict.code, 400)
  assert.equal(
    JSON.parse(strict.body).message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: cbor: found unknown field at map element index 4',
  )
  const warned = await api.http('POST', `${path}?fieldValidation=Warn`, { body: encodeCbor(odd), headers })
  assert.deepEqual(warned.headers.warning, ['299 - "cbor: found unknown field at map element index 4"'])
  const twice = Uint8Array.from([0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2])
  assert.equal(
    JSON.parse((await api.http('POST', path, { body: twice, headers })).body).message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: cbor: found duplicate map key "a" at map element index 1',
  )
})

test('an apply configuration may be CBOR, for built-in kinds and custom ones', async () => {
  await using api = await startApi(on)
  await api.call({
    verb: 'create',
    ...{ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' },
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [
          {
            ...{ name: 'v1', served: true, storage: true },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', properties: { n: { type: 'integer' } } } },
              },
            },
          },
        ],
      },
    },
  })
  const things = '/apis/example.com/v1/namespaces/default/things'
  const headers = { accept: cbor, 'content-type': 'application/apply-patch+cbor' }
  const thing = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 't' }, spec: { n: 3 } }
  await api.until(
    { verb: 'list', group: 'example.com', version: 'v1', resource: 'things' },
    ({ items }) => items !== undefined,
  )
  for (const [where, body] of [
    [`${path}/a`, map('a')],
    [`${things}/t`, thing],
  ] as const) {
    const applied = await api.http('PATCH', `${where}?fieldManager=m`, { body: encodeCbor(body), headers })
    assert.equal(applied.code, 201, Buffer.from(applied.bytes).toString())
    const object: any = decodeCbor(applied.bytes)
    assert.equal(object.metadata.managedFields[0].operation, 'Apply')
  }
  const strict = await api.http('POST', `${things}?fieldValidation=Strict`, {
    body: encodeCbor({ ...thing, metadata: { name: 'u' }, spec: { odd: 1 } }),
    headers: { 'content-type': cbor },
  })
  assert.match(JSON.parse(strict.body).message, /strict decoding error: unknown field \\?"spec.odd\\?"/)
  const bad = await api.http('PATCH', `${path}/a?fieldManager=m`, { body: Uint8Array.of(0xff), headers })
  assert.match((decodeCbor(bad.bytes) as any).message, /^error decoding YAML: cbor: unexpected "break" code$/)
})
