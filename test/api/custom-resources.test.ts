import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../src/machinery/index.ts'
import { declare, startApi, type TestApi, things } from '../fixtures/api.ts'

const crds = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }
const ofThings = (version = 'v1') => ({ group: 'example.com', version, resource: 'things', namespace: 'default' })
const thing = (name: string, spec: object, version = 'v1', more: object = {}) => ({
  apiVersion: `example.com/${version}`,
  kind: 'Thing',
  metadata: { name },
  spec,
  ...more,
})
const specOf = (properties: object, more: object = {}) => ({
  type: 'object',
  properties: {
    spec: { type: 'object', properties, ...more },
    status: { type: 'object', properties: { n: { type: 'integer' } } },
  },
})
const refusal = (promise: Promise<unknown>): Promise<StatusError> =>
  promise.then(
    () => assert.fail('it was not refused'),
    (error: unknown) => {
      assert.ok(error instanceof StatusError)
      return error
    },
  )

test('a declared kind is filled in, pruned and checked like a built-in one', async () => {
  await using api = await startApi()
  const schema = specOf(
    {
      size: { type: 'integer', minimum: 1, default: 3 },
      name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
      kind: { type: 'string', enum: ['a', 'b'] },
      list: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    },
    { required: ['name'] },
  )
  await declare(api, things({ v1: schema }))
  const created = await api.call({ ...ofThings(), verb: 'create', body: thing('a', { name: 'x', other: 1 }) })
  assert.deepEqual(created.spec, { name: 'x', size: 3 })
  assert.equal(created.metadata.generation, 1)
  const bad = { size: 0, kind: 'c', list: ['x', 'x'] }
  const error = await refusal(api.call({ ...ofThings(), verb: 'create', body: thing('b', bad) }))
  assert.equal(error.code, 422)
  assert.deepEqual(
    error.status.details?.causes?.map(({ field, message }) => `${field}: ${message}`),
    [
      'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
      'spec.kind: Unsupported value: "c": supported values: "a", "b"',
      'spec.name: Required value',
      'spec.list[1]: Duplicate value: "x"',
    ],
  )
  const wrongType = await refusal(api.call({ ...ofThings(), verb: 'create', body: thing('b', { name: 3 }) }))
  assert.match(
    wrongType.message,
    /spec\.name: Invalid value: "integer": spec\.name in body must be of type string: "integer"/,
  )
})

test('a status subresource parts spec from status, and generation follows the spec', async () => {
  await using api = await startApi()
  await declare(api, things({ v1: specOf({ n: { type: 'integer' } }) }, {}, { subresources: { status: {} } }))
  const body = thing('a', { n: 1 }, 'v1', { status: { n: 9 } })
  assert.equal((await api.call({ ...ofThings(), verb: 'create', body })).status, undefined)
  const patch = (merge: object, subresource = '') =>
    api.call({ ...ofThings(), verb: 'patch', name: 'a', subresource, patchType: 'merge', body: merge })
  const labelled = await patch({ metadata: { labels: { x: 'y' } }, spec: { n: 2 }, status: { n: 2 } }, 'status')
  assert.deepEqual(
    [labelled.spec.n, labelled.status.n, labelled.metadata.labels, labelled.metadata.generation],
    [1, 2, undefined, 1],
  )
  const changed = await patch({ spec: { n: 5 }, status: { n: 7 } })
  assert.deepEqual([changed.spec.n, changed.status.n, changed.metadata.generation], [5, 2, 2])
})

test('what has not changed is not held against an object when its schema has become stricter', async () => {
  await using api = await startApi()
  await declare(api, things({ v1: specOf({ a: { type: 'string' }, b: { type: 'string' } }) }))
  await api.call({ ...ofThings(), verb: 'create', body: thing('a', { a: 'LOUD', b: 'x' }) })
  const stricter = specOf({ a: { type: 'string', pattern: '^[a-z]*$' }, b: { type: 'string' } })
  await api.call({
    ...crds,
    verb: 'patch',
    name: 'things.example.com',
    patchType: 'json',
    body: [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: stricter }],
  })
  const write = (spec: object) =>
    api.call({ ...ofThings(), verb: 'patch', name: 'a', patchType: 'merge', body: { spec } })
  await api.until(
    { ...ofThings(), verb: 'create', body: thing('b', { a: 'LOUD' }), query: { dryRun: 'All' } },
    (one) => one instanceof StatusError,
  )
  assert.equal((await write({ b: 'y' })).spec.b, 'y')
  assert.match((await refusal(write({ a: 'LOUDER' }))).message, /spec\.a in body should match/)
})

test('stored objects are filled in and pruned as their schema is now', async () => {
  await using api = await startApi()
  await declare(api, things({ v1: specOf({ a: { type: 'string' } }) }))
  await api.call({ ...ofThings(), verb: 'create', body: thing('a', { a: 'x' }) })
  const next = specOf({ b: { type: 'string', default: 'new' } })
  await api.call({
    ...crds,
    verb: 'patch',
    name: 'things.example.com',
    patchType: 'json',
    body: [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema', value: next }],
  })
  const read = await api.until({ ...ofThings(), verb: 'get', name: 'a' }, (one) => one.spec?.b === 'new')
  assert.deepEqual(read.spec, { b: 'new' })
  const list = await api.call({ ...ofThings(), verb: 'list' })
  assert.deepEqual(
    list.items.map((one: any) => one.spec),
    [{ b: 'new' }],
  )
})

test('a conversion webhook converts what is stored in another version, once per request', async () => {
  await using api = await startApi()
  const asked: number[] = []
  api.answerAt('converter.example', ({ request }) => {
    asked.push(request.objects.length)
    return {
      kind: 'ConversionReview',
      apiVersion: 'apiextensions.k8s.io/v1',
      response: {
        uid: request.uid,
        result: { status: 'Success' },
        convertedObjects: request.objects.map((one: any) => ({
          ...one,
          apiVersion: request.desiredAPIVersion,
          spec: request.desiredAPIVersion.endsWith('v1')
            ? { hostPort: `${one.spec.host}:${one.spec.port}` }
            : { host: one.spec.hostPort.split(':')[0], port: one.spec.hostPort.split(':')[1] },
        })),
      },
    }
  })
  const conversion = {
    strategy: 'Webhook',
    webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://converter.example/convert' } },
  }
  const word = { type: 'string' }
  await declare(api, things({ v1: specOf({ hostPort: word }), v2: specOf({ host: word, port: word }) }, { conversion }))
  const created = await api.call({ ...ofThings('v1'), verb: 'create', body: thing('a', { hostPort: 'x:1' }) })
  assert.deepEqual(created.spec, { hostPort: 'x:1' })
  await api.call({ ...ofThings('v2'), verb: 'create', body: thing('b', { host: 'y', port: '2' }, 'v2') })
  assert.deepEqual((await api.call({ ...ofThings('v2'), verb: 'get', name: 'a' })).spec, { host: 'x', port: '1' })
  asked.length = 0
  const list = await api.call({ ...ofThings('v1'), verb: 'list' })
  assert.deepEqual(
    list.items.map((one: any) => one.spec.hostPort),
    ['x:1', 'y:2'],
  )
  assert.deepEqual(asked, [1])
  api.answerAt('converter.example', ({ request }) => ({
    kind: 'ConversionReview',
    apiVersion: 'apiextensions.k8s.io/v1',
    response: { uid: request.uid, result: { status: 'Failure', message: 'no' } },
  }))
  await api.call({ ...ofThings('v2'), verb: 'create', body: thing('c', { host: 'z', port: '3' }, 'v2') })
  const error = await refusal(api.call({ ...ofThings('v1'), verb: 'list' }))
  assert.match(error.message, /conversion webhook for example\.com\/v2, Kind=Thing failed: no/)
  const { body: text } = await api.http('GET', '/metrics')
  const failed = 'failure_type="conversion_webhook_malformed_response_failure",result="failure"'
  assert.ok(text.includes(`\napiserver_conversion_webhook_request_total{${failed}} 1\n`), text)
  const measured = 'crd_name="things.example.com",from_version="v1",succeeded="true",to_version="v2"'
  assert.match(text, new RegExp(`\\napiserver_crd_conversion_webhook_duration_seconds_count\\{${measured}\\} [1-9]`))
})

test('a name that is taken is refused, and given once its owner lets go of it', async () => {
  await using api = await startApi()
  await declare(api, things({ v1: { type: 'object' } }))
  const other = things({ v1: { type: 'object' } })
  other.metadata.name = 'others.example.com'
  other.spec.names = { plural: 'others', kind: 'Thing' }
  await api.call({ ...crds, verb: 'create', body: other })
  const get = { ...crds, verb: 'get' as const, name: 'others.example.com' }
  const condition = (one: any, type: string) => one.status?.conditions?.find((found: any) => found.type === type)
  const refused = await api.until(get, (one) => condition(one, 'NamesAccepted') !== undefined)
  assert.deepEqual(
    [
      condition(refused, 'NamesAccepted').reason,
      condition(refused, 'NamesAccepted').message,
      condition(refused, 'Established').status,
    ],
    ['ListKindConflict', '"ThingList" is already in use', 'False'],
  )
  await api.call({ ...crds, verb: 'delete', name: 'things.example.com' })
  await api.until(get, (one) => condition(one, 'Established')?.status === 'True')
})

test('a declaration goes after its objects, and nothing new is made meanwhile', async () => {
  await using api = await startApi()
  await declare(api, things({ v1: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }))
  const held = thing('held', {})
  await api.call({
    ...ofThings(),
    verb: 'create',
    body: { ...held, metadata: { name: 'held', finalizers: ['example.com/hold'] } },
  })
  await api.call({ ...crds, verb: 'delete', name: 'things.example.com' })
  const refused = await api.until(
    { ...ofThings(), verb: 'create', body: thing('late', {}) },
    (one) => one instanceof StatusError,
  )
  assert.match(refused.message, /create not allowed while custom resource definition is terminating/)
  await api.until({ ...ofThings(), verb: 'get', name: 'held' }, (one) => one.metadata?.deletionTimestamp !== undefined)
  await api.call({
    ...ofThings(),
    verb: 'patch',
    name: 'held',
    patchType: 'merge',
    body: { metadata: { finalizers: null } },
  })
  await gone(api, { ...crds, verb: 'get', name: 'things.example.com' })
})

function gone(api: TestApi, call: any): Promise<any> {
  return api.until(call, (one) => one instanceof StatusError && one.reason === 'NotFound')
}

const declarations: readonly (readonly [string, (crd: any) => void, readonly string[]])[] = [
  [
    'a name that is not plural.group',
    (crd) => {
      crd.metadata.name = 'x.example.com'
    },
    ['metadata.name: Invalid value: "x.example.com": must be spec.names.plural+"."+spec.group'],
  ],
  [
    'two storage versions',
    (crd) => {
      crd.spec.versions.push({ ...crd.spec.versions[0], name: 'v2' })
    },
    ['spec.versions: Invalid value', 'must have exactly one version marked as storage version'],
  ],
  [
    'no schema',
    (crd) => {
      delete crd.spec.versions[0].schema
    },
    ['spec.versions[0].schema.openAPIV3Schema: Required value'],
  ],
  [
    'a property without a type',
    (crd) => {
      crd.spec.versions[0].schema.openAPIV3Schema.properties = { a: {} }
    },
    [
      'spec.validation.openAPIV3Schema.properties[a].type: Required value: must not be empty for specified object fields',
    ],
  ],
  [
    'a type inside anyOf',
    (crd) => {
      crd.spec.versions[0].schema.openAPIV3Schema.properties = { a: { type: 'string', anyOf: [{ type: 'string' }] } }
    },
    ['spec.validation.openAPIV3Schema.properties[a].anyOf[0].type: Forbidden: must be empty to be structural'],
  ],
  [
    'a default that is not good',
    (crd) => {
      crd.spec.versions[0].schema.openAPIV3Schema.properties = { a: { type: 'integer', default: 'x' } }
    },
    [
      'spec.validation.openAPIV3Schema.properties[a].default: Invalid value: "string": ',
      'must be of type integer: "string"',
    ],
  ],
  [
    'a map list without keys',
    (crd) => {
      crd.spec.versions[0].schema.openAPIV3Schema.properties = {
        a: { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'object' } },
      }
    },
    [
      'spec.validation.openAPIV3Schema.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
    ],
  ],
  [
    'a column of no type',
    (crd) => {
      crd.spec.versions[0].additionalPrinterColumns = [{ name: 'x', type: 'x', jsonPath: '.a' }]
    },
    ['spec.additionalPrinterColumns[0].type: Invalid value: "x": must be one of boolean,date,integer,number,string'],
  ],
  [
    'a protected group',
    (crd) => {
      crd.metadata.name = 'things.x.k8s.io'
      crd.spec.group = 'x.k8s.io'
    },
    [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  ],
]
for (const [name, spoil, texts] of declarations) {
  test(`a declaration with ${name} is refused with the reason`, async () => {
    await using api = await startApi()
    const crd = things({ v1: { type: 'object' } })
    spoil(crd)
    const error = await refusal(api.call({ ...crds, verb: 'create', body: crd }))
    for (const text of texts) assert.ok(error.message.includes(text), error.message)
  })
}

test('rules of a schema are asked on every write, and compare with what was before', async () => {
  await using api = await startApi()
  const rules = [
    { rule: 'self.replicas <= self.max', message: 'too many replicas' },
    { rule: 'self.max >= oldSelf.max', messageExpression: "'max was %d'.format([oldSelf.max])", fieldPath: '.max' },
  ]
  const schema = specOf(
    { replicas: { type: 'integer' }, max: { type: 'integer' }, other: { type: 'string' } },
    { required: ['replicas', 'max'], 'x-kubernetes-validations': rules },
  )
  const wrong = structuredClone(schema) as any
  wrong.properties.spec['x-kubernetes-validations'] = [{ rule: 'self.replica > 0' }]
  const refused = await refusal(api.call({ ...crds, verb: 'create', body: things({ v1: wrong }) }))
  assert.match(refused.message, /compilation failed: ERROR: <input>:1:5: undefined field 'replica'/)
  await declare(api, things({ v1: schema }))
  const bad = await refusal(api.call({ ...ofThings(), verb: 'create', body: thing('a', { replicas: 3, max: 2 }) }))
  assert.equal(bad.message, 'Thing.example.com "a" is invalid: spec: Invalid value: too many replicas')
  await api.call({ ...ofThings(), verb: 'create', body: thing('a', { replicas: 3, max: 5 }) })
  const patch = { ...ofThings(), verb: 'patch' as const, name: 'a', patchType: 'merge' as const }
  const less = await refusal(api.call({ ...patch, body: { spec: { max: 4 } } }))
  assert.equal(less.message, 'Thing.example.com "a" is invalid: spec.max: Invalid value: max was 5')
})

test('what was stored before a default was declared shows it from then on, over HTTP too', async () => {
  await using api = await startApi()
  await declare(api, things({ v1: specOf({ a: { type: 'string' } }) }))
  await api.call({ ...ofThings(), verb: 'create', body: thing('x', {}) })
  const path = '/apis/example.com/v1/namespaces/default/things/x'
  assert.deepEqual(JSON.parse((await api.http('GET', path)).body).spec, {})
  const property = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a/default'
  const patch = { verb: 'patch', name: 'things.example.com', patchType: 'json' } as const
  await api.call({ ...crds, ...patch, body: [{ op: 'add', path: property, value: 'A' }] })
  const shown = await api.until({ ...ofThings(), verb: 'get', name: 'x' }, ({ spec }) => spec?.a === 'A')
  assert.deepEqual(JSON.parse((await api.http('GET', path)).body).spec, shown.spec)
})
