import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isReady } from '../../src/machinery/index.ts'
import {
  clusterRoles,
  configMaps,
  deployments,
  endpointSlices,
  endpoints,
  namespaces,
  podDisruptionBudgets,
  pods,
  replicationControllers,
  serviceAccounts,
  services,
} from '../../src/resources/index.ts'
import { at, named, quietWorld, template, workload } from './quiet-world.ts'

const { world, until, rest, podsOf, isUp, createDeployment } = await quietWorld()

test('a service has its pods in Endpoints and slices, and takes them along when it goes', async () => {
  await createDeployment('served', 3)
  await world.client.create(services, {
    apiVersion: 'v1',
    kind: 'Service',
    ...named('served'),
    spec: { selector: { app: 'served' }, ports: [{ port: 80, targetPort: 'http' }] },
  } as any)
  const slices = () =>
    world.informers
      .of(endpointSlices)
      .list('default')
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'served')
  const ready = () =>
    slices()
      .flatMap(({ endpoints: list }) => list ?? [])
      .filter(({ conditions }) => conditions?.ready === true)
  await until(() => ready().length === 3, 'three endpoints')
  assert.deepEqual(
    ready()
      .flatMap(({ addresses }) => addresses)
      .toSorted(),
    podsOf('served')
      .map(({ status }) => status.podIP)
      .toSorted(),
  )
  assert.deepEqual(slices()[0]?.ports, [{ name: '', protocol: 'TCP', port: 8080 }])
  const subset = world.informers.of(endpoints).get(at('served'))?.subsets?.[0]
  assert.deepEqual([subset?.addresses?.length, subset?.ports], [3, [{ port: 8080, protocol: 'TCP' }]])
  await world.client.delete(services, at('served'))
  await until(
    () => slices().length === 0 && world.informers.of(endpoints).get(at('served')) === undefined,
    'nothing left of the service',
  )
})

test('hand-made endpoints are shown as a slice, changed and removed with them', async () => {
  await world.client.create(services, {
    apiVersion: 'v1',
    kind: 'Service',
    ...named('outside'),
    spec: { ports: [{ port: 80 }] },
  } as any)
  const subsets = (ip: string) => [{ addresses: [{ ip }], ports: [{ port: 8080 }] }]
  await world.client.create(endpoints, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    ...named('outside'),
    subsets: subsets('192.0.2.7'),
  } as any)
  const slices = () =>
    world.informers
      .of(endpointSlices)
      .list('default')
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'outside')
  const shown = () =>
    slices().map(({ endpoints: list, ports, metadata }) => [
      list?.map(({ addresses }) => addresses[0]).join(),
      ports?.[0]?.port,
      metadata.labels?.['endpointslice.kubernetes.io/managed-by'],
    ])
  const mirrored = (ip: string) => [[ip, 8080, 'endpointslicemirroring-controller.k8s.io']]
  await rest()
  assert.deepEqual(shown(), mirrored('192.0.2.7'))
  await world.client.patch(endpoints, at('outside'), { type: 'merge', body: { subsets: subsets('192.0.2.8') } })
  await rest()
  assert.deepEqual(shown(), mirrored('192.0.2.8'))
  await world.client.delete(endpoints, at('outside'))
  await rest()
  assert.deepEqual(shown(), [])
})

test('a namespace begins with what it needs and ends empty', async () => {
  await world.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as any)
  const has = () => [
    world.informers.of(serviceAccounts).get(at('default', 'shop')),
    world.informers.of(configMaps).get(at('kube-root-ca.crt', 'shop'))?.data?.['ca.crt'],
  ]
  await until(() => has().every((one) => one !== undefined), 'service account and authority')
  assert.equal(has()[1], 'simulated')
  await world.client.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: at('web', 'shop'),
    spec: workload('web', 3),
  } as any)
  await until(() => podsOf('web', 'shop').filter(isReady).length === 3, 'pods')
  await world.client.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...at('kept', 'shop'), finalizers: ['example.com/keep'] },
  } as any)
  await world.client.delete(namespaces, { name: 'shop' })
  const said = () =>
    world.informers
      .of(namespaces)
      .get({ name: 'shop' })
      ?.status.conditions?.find(({ type, status }) => type === 'NamespaceFinalizersRemaining' && status === 'True')
  await until(() => said() !== undefined && podsOf('web', 'shop').length === 0, 'what keeps it')
  assert.equal(
    said()?.message,
    'Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances',
  )
  await world.client.patch(configMaps, at('kept', 'shop'), { type: 'merge', body: { metadata: { finalizers: [] } } })
  await until(() => world.informers.of(namespaces).get({ name: 'shop' }) === undefined, 'the namespace gone')
})

test('a budget allows as many evictions as its pods can bear', async () => {
  await world.client.create(replicationControllers, {
    apiVersion: 'v1',
    kind: 'ReplicationController',
    ...named('guarded'),
    spec: { replicas: 3, template: template('guarded') },
  } as any)
  await world.client.create(podDisruptionBudgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    ...named('guarded'),
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'guarded' } } },
  } as any)
  const allowed = () => world.informers.of(podDisruptionBudgets).get(at('guarded'))?.status.disruptionsAllowed
  await until(() => isUp('guarded', 3) && allowed() === 1, 'one disruption allowed')
  const evict = (name: string) =>
    world.client.post(pods, at(name), 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: at(name) })
  const [first, second] = podsOf('guarded').map(({ metadata }) => metadata.name) as [string, string]
  await evict(first)
  await assert.rejects(evict(second), /would violate the pod's disruption budget/)
  await until(() => isUp('guarded', 3) && allowed() === 1, 'allowed again')
})

test('roles that are put together have the rules of their parts', () => {
  assert.ok((world.informers.of(clusterRoles).get({ name: 'admin' })?.rules ?? []).length > 10)
})
