import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DecodeError, parseYaml } from '../machinery/index.ts'
import { builtInSchema, decodeObject, zeroObject } from './schema.ts'

const golden = join(import.meta.dirname, '../../test/fixtures/golden')
const core = (kind: string) => `io.k8s.api.core.v1.${kind}`

test('every filled object is already in the form that decoding gives', () => {
  const files = readdirSync(golden).filter((name) => name.endsWith('.json') && !name.includes('WatchEvent'))
  assert.equal(files.length, 128)
  for (const file of files) {
    const json = JSON.parse(readFileSync(join(golden, file), 'utf8'))
    const slash = json.apiVersion.lastIndexOf('/')
    const of = { group: json.apiVersion.slice(0, Math.max(slash, 0)), version: json.apiVersion.slice(slash + 1) }
    const type = builtInSchema.typeOfKind({ ...of, kind: json.kind })
    assert.ok(type !== undefined, file)
    const decoded = decodeObject(type.name, json)
    assert.deepEqual(decoded.findings, [], file)
    assert.equal(JSON.stringify(decoded.object), JSON.stringify(json), file)
  }
})

test('decoding settles nulls, empties, order, quantities and unknown fields as Go does', () => {
  const cases = [
    {
      name: 'a pod',
      type: 'Pod',
      json: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'x', labels: { b: '1', a: '2' }, creationTimestamp: null, annotations: {}, foo: 1 },
        spec: {
          containers: [{ name: 'a', env: [{ name: 'A', bar: 2 }], resources: { limits: { cpu: '1000m' } }, ports: [] }],
          hostNetwork: false,
          nodeName: '',
          terminationGracePeriodSeconds: 0,
          replicas: 2,
        },
        status: null,
      },
      object: {
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: { name: 'x', labels: { a: '2', b: '1' } },
        spec: {
          containers: [{ name: 'a', env: [{ name: 'A' }], resources: { limits: { cpu: '1' } } }],
          terminationGracePeriodSeconds: 0,
        },
        status: {},
      },
      findings: [
        'unknown field "metadata.foo"',
        'unknown field "spec.containers[0].env[0].bar"',
        'unknown field "spec.replicas"',
      ],
    },
    {
      name: 'required lists are null and times without omitzero are null when absent',
      type: 'Event',
      json: { metadata: {}, involvedObject: {} },
      object: {
        metadata: {},
        involvedObject: {},
        source: {},
        firstTimestamp: null,
        lastTimestamp: null,
        eventTime: null,
        reportingComponent: '',
        reportingInstance: '',
      },
      findings: [],
    },
    {
      name: 'amounts of resources round up to thousandths, other quantities do not',
      type: 'ResourceQuotaSpec',
      json: { hard: { cpu: '1u', memory: 1024, 'requests.cpu': '1.0005' } },
      object: { hard: { cpu: '1m', memory: '1024', 'requests.cpu': '1001m' } },
      findings: [],
    },
    {
      name: 'times become UTC and whole seconds',
      type: 'ContainerStateRunning',
      json: { startedAt: '2024-03-01T00:30:00.75+01:00' },
      object: { startedAt: '2024-02-29T23:30:00Z' },
      findings: [],
    },
    {
      name: 'a null in a list is the zero of its items',
      type: 'PodSpec',
      json: { containers: [null], imagePullSecrets: [null] },
      object: { containers: [{ name: '', resources: {} }], imagePullSecrets: [{}] },
      findings: [],
    },
  ]
  for (const { name, type, json, object, findings } of cases) {
    assert.deepEqual(decodeObject(core(type), json), { object, findings }, name)
  }
})

test('decoding refuses values of the wrong type in the words of Go', () => {
  const pattern = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['Pod', { spec: { containers: {} } }, 'object into Go struct field PodSpec.spec.containers of type []v1.Container'],
    [
      'Pod',
      { spec: { containers: [{ env: [{ value: 1 }] }] } },
      'number into Go struct field EnvVar.spec.containers.env.value of type string',
    ],
    [
      'Pod',
      { metadata: { labels: { a: 1 } } },
      'number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    ['Pod', [], 'array into Go value of type v1.Pod'],
    ['Pod', { spec: { priority: 1.5 } }, 'number 1.5 into Go struct field PodSpec.spec.priority of type int32'],
    ['Pod', { spec: { hostIPC: 'yes' } }, 'string into Go struct field PodSpec.spec.hostIPC of type bool'],
    ['Service', { spec: { ports: [{ targetPort: true }] } }, 'bool into Go value of type int32'],
  ]
  for (const [type, json, message] of cases) {
    assert.throws(() => decodeObject(core(type), json), {
      name: DecodeError.name,
      message: `json: cannot unmarshal ${message}`,
    })
  }
  const others: readonly (readonly [string, unknown, string])[] = [
    [
      'Pod',
      { metadata: { creationTimestamp: 'abc' } },
      'parsing time "abc" as "2006-01-02T15:04:05Z07:00": cannot parse "abc" as "2006"',
    ],
    [
      'Pod',
      { metadata: { creationTimestamp: '2024-02-30T00:00:00Z' } },
      'parsing time "2024-02-30T00:00:00Z": day out of range',
    ],
    ['ResourceQuotaSpec', { hard: { cpu: '1x' } }, pattern],
    ['Secret', { data: { a: 'ab!=' } }, 'illegal base64 data at input byte 2'],
    ['Secret', { data: { a: 'abcde' } }, 'illegal base64 data at input byte 4'],
  ]
  for (const [type, json, message] of others) {
    assert.throws(() => decodeObject(core(type), json), { name: DecodeError.name, message })
  }
})

test('a zero object is what Go writes for an empty struct', () => {
  assert.deepEqual(zeroObject(core('Service')), { metadata: {}, spec: {}, status: { loadBalancer: {} } })
})

test('every filled object reads from YAML as its JSON', () => {
  for (const file of readdirSync(golden).filter((name) => name.endsWith('.yaml'))) {
    const json = JSON.parse(readFileSync(join(golden, file.replace(/yaml$/, 'json')), 'utf8'))
    assert.deepEqual(parseYaml(readFileSync(join(golden, file), 'utf8')).value, json, file)
  }
})

test('a schema of items that is neither a schema nor a list is none', () => {
  const type = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'
  for (const items of ['x', 1, true, [], null]) assert.deepEqual(decodeObject(type, { items }).object, {})
  assert.deepEqual(decodeObject(type, { items: {} }).object, { items: {} })
})

test('what an object has in common with one that was decoded before is taken over, and told of', () => {
  const type = 'io.k8s.api.core.v1.Pod'
  const known = decodeObject(type, {
    metadata: { name: 'a', labels: { a: 'b' } },
    spec: { containers: [{ name: 'c' }] },
  })
  assert.equal(known.taken, undefined)
  const { metadata, spec } = known.object
  const { object, taken } = decodeObject(type, { metadata: { ...metadata, name: 'b' }, spec }, known.object)
  assert.equal(object.spec, spec)
  assert.equal(object.metadata.labels, metadata.labels)
  assert.deepEqual(taken, [
    { in: object.metadata, name: 'labels' },
    { in: object, name: 'spec' },
  ])
})

test('items that a list has in common with the one before are taken over wherever they stand, and others are read', () => {
  const type = 'io.k8s.api.core.v1.Pod'
  const env = Array.from({ length: 20 }, (_, at) => ({ name: `A${at}`, value: 'x' }))
  const known = decodeObject(type, { spec: { containers: [{ name: 'c', env }, { name: 'd' }] } }).object
  const [first, second] = known.spec.containers
  const moved = [first.env[3], { name: 'B', extra: 1 }, ...first.env.slice(5), null]
  const { object, findings, taken } = decodeObject(
    type,
    { spec: { containers: [{ ...first, env: moved }, second] } },
    known,
  )
  const [container, other] = object.spec.containers
  assert.equal(other, second)
  assert.equal(container.env[0], first.env[3])
  assert.equal(container.env[16], first.env[19])
  assert.deepEqual(container.env[1], { name: 'B' })
  assert.deepEqual(container.env[17], { name: '' })
  assert.deepEqual(findings, ['unknown field "spec.containers[0].env[1].extra"'])
  assert.equal(taken?.filter((one) => one.in === container.env).length, 16)
  for (const { in: holder, name } of taken!) assert.ok(Object.hasOwn(holder, name))
})
