/** Addresses of services: an object stands for each, ranges come and go, and what does not fit together is mended. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { manualClock } from '../../src/machinery/index.ts'
import { ipAddresses, serviceCIDRs, services } from '../../src/resources/index.ts'
import { startApi, type TestApi } from '../fixtures/api.ts'

const inDefault = { group: '', version: 'v1', resource: 'services', namespace: 'default' }
const addresses = { group: 'networking.k8s.io', version: 'v1', resource: 'ipaddresses' }
const ranges = { group: 'networking.k8s.io', version: 'v1', resource: 'servicecidrs' }
const service = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { selector: { app: 'a' }, ports: [{ port: 80 }], ...spec },
})
const create = (api: TestApi, body: object, more: object = {}) =>
  api.call({ ...inDefault, verb: 'create', body, ...more })
const namesOf = async (api: TestApi) =>
  (await api.call({ ...addresses, verb: 'list' })).items.map(({ metadata }: any) => metadata.name)

test('an IPAddress stands for each address of a service, as long as the service has it', async () => {
  await using api = await startApi({ serviceCidr: '10.96.0.0/24,fd00:10:96::/112' })
  assert.deepEqual(await namesOf(api), ['10.96.0.1'], 'the kubernetes Service has one')
  const made = await create(api, service('two', { ipFamilyPolicy: 'RequireDualStack', clusterIP: '10.96.0.9' }))
  assert.equal(made.spec.clusterIPs.length, 2)
  assert.equal(made.spec.clusterIPs[0], '10.96.0.9')
  assert.match(made.spec.clusterIPs[1], /^fd00:10:96::/)
  const object = await api.call({ ...addresses, verb: 'get', name: '10.96.0.9' })
  assert.deepEqual(object.metadata.labels, {
    'ipaddress.kubernetes.io/ip-family': 'IPv4',
    'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
  })
  assert.deepEqual(object.spec, { parentRef: { resource: 'services', namespace: 'default', name: 'two' } })
  await assert.rejects(create(api, service('late', { clusterIP: '10.96.0.9' })), {
    message:
      'Service "late" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.9"]: failed to allocate IP 10.96.0.9: provided IP is already allocated',
  })
  await assert.rejects(create(api, service('far', { clusterIP: '10.97.0.9' })), {
    message:
      'Service "far" is invalid: spec.clusterIPs: Invalid value: ["10.97.0.9"]: failed to allocate IP 10.97.0.9: the provided network does not match the current range',
  })
  await api.call({
    ...inDefault,
    verb: 'patch',
    name: 'two',
    patchType: 'merge',
    body: { spec: { ipFamilyPolicy: 'SingleStack' } },
  })
  await api.until({ ...addresses, verb: 'list' }, ({ items }) => items.length === 2)
  await api.call({ ...inDefault, verb: 'delete', name: 'two' })
  await api.until({ ...addresses, verb: 'list' }, ({ items }) => items.length === 1)
})

test('what is refused, or only tried, takes no address', async () => {
  await using api = await startApi()
  await create(api, service('dry'), { query: { dryRun: 'All' } }).catch(() => {})
  await assert.rejects(create(api, service('bad', { ports: [{ port: 0 }] })))
  await api.until({ ...addresses, verb: 'list' }, ({ items }) => items.length === 1)
})

test('an address somebody else holds is not given away, and a range that is full is said to be', async () => {
  await using api = await startApi({ serviceCidr: '10.96.0.0/29' })
  const held = { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: { name: '10.96.0.3' } }
  await api.call({
    ...addresses,
    verb: 'create',
    body: { ...held, spec: { parentRef: { resource: 'gateways', name: 'g' } } },
  })
  for (const name of ['a', 'b', 'c', 'd']) {
    const { spec } = await create(api, service(name))
    assert.notEqual(spec.clusterIP, '10.96.0.3')
  }
  await assert.rejects(create(api, service('e')), {
    message: 'Internal error occurred: failed to allocate a serviceIP for Service "e": range is full',
  })
  const more = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'more' },
    spec: { cidrs: ['10.99.0.0/24'] },
  }
  await api.call({ ...ranges, verb: 'create', body: more })
  const status = {
    status: {
      conditions: [
        { type: 'Ready', status: 'True', reason: '', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    },
  }
  await api.call({ ...ranges, verb: 'patch', name: 'more', subresource: 'status', patchType: 'merge', body: status })
  let ip = ''
  for (let tries = 0; ip === '' && tries < 100; tries++)
    ip = await create(api, service('e')).then(
      ({ spec }) => spec.clusterIP,
      () => '',
    )
  assert.match(ip, /^10\.99\.0\./)
})

test('the object of an address comes back when it is deleted, with an event that says so', async () => {
  await using api = await startApi()
  const { spec } = await create(api, service('a'))
  await api.call({ ...addresses, verb: 'delete', name: spec.clusterIP })
  await api.until({ ...addresses, verb: 'list' }, ({ items }) =>
    items.some((one: any) => one.metadata.name === spec.clusterIP && one.spec.parentRef.name === 'a'),
  )
  const { items } = await api.until(
    { group: '', version: 'v1', resource: 'events', namespace: 'default', verb: 'list' },
    (list) => list.items.length > 0,
  )
  assert.deepEqual(
    items.map((one: any) => [one.reason, one.message]),
    [['ClusterIPNotAllocated', `Cluster IP [IPv4]: ${spec.clusterIP} is not allocated; repairing`]],
  )
})

test('a range is ready, is held while a service has its addresses, and goes afterwards', async () => {
  const clock = manualClock()
  const starting = startCluster({ nodes: 0, clock })
  // Whatever waits has its turn, and then its time.
  const pass = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    clock.advance(100)
  }
  let isStarted = false
  void starting.then(() => {
    isStarted = true
  })
  while (!isStarted) await pass()
  await using cluster = await starting
  const { client } = cluster
  const condition = async (name: string) =>
    (await client.get(serviceCIDRs, { name })).status?.conditions?.find(({ type }) => type === 'Ready')
  const until = async (done: () => Promise<boolean>) => {
    for (let tries = 0; tries < 1000; tries++) {
      if (await done()) return
      await pass()
    }
    assert.fail('it did not come to that')
  }
  await client.create(serviceCIDRs, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'extra' },
    spec: { cidrs: ['10.250.0.0/24'] },
  } as never)
  await until(async () => (await condition('extra'))?.status === 'True')
  assert.equal((await condition('extra'))?.message, 'Kubernetes Service CIDR is ready')
  const wanted = { ...service('a', { clusterIP: '10.250.0.7' }), metadata: { name: 'a', namespace: 'default' } }
  await until(() =>
    client.create(services, wanted as never).then(
      () => true,
      () => false,
    ),
  )
  await client.delete(serviceCIDRs, { name: 'extra' })
  await until(async () => (await condition('extra'))?.reason === 'Terminating')
  await client.delete(services, { name: 'a', namespace: 'default' })
  await until(async () =>
    (await client.list(ipAddresses)).items.every(({ metadata }) => metadata.name !== '10.250.0.7'),
  )
  await until(async () => (await client.list(serviceCIDRs)).items.length === 1)
})
