/** Claims, classes and slices of devices from the API to the node: what users of dynamic resource allocation see. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingText } from '../../src/cli/why/finding.ts'
import { explanationOf } from '../../src/cli/why/why.ts'
import { startCluster } from '../../src/index.ts'
import { isNotFound } from '../../src/machinery/index.ts'
import {
  deviceClasses,
  deviceTaintRules,
  events,
  type Pod,
  pods,
  type ResourceClaim,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
} from '../../src/resources/index.ts'
import { until } from '../fixtures/until.ts'

const namespace = 'default'
const driver = 'gpu.example.com'
const model = (name: string) => ({ string: name })
const slice = (node: string, devices: readonly object[]) =>
  ({
    metadata: { name: `${node}-gpus` },
    spec: { driver, nodeName: node, pool: { name: node, generation: 1, resourceSliceCount: 1 }, devices },
  }) as never
const gpus = (...models: readonly string[]) =>
  models.map((name, at) => ({ name: `gpu-${at}`, attributes: { model: model(name) } }))
const deviceClass = {
  metadata: { name: 'gpu' },
  spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }] },
} as never
const exactly = (more: object = {}) => ({
  devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu', ...more } }] },
})
const podThat = (name: string, claim: object, spec: object = {}) =>
  ({
    metadata: { name, namespace },
    spec: {
      containers: [{ name: 'c', image: 'app', resources: { claims: [{ name: 'device' }] } }],
      resourceClaims: [{ name: 'device', ...claim }],
      ...spec,
    },
  }) as never

test('a pod gets the devices its template asks for, and gives them back to the next one', async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client } = cluster
  const read = (name: string): Promise<Pod> => client.get(pods, { namespace, name })
  await client.create(deviceClasses, deviceClass)
  await client.create(resourceSlices, slice('node-1', gpus('small')))
  await client.create(resourceSlices, slice('node-2', gpus('large')))
  const selectors = [{ cel: { expression: `device.attributes["${driver}"].model == "large"` } }]
  await client.create(resourceClaimTemplates, {
    metadata: { name: 'large', namespace },
    spec: { spec: exactly({ selectors }) },
  } as never)
  await client.create(pods, podThat('first', { resourceClaimTemplateName: 'large' }))
  const first = await until(
    () => read('first'),
    ({ spec }) => (spec.nodeName ?? '') !== '',
  )
  assert.equal(first.spec.nodeName, 'node-2')
  const claimName = first.status.resourceClaimStatuses?.[0]?.resourceClaimName ?? ''
  assert.match(claimName, /^first-device-/)
  const claim = await client.get(resourceClaims, { namespace, name: claimName })
  assert.deepEqual(claim.metadata.finalizers, ['resource.kubernetes.io/delete-protection'])
  assert.deepEqual(claim.status.allocation?.devices?.results, [
    { request: 'gpu', driver, pool: 'node-2', device: 'gpu-0' },
  ])
  assert.deepEqual(claim.status.allocation?.nodeSelector, {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-2'] }] }],
  })
  assert.deepEqual(claim.status.reservedFor, [{ resource: 'pods', name: 'first', uid: first.metadata.uid }])
  await until(
    () => read('first'),
    ({ status }) => status.phase === 'Running',
  )

  await client.create(pods, podThat('second', { resourceClaimTemplateName: 'large' }))
  const waiting = await until(
    () => read('second'),
    ({ status }) => status.conditions?.some(({ reason }) => reason === 'Unschedulable') === true,
  )
  const { message = '' } = waiting.status.conditions!.find(({ reason }) => reason === 'Unschedulable')!
  assert.equal(
    message,
    '0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
  )
  await client.delete(pods, { namespace, name: 'first' }, { gracePeriodSeconds: 0 })
  await until(
    () => read('second'),
    ({ spec }) => spec.nodeName === 'node-2',
  )
  await until(
    () => client.get(resourceClaims, { namespace, name: claimName }).catch((error) => error),
    (gone) => isNotFound(gone),
  )
})

test('a pod waits for its claim, its class and its driver one after the other, and is told so', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client, journal } = cluster
  await client.create(pods, podThat('waits', { resourceClaimName: 'mine' }))
  const verdicts = () => {
    const known = journal.verdictsOf(namespace, 'waits')
    return [known?.waits, known?.nodes[0]?.plugin, known?.nodes[0]?.reason]
  }
  const said = (...wanted: readonly string[]) =>
    until(
      async () => verdicts(),
      (is) => JSON.stringify(is) === JSON.stringify(wanted),
    )
  await said('gated', 'DynamicResources', 'could not find v1.ResourceClaim "default/mine"')
  await client.create(resourceClaims, { metadata: { name: 'mine', namespace }, spec: exactly() } as never)
  await said('unschedulable', 'DynamicResources', 'request gpu: device class gpu does not exist')
  const why = await explanationOf('pod')!({ client, nowMs: cluster.clock.now() }, namespace, 'waits')
  const text = findingText(why!)
  assert.match(text, /DynamicResources refuses one node: request gpu: device class gpu does not exist/)
  assert.match(text, /ResourceClaim\/default\/mine has no devices yet/)
  assert.match(text, /DeviceClass\/gpu does not exist/)
  assert.match(text, /ResourceSlice there is none: no driver offers devices/)
  await client.create(deviceClasses, deviceClass)
  await said('unschedulable', 'DynamicResources', 'cannot allocate all claims')
  await client.create(resourceSlices, slice('node-1', gpus('any')))
  await until(
    () => client.get(pods, { namespace, name: 'waits' }),
    ({ spec }) => spec.nodeName === 'node-1',
  )
})

test('pods share a claim, and an idle claim whose devices are elsewhere is given up', async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client } = cluster
  await client.create(deviceClasses, deviceClass)
  await client.create(resourceSlices, slice('node-1', gpus('any')))
  const claim = { metadata: { name: 'shared', namespace }, spec: exactly() }
  await client.create(resourceClaims, claim as never)
  for (const name of ['a', 'b']) await client.create(pods, podThat(name, { resourceClaimName: 'shared' }))
  const claimNow = (): Promise<ResourceClaim> => client.get(resourceClaims, { namespace, name: 'shared' })
  await until(claimNow, ({ status }) => status?.reservedFor?.length === 2)
  for (const name of ['a', 'b']) await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 })
  await until(
    claimNow,
    ({ metadata, status }) => status?.allocation === undefined && (metadata.finalizers ?? []).length === 0,
  )

  // Somebody allocates it on node-1, but its next pod may only go to node-2.
  const free = await claimNow()
  await client.update(
    resourceClaims,
    {
      ...free,
      status: {
        allocation: {
          devices: { results: [{ request: 'gpu', driver, pool: 'node-1', device: 'gpu-0' }] },
          nodeSelector: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] }],
          },
        },
      },
    } as never,
    'status',
  )
  await client.create(resourceSlices, slice('node-2', gpus('any')))
  await client.create(
    pods,
    podThat('c', { resourceClaimName: 'shared' }, { nodeSelector: { 'kubernetes.io/hostname': 'node-2' } }),
  )
  await until(
    () => client.get(pods, { namespace, name: 'c' }),
    ({ spec }) => spec.nodeName === 'node-2',
  )
  assert.equal((await claimNow()).status.allocation?.devices?.results?.[0]?.pool, 'node-2')
})

test('a pod whose device breaks is taken away, once its claim does not put up with it any longer', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client } = cluster
  const running = (name: string) =>
    until(
      () => client.get(pods, { namespace, name }),
      ({ status }) => status.phase === 'Running',
    )
  await client.create(deviceClasses, deviceClass)
  await client.create(resourceSlices, slice('node-1', gpus('any', 'any')))
  const tolerations = [{ operator: 'Exists', effect: 'NoExecute' }]
  for (const [name, more] of [
    ['fragile', {}],
    ['patient', { tolerations }],
  ] as const) {
    await client.create(resourceClaims, { metadata: { name, namespace }, spec: exactly(more) } as never)
    await client.create(pods, podThat(name, { resourceClaimName: name }, { terminationGracePeriodSeconds: 0 }))
    await running(name)
  }
  const known = await client.get(resourceSlices, { name: 'node-1-gpus' })
  const taints = [{ key: 'broken', effect: 'NoExecute' }]
  const devices = known.spec.devices!.map((device) => ({ ...device, taints }))
  const tainted = await client.update(resourceSlices, { ...known, spec: { ...known.spec, devices } } as never)
  assert.match(tainted.spec.devices![0]!.taints![0]!.timeAdded!, /^\d{4}-/)
  await until(
    () => client.get(pods, { namespace, name: 'fragile' }).catch((error) => error),
    (gone) => isNotFound(gone),
  )
  const { items } = await client.list(events, { namespace })
  assert.deepEqual(
    items
      .filter(({ reason }) => reason === 'DeviceTaintManagerEviction')
      .map(({ involvedObject, message }) => [involvedObject.name, message]),
    [['fragile', 'Marking for deletion']],
  )
  await running('patient')
})

test('a rule taints devices in its driver’s stead, and says what came of it', async () => {
  const features = { gates: { DRADeviceTaintRules: true }, runtimeConfig: { 'resource.k8s.io/v1beta2': 'true' } }
  await using cluster = await startCluster({ nodes: 1, features })
  const { client } = cluster
  await client.create(deviceClasses, deviceClass)
  await client.create(resourceSlices, slice('node-1', gpus('any', 'any')))
  await client.create(resourceClaims, { metadata: { name: 'one', namespace }, spec: exactly() } as never)
  await client.create(pods, podThat('one', { resourceClaimName: 'one' }, { terminationGracePeriodSeconds: 0 }))
  await until(
    () => client.get(pods, { namespace, name: 'one' }),
    ({ status }) => status.phase === 'Running',
  )
  const rule = (name: string, effect: string) =>
    client.create(deviceTaintRules, {
      metadata: { name },
      spec: { deviceSelector: { driver }, taint: { key: 'broken', effect } },
    } as never)
  const progress = (name: string) => async () =>
    (await client.get(deviceTaintRules, { name })).status?.conditions?.find(({ type }) => type === 'EvictionInProgress')
  await rule('dry', 'None')
  const dry = await until(progress('dry'), (condition) => condition !== undefined)
  assert.match(
    dry?.message ?? '',
    /^2 published devices selected\. 1 allocated device selected\. 1 pod would be evicted in 1 namespace /,
  )
  await rule('wet', 'NoExecute')
  await until(
    () => client.get(pods, { namespace, name: 'one' }).catch((error) => error),
    (gone) => isNotFound(gone),
  )
  await until(progress('wet'), (condition) => condition !== undefined)
})

test('a pod that asks for a resource gets devices for it where a class stands for it', async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { client } = cluster
  const resource = 'example.com/gpu'
  const asking = (name: string) =>
    ({
      metadata: { name, namespace },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: 'app', resources: { limits: { [resource]: '1' } } }],
      },
    }) as never
  const said = (name: string, wanted: string) =>
    until(
      () => client.get(pods, { namespace, name }),
      ({ status }) => status.conditions?.some(({ message }) => message?.startsWith(wanted)) === true,
    )
  const placed = (name: string) =>
    until(
      () => client.get(pods, { namespace, name }),
      ({ status }) => status.phase === 'Running',
    )
  await client.create(pods, asking('first'))
  await said('first', '0/2 nodes are available: 2 Insufficient example.com/gpu.')
  await client.create(resourceSlices, slice('node-2', gpus('any')))
  await client.create(deviceClasses, {
    metadata: { name: 'gpu' },
    spec: { ...(deviceClass as { spec: object }).spec, extendedResourceName: resource },
  } as never)
  const first = await placed('first')
  assert.equal(first.spec.nodeName, 'node-2')
  const { resourceClaimName = '', requestMappings } = first.status.extendedResourceClaimStatus ?? {}
  assert.match(resourceClaimName, /^first-extended-resources-/)
  assert.deepEqual(requestMappings, [
    { containerName: 'c', resourceName: resource, requestName: 'container-0-request-0' },
  ])
  const claim = await client.get(resourceClaims, { namespace, name: resourceClaimName })
  assert.deepEqual(claim.status.allocation?.devices?.results, [
    { request: 'container-0-request-0', driver, pool: 'node-2', device: 'gpu-0' },
  ])
  assert.deepEqual(claim.status.reservedFor, [{ resource: 'pods', name: 'first', uid: first.metadata.uid }])

  await client.create(pods, asking('second'))
  await said('second', '0/2 nodes are available: 2 cannot allocate all claims.')
  await client.delete(pods, { namespace, name: 'first' })
  assert.equal((await placed('second')).spec.nodeName, 'node-2')
  await until(
    () => client.get(resourceClaims, { namespace, name: resourceClaimName }).catch((error) => error),
    (gone) => isNotFound(gone),
  )
})
