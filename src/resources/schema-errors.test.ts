import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaErrors } from './schema.ts'

const texts = (type: string, object: unknown, check = {}) =>
  schemaErrors(type, object, check).map(({ field, message }) => `${field}: ${message}`)

test('the schema names what breaks its rules', () => {
  const claim = (requests: readonly object[]) => ({ spec: { devices: { requests } } })
  const cases = [
    { type: 'io.k8s.api.core.v1.Pod', object: { spec: { restartPolicy: 'Sometimes' } }, errors: [] },
    {
      type: 'io.k8s.api.core.v1.ReplicationController',
      object: { metadata: { name: 'a' }, spec: { replicas: -1 } },
      errors: ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    },
    {
      type: 'io.k8s.api.resource.v1.ResourceClaim',
      object: claim([{ name: 'a' }, { name: 'b' }, { name: 'a' }]),
      errors: ['spec.devices.requests[2]: Duplicate value: "a"'],
    },
    {
      type: 'io.k8s.api.resource.v1.ResourceClaim',
      object: claim(Array.from({ length: 33 }, (_, index) => ({ name: `r${index}` }))),
      errors: ['spec.devices.requests: Too many: 33: must have at most 32 items'],
    },
    {
      type: 'io.k8s.api.storage.v1.StorageClass',
      object: { metadata: { name: 'a' } },
      errors: ['provisioner: Required value'],
    },
    {
      type: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
      object: { spec: { type: 'Limited', exempt: {} } },
      errors: ['spec.limited: Required value', 'spec.exempt: Forbidden'],
    },
  ]
  for (const { type, object, errors } of cases) assert.deepEqual(texts(type, object), errors, JSON.stringify(object))
})

test('closed sets are checked where asked', () => {
  const pod = { spec: { restartPolicy: 'Sometimes', dnsPolicy: 'Default' } }
  assert.deepEqual(texts('io.k8s.api.core.v1.Pod', pod, { enums: true }), [
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
  ])
})

test('what may not change is refused, and what did not change is left alone', () => {
  const type = 'io.k8s.api.storage.v1.StorageClass'
  const previous = { provisioner: 'a', parameters: { x: '1' }, reclaimPolicy: 'Odd' }
  assert.deepEqual(texts(type, { ...previous }, { previous, enums: true }), [])
  assert.deepEqual(texts(type, { ...previous, parameters: { x: '2' } }, { previous }), [
    'parameters: Invalid value: {"x":"2"}: field is immutable',
  ])
})
