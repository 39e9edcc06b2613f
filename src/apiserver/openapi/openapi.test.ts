import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allResources, pods } from '../../resources/index.ts'
import { olderForm } from './custom.ts'
import { noDescriptions } from './descriptions.ts'
import { OpenApi } from './openapi.ts'
import type { Published } from './published.ts'

const builtIn: readonly Published[] = allResources
  .filter(({ servedByDefault }) => servedByDefault)
  .map((definition) => ({ definition }))
const cronTabs: Published = {
  definition: {
    ...pods,
    group: 'stable.example.com',
    kind: 'CronTab',
    listKind: 'CronTabList',
    plural: 'crontabs',
    subresources: [],
  } as any,
  schema: { type: 'object', properties: { spec: { type: 'object', properties: { replicas: { type: 'integer' } } } } },
}
function describe(published: () => readonly Published[]) {
  return new OpenApi({
    published,
    version: 'v1.36.2',
    descriptions: async () => noDescriptions,
    pause: async () => {},
  })
}
const text = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))

/** Every reference in a document, each once. */
function references(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, member] of Object.entries(value)) {
    if (key === '$ref' && typeof member === 'string') found.add(member)
    else references(member, found)
  }
  return found
}

test('the older form defines all that it refers to', async () => {
  const api = describe(() => [...builtIn, cronTabs])
  const document = text((await api.v2('json')).bytes)
  const missing = [...references(document)].filter(
    (ref) => document.definitions[ref.replace('#/definitions/', '')] === undefined,
  )
  assert.deepEqual(missing, [])
  assert.equal(document.swagger, '2.0')
  assert.deepEqual(document.definitions['io.k8s.api.core.v1.Pod']['x-kubernetes-group-version-kind'], [
    { group: '', kind: 'Pod', version: 'v1' },
  ])
  assert.deepEqual(document.definitions['com.example.stable.v1.CronTab'].properties.spec, {
    type: 'object',
    properties: { replicas: { type: 'integer' } },
  })
})

test('the newer form of every group version defines all that it refers to', async () => {
  const api = describe(() => [...builtIn, cronTabs])
  const { paths } = api.v3Index() as { paths: Record<string, { serverRelativeURL: string }> }
  assert.ok('apis/stable.example.com/v1' in paths && 'api/v1' in paths && 'apis' in paths)
  for (const path of Object.keys(paths)) {
    const document = text((await api.v3(path))!.bytes)
    const missing = [...references(document)].filter(
      (ref) => document.components.schemas[ref.replace('#/components/schemas/', '')] === undefined,
    )
    assert.deepEqual(missing, [], path)
  }
  assert.equal(await api.v3('apis/nothing/v1'), undefined)
})

test('operations carry what clients look for', async () => {
  const document = text((await describe(() => builtIn).v3('api/v1'))!.bytes)
  const pod = document.paths['/api/v1/namespaces/{namespace}/pods/{name}']
  assert.deepEqual(Object.keys(pod).sort(), ['delete', 'get', 'parameters', 'patch', 'put'])
  assert.equal(pod.patch.operationId, 'patchCoreV1NamespacedPod')
  assert.equal(pod.patch['x-kubernetes-action'], 'patch')
  assert.deepEqual(pod.patch['x-kubernetes-group-version-kind'], { group: '', kind: 'Pod', version: 'v1' })
  assert.deepEqual(
    pod.patch.parameters.map(({ name }: { name: string }) => name),
    ['dryRun', 'fieldManager', 'fieldValidation', 'force'],
  )
  const ids = Object.values<any>(document.paths).flatMap((item) =>
    Object.values<any>(item).map(({ operationId }) => operationId),
  )
  for (const id of [
    'listCoreV1PodForAllNamespaces',
    'createCoreV1NamespacedPodBinding',
    'readCoreV1NamespacedPodLog',
    'connectCoreV1PostNamespacedPodExec',
    'connectCoreV1GetNamespacedPodProxyWithPath',
    'deleteCoreV1CollectionNamespacedPod',
    'replaceCoreV1NamespacedPodStatus',
    'listCoreV1Node',
  ]) {
    assert.ok(ids.includes(id), id)
  }
  const container = document.components.schemas['io.k8s.api.core.v1.Container'].properties
  assert.deepEqual(container.ports['x-kubernetes-list-map-keys'], ['containerPort', 'protocol'])
  assert.deepEqual(container.name, { default: '', type: 'string' })
})

/** The fields of one protobuf message: number and content. */
function fieldsOf(bytes: Uint8Array): readonly (readonly [number, Uint8Array])[] {
  const fields: (readonly [number, Uint8Array])[] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    assert.equal(tag % 8, 2)
    const length = varint()
    fields.push([Math.floor(tag / 8), bytes.subarray(at, at + length)])
    at += length
  }
  return fields
}

test('the protobuf of the older form has the paths and definitions of its JSON', async () => {
  const api = describe(() => [...builtIn, cronTabs])
  const json = text((await api.v2('json')).bytes)
  const { bytes, contentType } = await api.v2('protobuf')
  assert.equal(contentType, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
  const document = new Map(fieldsOf(bytes))
  const names = (part: Uint8Array) =>
    fieldsOf(part).map(([, named]) => new TextDecoder().decode(fieldsOf(named)[0]![1]))
  assert.deepEqual(new TextDecoder().decode(document.get(1)), '2.0')
  assert.deepEqual(names(document.get(8)!).sort(), Object.keys(json.paths).sort())
  assert.deepEqual(names(document.get(9)!).sort(), Object.keys(json.definitions).sort())
})

test('a document stays the same until what is served changes', async () => {
  let served: readonly Published[] = [...builtIn]
  const api = describe(() => served)
  const before = await api.v2('json')
  const index = api.v3Index() as { paths: Record<string, unknown> }
  assert.equal(await api.v2('json'), before)
  served = [...builtIn, cronTabs]
  const after = await api.v2('json')
  assert.notEqual(after.etag, before.etag)
  const newIndex = api.v3Index() as { paths: Record<string, unknown> }
  assert.deepEqual(newIndex.paths['api/v1'], index.paths['api/v1'])
  served = [...builtIn]
  assert.equal((await api.v2('json')).etag, before.etag)
})

test('schemas of custom resources lose what the older form cannot say', () => {
  const cases = [
    {
      schema: { type: 'string', enum: ['a'], pattern: '^a', not: {} },
      shown: { type: 'string', enum: ['a'], pattern: '^a' },
    },
    { schema: { type: 'object', nullable: true, properties: {}, required: ['a'] }, shown: { required: ['a'] } },
    { schema: { type: 'array' }, shown: {} },
    {
      schema: { properties: { a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: {} } } },
      shown: { properties: { a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } },
    },
    {
      schema: { type: 'array', items: { anyOf: [], type: 'string' } },
      shown: { type: 'array', items: { type: 'string' } },
    },
  ]
  for (const { schema, shown } of cases) assert.deepEqual(olderForm(schema), shown, JSON.stringify(schema))
})
