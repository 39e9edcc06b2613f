import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ProtobufError, unwrapEnvelope, wrapEnvelope } from '../machinery/index.ts'
import {
  decodeMessage,
  decodeProtobuf,
  encodeMessage,
  encodeProtobuf,
  encodeWatchEvent,
  type Typed,
  typeNameOf,
} from './protobuf.ts'
import { zeroObject } from './schema.ts'

const golden = join(import.meta.dirname, '../../test/fixtures/golden')
const names = readdirSync(golden)
  .filter((name) => name.endsWith('.pb'))
  .map((name) => name.slice(0, -3))

test('every filled object reads from protobuf as its JSON', () => {
  assert.equal(names.length, 129)
  for (const name of names.filter((one) => one !== 'core.v1.WatchEvent')) {
    const json = JSON.parse(readFileSync(join(golden, `${name}.json`), 'utf8'))
    const bytes = readFileSync(join(golden, `${name}.pb`))
    assert.equal(JSON.stringify(decodeProtobuf(bytes)), JSON.stringify(json), name)
  }
})

test('every filled object writes the protobuf that Kubernetes writes', () => {
  for (const name of names.filter((one) => one !== 'core.v1.WatchEvent')) {
    const json = JSON.parse(readFileSync(join(golden, `${name}.json`), 'utf8'))
    const bytes = readFileSync(join(golden, `${name}.pb`))
    assert.equal(Buffer.from(encodeProtobuf(json)).toString('hex'), bytes.toString('hex'), name)
  }
})

test('a watch event holds its object as raw bytes', () => {
  const json = JSON.parse(readFileSync(join(golden, 'core.v1.WatchEvent.json'), 'utf8'))
  const bytes = readFileSync(join(golden, 'core.v1.WatchEvent.pb'))
  const type = typeNameOf({ apiVersion: 'v1', kind: 'WatchEvent' })!
  const { raw } = unwrapEnvelope(bytes)
  assert.deepEqual(decodeMessage(type, raw), json)
  assert.deepEqual(Buffer.from(wrapEnvelope('', '', encodeMessage(type, json))), bytes)
})

test('lists, options and events travel in protobuf as any object does', () => {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Gone', code: 410 }
  const objects: readonly (Typed & Readonly<Record<string, unknown>>)[] = [
    {
      kind: 'PodList',
      apiVersion: 'v1',
      metadata: { resourceVersion: '7' },
      items: [zeroObject('io.k8s.api.core.v1.Pod')],
    },
    { kind: 'DeleteOptions', apiVersion: 'apps/v1', gracePeriodSeconds: 0, preconditions: { uid: 'a' } },
    status,
    {
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'ü€😀', generation: 2 ** 40 },
    },
    { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: {}, spec: { replicas: -3 }, status: { replicas: 0 } },
  ]
  for (const object of objects) assert.deepEqual(decodeProtobuf(encodeProtobuf(object)), object, object.kind)
  const event = encodeWatchEvent('ERROR', encodeProtobuf(status))
  assert.deepEqual(decodeMessage('io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent', event), {
    type: 'ERROR',
    object: status,
  })
})

test('what discovery says of the core group travels in protobuf without a version', () => {
  for (const object of [
    { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: 'a', serverAddress: 'b' }] },
    {
      kind: 'APIResourceList',
      groupVersion: 'v1',
      resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get'] }],
    },
  ]) {
    const { apiVersion, kind } = unwrapEnvelope(encodeProtobuf(object))
    assert.deepEqual({ apiVersion, kind }, { apiVersion: '', kind: object.kind })
    assert.deepEqual(decodeProtobuf(encodeProtobuf(object)), { ...object, apiVersion: '' })
  }
})

test('protobuf that is cut short or of an unknown kind is refused', () => {
  const bytes = encodeProtobuf({ kind: 'Status', apiVersion: 'v1' })
  assert.throws(() => decodeProtobuf(bytes.subarray(0, bytes.length - 1)), ProtobufError)
  assert.throws(() => decodeProtobuf(bytes.subarray(4)), ProtobufError)
  assert.throws(() => decodeProtobuf(wrapEnvelope('a/v1', 'Nothing', new Uint8Array())), ProtobufError)
  assert.throws(() => encodeProtobuf({ apiVersion: 'a/v1', kind: 'Nothing' }), ProtobufError)
})

test('JSON within protobuf that is none is refused as protobuf', () => {
  const text = new TextEncoder().encode('{"data":')
  const raw = new Uint8Array([10, text.length, ...text])
  const revision = new Uint8Array([18, raw.length, ...raw])
  const bytes = wrapEnvelope('apps/v1', 'ControllerRevision', revision)
  assert.throws(() => decodeProtobuf(bytes), new ProtobufError('unexpected end of JSON input'))
})
