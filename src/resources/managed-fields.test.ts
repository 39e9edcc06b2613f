import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  applyConfiguration,
  createShapes,
  type FieldWriter,
  type ManagedFieldsEntry,
  recordUpdate,
  resetFields,
  StatusError,
} from '../machinery/index.ts'
import { builtInSchema, decodeObject, zeroObject } from './schema.ts'

const type = 'io.k8s.api.apps.v1.Deployment'
const shape = createShapes(builtInSchema)(type)
const empty = zeroObject(type)
const decoded = (json: unknown) => decodeObject(type, json).object
const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`
const writer = (manager: string, minute: number, more: Partial<FieldWriter> = {}): FieldWriter => ({
  manager,
  apiVersion: 'apps/v1',
  time: at(minute),
  ignored: resetFields(more.subresource),
  ...more,
})
const deployment = (more: object = {}) =>
  decoded({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [{ name: 'web', image: 'nginx:1', ports: [{ containerPort: 80, protocol: 'TCP' }] }],
          volumes: [{ name: 'v', emptyDir: {} }],
        },
      },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } },
      ...more,
    },
  })
const stored = (object: any, managedFields: readonly ManagedFieldsEntry[] | undefined) => ({
  ...object,
  metadata: { ...object.metadata, uid: 'u', managedFields },
})
const created = () => {
  const object = deployment()
  return stored(object, recordUpdate(shape, { live: empty, next: object }, writer('kubectl-create', 0)))
}

test('what is owned is written in Kubernetes’ order, whatever the order of the object', () => {
  const [entry] = created().metadata.managedFields
  const [container] = Object.values(
    entry.fieldsV1['f:spec']['f:template']['f:spec']['f:containers'] as Record<string, object>,
  )
  assert.deepEqual(Object.keys(container!), ['.', 'f:image', 'f:name', 'f:ports', 'f:resources'])
  assert.deepEqual(Object.keys(entry.fieldsV1['f:spec']).slice(0, 2), ['f:replicas', 'f:selector'])
})

const owners = (entries: readonly ManagedFieldsEntry[] | undefined) =>
  entries?.map(({ manager, operation, subresource, time, fieldsV1 }) => [
    manager,
    operation,
    subresource ?? '',
    time,
    JSON.stringify(fieldsV1),
  ])

test('a create owns every field it set, with the marks Kubernetes makes', () => {
  assert.deepEqual(created().metadata.managedFields, [
    {
      manager: 'kubectl-create',
      operation: 'Update',
      apiVersion: 'apps/v1',
      time: at(0),
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:replicas': {},
          'f:selector': {},
          'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {} }, 'f:type': {} },
          'f:template': {
            'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
            'f:spec': {
              'f:containers': {
                'k:{"name":"web"}': {
                  '.': {},
                  'f:image': {},
                  'f:name': {},
                  'f:ports': {
                    '.': {},
                    'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
                  },
                  'f:resources': {},
                },
              },
              'f:volumes': { '.': {}, 'k:{"name":"v"}': { '.': {}, 'f:emptyDir': {}, 'f:name': {} } },
            },
          },
        },
      },
    },
  ])
})

test('an update takes over what it changes, and nobody owns what it removes', () => {
  const live = created()
  const next = stored(deployment({ replicas: 3 }), live.metadata.managedFields)
  delete next.metadata.labels
  next.spec.template.spec.containers[0].image = 'nginx:2'
  const entries = recordUpdate(shape, { live, next }, writer('kubectl-edit', 1))
  const [first, second] = owners(entries)!
  assert.deepEqual(second, [
    'kubectl-edit',
    'Update',
    '',
    at(1),
    '{"f:spec":{"f:replicas":{},"f:template":{"f:spec":{"f:containers":{"k:{\\"name\\":\\"web\\"}":{"f:image":{}}}}}}}',
  ])
  assert.equal(/"f:labels":\{"\.":\{\},"f:app":\{\}\}\},"f:spec":\{"f:replicas/.test(first![4]!), false)
  assert.equal(first![4]!.includes('f:image'), false)
  const again = stored({ ...next, metadata: { ...next.metadata } }, entries)
  assert.equal(recordUpdate(shape, { live: again, next: again }, writer('other', 2)), entries, 'no change, same list')
})

test('a status write owns status only, in an entry of its own', () => {
  const live = created()
  const next = { ...live, spec: { ...live.spec, replicas: 9 }, status: { replicas: 1 } }
  const entries = recordUpdate(shape, { live, next }, writer('kube-controller-manager', 1, { subresource: 'status' }))
  assert.deepEqual(owners(entries)![1], [
    'kube-controller-manager',
    'Update',
    'status',
    at(1),
    '{"f:status":{"f:replicas":{}}}',
  ])
  assert.equal(entries![0], live.metadata.managedFields[0], 'untouched entries are shared')
})

test('forgotten managers stay forgotten, and more than ten updaters are merged', () => {
  const live = created()
  const reset = stored(deployment({ replicas: 2 }), [{}])
  assert.deepEqual(recordUpdate(shape, { live, next: reset }, writer('x', 1)), undefined)
  let object = live
  for (let n = 0; n < 12; n++) {
    const next = stored(
      {
        ...deployment(),
        metadata: { ...object.metadata, labels: { app: 'web', ...object.metadata.labels, [`l${n}`]: 'x' } },
      },
      object.metadata.managedFields,
    )
    object = stored(next, recordUpdate(shape, { live: object, next }, writer(`m${n}`, n + 1)))
  }
  assert.deepEqual(
    object.metadata.managedFields.map((entry: ManagedFieldsEntry) => entry.manager),
    ['ancient-changes', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10', 'm11'],
  )
})

const applied = (spec: object, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default', ...metadata },
  spec,
})
const apply = (live: any, configuration: object, manager: string, minute: number, force = false) => {
  const result = applyConfiguration(shape, { live, applied: configuration, empty }, writer(manager, minute), { force })
  return stored(decoded({ ...result.object }), result.managedFields)
}

test('applying merges, removes what is no longer stated, and shares what is equal', () => {
  const container = (name: string, more: object = {}) => ({ name, image: 'i', ...more })
  const template = (...containers: object[]) => ({ template: { spec: { containers } } })
  const first = apply(
    empty,
    applied({ replicas: 2, ...template(container('a', { env: [{ name: 'X', value: '1' }] }), container('b')) }),
    'one',
    1,
  )
  assert.deepEqual(
    first.spec.template.spec.containers.map((c: any) => c.name),
    ['a', 'b'],
  )
  const second = apply(
    first,
    applied({ ...template(container('b'), container('c')) }, { labels: { x: 'y' } }),
    'two',
    2,
  )
  assert.deepEqual(
    second.spec.template.spec.containers.map((c: any) => c.name),
    ['a', 'b', 'c'],
  )
  // The first drops both its containers and the replicas: b stays, since the second owns it too.
  const third = apply(second, applied({ ...template(container('d')) }), 'one', 3)
  assert.deepEqual(
    third.spec.template.spec.containers.map((c: any) => c.name),
    ['b', 'c', 'd'],
  )
  assert.deepEqual([third.spec.replicas, third.metadata.labels], [undefined, { x: 'y' }])
  assert.deepEqual(
    third.metadata.managedFields.map((e: ManagedFieldsEntry) => [e.manager, e.operation, e.time]),
    [
      ['two', 'Apply', at(2)],
      ['one', 'Apply', at(3)],
    ],
  )
  const same = apply(third, applied({ ...template(container('d')) }), 'one', 9)
  assert.deepEqual(same.metadata.managedFields, third.metadata.managedFields, 'applying the same changes nothing')
})

test('conflicts are told with managers and fields, and force takes the fields over', () => {
  const live = created()
  const change = applied({ replicas: 5, template: { spec: { containers: [{ name: 'web', image: 'x' }] } } })
  const attempt = (configuration: object) => {
    try {
      return apply(live, configuration, 'me', 1)
    } catch (error) {
      assert(error instanceof StatusError)
      return [error.code, error.message, error.status.details?.causes?.map((cause) => [cause.reason, cause.field])]
    }
  }
  assert.deepEqual(attempt(applied({ replicas: 5 })), [
    409,
    'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas',
    [['FieldManagerConflict', '.spec.replicas']],
  ])
  assert.deepEqual(attempt(change), [
    409,
    'Apply failed with 2 conflicts: conflicts with "kubectl-create" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name="web"].image',
    [
      ['FieldManagerConflict', '.spec.replicas'],
      ['FieldManagerConflict', '.spec.template.spec.containers[name="web"].image'],
    ],
  ])
  const forced = apply(live, change, 'me', 1, true)
  assert.equal(forced.spec.replicas, 5)
  const create = forced.metadata.managedFields.find((e: ManagedFieldsEntry) => e.manager === 'kubectl-create')
  assert.equal(JSON.stringify(create).includes('f:replicas'), false)
  // The same value is no conflict: both own it.
  const shared = apply(live, applied({ replicas: 1 }), 'me', 1)
  assert.equal(shared.metadata.managedFields.filter((e: any) => JSON.stringify(e).includes('f:replicas')).length, 2)
})

const lastAppliedKey = 'kubectl.kubernetes.io/last-applied-configuration'

test('what kubectl applied itself, kubectl may have the server apply, as far as it is still so; nobody else may', () => {
  const template = (image: string) => ({ template: { spec: { containers: [{ name: 'web', image }] } } })
  const before = applied({ replicas: 3, ...template('nginx:1') }, { labels: { app: 'web' } })
  const object = deployment()
  const annotated = (text: string) => {
    const live = { ...object, metadata: { ...object.metadata, annotations: { [lastAppliedKey]: text } } }
    const managed = recordUpdate(shape, { live: empty, next: live }, writer('kubectl-client-side-apply', 0))
    return stored(live, managed)
  }
  const live = annotated(JSON.stringify(before))
  const conflicts = (from: object, configuration: object, manager: string) => {
    try {
      apply(from, configuration, manager, 1)
      return []
    } catch (error) {
      assert(error instanceof StatusError)
      return error.status.details?.causes?.map(({ field }) => field)
    }
  }
  // The replicas were changed since; the label and the image are as they were applied.
  const change = applied({ replicas: 5, ...template('nginx:2') }, { labels: { app: 'new' } })
  assert.deepEqual(conflicts(live, change, 'kubectl'), ['.spec.replicas'])
  const image = '.spec.template.spec.containers[name="web"].image'
  assert.deepEqual(conflicts(live, change, 'other'), ['.metadata.labels.app', '.spec.replicas', image])
  for (const text of ['nonsense', '{}', JSON.stringify({ ...before, apiVersion: 'apps/v1beta1' })])
    assert.deepEqual(conflicts(annotated(text), change, 'kubectl'), ['.metadata.labels.app', '.spec.replicas', image])
  const configuration = applied(template('nginx:2'), { labels: { app: 'new' } })
  const done = apply(live, configuration, 'kubectl', 1)
  assert.deepEqual([done.metadata.labels, done.spec.template.spec.containers[0].image], [{ app: 'new' }, 'nginx:2'])
  assert.equal(
    done.metadata.annotations[lastAppliedKey],
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"app":"new"},"name":"web","namespace":"default"},"spec":{"template":{"spec":{"containers":[{"image":"nginx:2","name":"web"}]}}}}\n',
  )
  const untouched = apply(live, applied({ minReadySeconds: 1 }), 'other', 1)
  assert.equal(untouched.metadata.annotations[lastAppliedKey], live.metadata.annotations[lastAppliedKey])
})

test('a configuration that is too large to be told of in an annotation is not', () => {
  const object = deployment()
  const live = stored(
    { ...object, metadata: { ...object.metadata, annotations: { [lastAppliedKey]: '{}' } } },
    undefined,
  )
  const large = Object.fromEntries(Array.from({ length: 3 }, (_, at) => [`large-${at}`, 'x'.repeat(60_000)]))
  const done = apply(live, applied({}, { annotations: large }), 'kubectl', 1)
  assert.deepEqual(Object.keys(done.metadata.annotations).sort(), ['large-0', 'large-1', 'large-2'])
})

test('an object that was never tracked is applied to as if somebody had written it before', () => {
  const live = stored(deployment(), undefined)
  const result = apply(live, applied({ minReadySeconds: 5 }), 'me', 1)
  assert.deepEqual(
    result.metadata.managedFields.map((e: ManagedFieldsEntry) => [e.manager, e.operation]),
    [
      ['me', 'Apply'],
      ['before-first-apply', 'Update'],
    ],
  )
})

test('what came of an update once is not taken for another: values, times and owners of each object stay its own', () => {
  const made = (image: string, minute: number, by = 'kubectl') => {
    const next = deployment({ image })
    return recordUpdate(shape, { live: empty, next }, writer(by, minute))!
  }
  const first = made('a', 1)
  const second = made('b', 2)
  assert.deepEqual(second, [{ ...first[0], time: at(2) }])
  assert.equal(second[0]!.fieldsV1, first[0]!.fieldsV1)
  assert.equal(made('a', 3, 'helm')[0]!.manager, 'helm')
  // The same change by the same writer takes from whoever owns: from one, from the other, from none.
  const scaled = (owner: string, minute: number) => {
    const managedFields = made('a', 1, owner)
    const live: any = deployment()
    live.metadata = { ...live.metadata, uid: 'u', managedFields }
    const next = { ...live, spec: { ...live.spec, replicas: 5 } }
    return recordUpdate(shape, { live, next }, writer('scaler', minute))!
  }
  const owners = (entries: readonly ManagedFieldsEntry[]) => entries.map(({ manager, time }) => `${manager} ${time}`)
  assert.deepEqual(owners(scaled('kubectl', 4)), [`kubectl ${at(1)}`, `scaler ${at(4)}`])
  assert.deepEqual(owners(scaled('helm', 5)), [`helm ${at(1)}`, `scaler ${at(5)}`])
  // An entry older than what there is comes first.
  assert.deepEqual(owners(scaled('kubectl', 0)), [`scaler ${at(0)}`, `kubectl ${at(1)}`])
  const own = scaled('scaler', 6)
  assert.deepEqual(owners(own), [`scaler ${at(6)}`])
  assert.deepEqual(own[0]!.fieldsV1, made('a', 1)[0]!.fieldsV1)
})

test('the claim that a volume is for is owned member by member, other references as a whole', () => {
  const fieldsOf = (kind: string, spec: object) => {
    const type = `io.k8s.api.core.v1.${kind}`
    const next = decodeObject(type, { metadata: { name: 'a' }, ...spec }).object
    const change = { live: zeroObject(type), next } as never
    return recordUpdate(createShapes(builtInSchema)(type), change, writer('m', 1))?.[0]?.fieldsV1
  }
  assert.deepEqual(fieldsOf('PersistentVolume', { spec: { claimRef: { name: 'c', namespace: 'n' } } }), {
    'f:spec': { 'f:claimRef': { '.': {}, 'f:name': {}, 'f:namespace': {} } },
  })
  assert.deepEqual(fieldsOf('Event', { involvedObject: { name: 'c' } }), { 'f:involvedObject': {} })
})
