import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaErrors } from './schema.ts'

const texts = (type: string, object: unknown, check = {}) =>
  schemaErrors(type, object, check).map(({ field, message }) => `${field}: ${message}`)

test('the schema names what breaks its rules', () => {
  const request = 'io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequest'
  const driver = 'dra.example.com'
  const cases = [
    { type: 'io.k8s.api.core.v1.Pod', object: { spec: { restartPolicy: 'Sometimes' } }, errors: [] },
    { type: request, object: { spec: {} }, errors: ['spec.driver: Required value'] },
    {
      type: request,
      object: { spec: { driver, limit: 0 } },
      errors: ['spec.limit: Invalid value: 0: must be greater than or equal to 1'],
    },
    {
      type: request,
      object: { spec: { driver, poolName: 'a//b' } },
      errors: ['spec.poolName: Invalid value: "a//b": segment 1: must not be empty'],
    },
  ]
  for (const { type, object, errors } of cases) assert.deepEqual(texts(type, object), errors, JSON.stringify(object))
})

test('what Kubernetes only tries out is not held against objects', () => {
  assert.deepEqual(texts('io.k8s.api.storage.v1.StorageClass', { metadata: { name: 'a' } }), [])
})

test('closed sets are checked where asked', () => {
  const pod = { spec: { restartPolicy: 'Always', dnsPolicy: 'Somehow' } }
  assert.deepEqual(texts('io.k8s.api.core.v1.Pod', pod, { enums: true }), [
    'spec.dnsPolicy: Unsupported value: "Somehow": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
  ])
})

test('what may not change is refused, and what did not change is left alone', () => {
  const type = 'io.k8s.api.resource.v1alpha3.ResourcePoolStatusRequest'
  const previous = { spec: { driver: 'not/good' } }
  assert.deepEqual(texts(type, { ...previous }, { previous }), [])
  assert.deepEqual(texts(type, { spec: { driver: 'dra.example.com' } }, { previous }), [
    'spec: Invalid value: null: field is immutable',
  ])
})
