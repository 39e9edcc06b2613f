import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineResource } from './define.ts'
import type { Namespace } from './generated/types.ts'
import { allResources, apiGroups, resourceFor, resourceForKind } from './registry.ts'
import { builtInSchema, zeroObject } from './schema.ts'
import { genericHooks } from './strategy.ts'

test('every resource is found by its path and by its kind, and has a type that says the same', () => {
  for (const definition of allResources) {
    const { group, version, kind, plural, type, listKind, verbs } = definition
    const name = `${plural}.${version}.${group}`
    assert.equal(resourceFor({ group, version, resource: plural }), definition, name)
    assert.equal(resourceForKind({ group, version, kind }), definition, name)
    assert.equal(builtInSchema.typeOfKind({ group, version, kind })?.name, type, name)
    if (verbs.includes('list')) assert.ok(builtInSchema.typeOfKind({ group, version, kind: listKind }), name)
    const known = apiGroups.find((one) => one.group === group)?.versions.some((one) => one.version === version)
    assert.ok(known, name)
  }
})

test('every field label reads as text, even of an object in which nothing is set', () => {
  for (const definition of allResources) {
    const object = { ...zeroObject(definition.type), metadata: { name: 'a', namespace: 'b' } }
    for (const label of definition.fieldLabels) {
      const wanted = label === 'metadata.name' ? 'a' : label === 'metadata.namespace' ? 'b' : undefined
      const text = definition.field(object, label)
      assert.equal(typeof text, 'string', `${definition.plural} ${label}`)
      if (wanted !== undefined) assert.equal(text, wanted, `${definition.plural} ${label}`)
    }
  }
})

test('labels that are no paths read what they stand for', () => {
  const event = { metadata: {}, source: {}, reportingComponent: 'kubelet' }
  const events = resourceFor({ group: '', version: 'v1', resource: 'events' })!
  assert.equal(events.field(event, 'source'), 'kubelet')
  assert.equal(events.field({ ...event, source: { component: 'scheduler' } }, 'source'), 'scheduler')
  const newEvents = resourceFor({ group: 'events.k8s.io', version: 'v1', resource: 'events' })!
  assert.equal(newEvents.field(event, 'reportingController'), 'kubelet')
  assert.equal(newEvents.field({ ...event, involvedObject: { name: 'web' } }, 'regarding.name'), 'web')
  const jobs = resourceFor({ group: 'batch', version: 'v1', resource: 'jobs' })!
  assert.equal(jobs.field({ metadata: {}, status: { succeeded: 2 } }, 'status.successful'), '2')
  assert.equal(jobs.field({ metadata: {}, status: {} }, 'status.successful'), '0')
})

test('every resource gives one cell for each column', () => {
  for (const definition of allResources) {
    const object = { ...zeroObject(definition.type), metadata: { name: 'a', namespace: 'b', creationTimestamp: null } }
    assert.equal(definition.cells(object, 0).length, definition.columns.length, definition.plural)
  }
})

/** Kubernetes: the kinds whose new objects say that they are of the first generation. */
const counted = `CronJob DaemonSet Deployment DeviceClass DeviceTaintRule EndpointSlice FlowSchema Ingress IngressClass
  CustomResourceDefinition Job MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration
  NetworkPolicy Pod PodDisruptionBudget PodTemplate PriorityClass PriorityLevelConfiguration ReplicaSet
  ReplicationController ResourceSlice StatefulSet ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
  ValidatingWebhookConfiguration`.split(/\s+/)

test('new objects of the kinds that Kubernetes counts generations of are of the first, and no others', () => {
  const found = new Set<string>()
  for (const definition of allResources.filter(({ stored }) => stored)) {
    const draft = { ...zeroObject(definition.type), metadata: { name: 'a' }, spec: {}, status: {} } as any
    definition.prepareForCreate(draft, { nowMs: 0, uuid: () => 'u' })
    if (draft.metadata.generation === 1) found.add(definition.kind)
  }
  assert.deepEqual([...found].sort(), [...counted].sort())
})

test('a generation is counted up with a change of the spec, but for PriorityClasses', () => {
  const changed = (group: string, resource: string, generation: number | undefined, members: [object, object]) => {
    const definition = resourceFor({ group, version: 'v1', resource })!
    const metadata = { name: 'a', ...(generation === undefined ? {} : { generation }) }
    const draft = { metadata: { name: 'a' }, ...members[1] } as any
    definition.prepareForUpdate(draft, { metadata, ...members[0] } as any, { nowMs: 0, uuid: () => 'u' })
    return draft.metadata.generation
  }
  const csi: [object, object] = [{ spec: { attachRequired: true } }, { spec: { attachRequired: false } }]
  assert.equal(changed('storage.k8s.io', 'csidrivers', undefined, csi), 1)
  assert.equal(changed('storage.k8s.io', 'csidrivers', undefined, [csi[0], csi[0]]), undefined)
  assert.equal(changed('scheduling.k8s.io', 'priorityclasses', 1, [{ value: 1 }, { value: 2 }]), 1)
  assert.equal(changed('resource.k8s.io', 'deviceclasses', 1, [{ spec: {} }, { spec: { selectors: [] } }]), 2)
})

const facts = {
  group: 'apps',
  version: 'v1',
  kind: 'Thing',
  listKind: 'ThingList',
  plural: 'things',
  singular: 'thing',
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  verbs: [],
  servedByDefault: true,
  stored: true,
  type: 'io.k8s.api.core.v1.Namespace',
  storage: { group: 'apps', version: 'v1', prefix: 'things', hash: '' },
  subresources: [{ name: 'status', verbs: ['update'] }],
  columns: [],
  fieldLabels: [],
  hasSpec: true,
  hasStatus: true,
  statusIsValue: true,
} as const

test('the generic strategy keeps status and spec apart and counts generations', () => {
  const hooks = genericHooks(facts)
  const context = { nowMs: 0, uuid: () => 'u' }
  const created = { metadata: { name: 'a' } as any, spec: { x: 1 }, status: { y: 1 } }
  hooks.prepareForCreate(created, context)
  assert.deepEqual(created, { metadata: { name: 'a', generation: 1 }, spec: { x: 1 }, status: {} })

  const previous = { metadata: { name: 'a', generation: 3 }, spec: { x: 1 }, status: { y: 1 } } as any
  const cases = [
    {
      hook: 'prepareForUpdate' as const,
      draft: { metadata: { name: 'a', generation: 9 }, spec: { x: 1 }, status: { y: 2 } },
      result: { metadata: { name: 'a', generation: 3 }, spec: { x: 1 }, status: { y: 1 } },
    },
    {
      hook: 'prepareForUpdate' as const,
      draft: { metadata: { name: 'a' }, spec: { x: 2 } },
      result: { metadata: { name: 'a', generation: 4 }, spec: { x: 2 }, status: { y: 1 } },
    },
    {
      hook: 'prepareForStatusUpdate' as const,
      draft: { metadata: { name: 'a' }, spec: { x: 2 }, status: { y: 2 } },
      result: { metadata: { name: 'a', generation: 3 }, spec: { x: 1 }, status: { y: 2 } },
    },
  ]
  for (const { hook, draft, result } of cases) {
    hooks[hook](draft, previous, context)
    assert.deepEqual(draft, result, hook)
  }
})

test('hooks written by hand replace the generic ones one by one', () => {
  const definition = defineResource<Namespace>('namespaces.v1', { graceful: true })
  assert.deepEqual(
    [definition.graceful, definition.allowUnconditionalUpdate, definition.plural],
    [true, true, 'namespaces'],
  )
})
