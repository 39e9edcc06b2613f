/** The cloud controllers in a whole cluster: what a user sees of nodes and services in a cloud. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startCluster, type TestCluster } from '../../src/index.ts'
import { conditionOf, isNotFound, manualClock, seededRandom } from '../../src/machinery/index.ts'
import { events, nodes, type Service, services } from '../../src/resources/index.ts'
import { drivenBy } from '../fixtures/driven.ts'

const clock = manualClock()
const driven = drivenBy(clock)
let cluster: TestCluster
before(async () => {
  cluster = await driven.settled(startCluster({ nodes: 3, cloud: true, clock, random: seededRandom(3) }))
})
after(() => driven.settled(cluster.stop()))

const cloud = () => cluster.cloud!
const orGone = <T>(work: Promise<T>) =>
  work.catch((error) => (isNotFound(error) ? undefined : Promise.reject(error))) as Promise<T | undefined>
const node = (name: string) => orGone(cluster.client.get(nodes, { name }))
const service = (name: string) => orGone(cluster.client.get(services, { namespace: 'default', name }))
const machine = async (name: string) =>
  (await driven.settled(cloud().call('ecs:DescribeInstances', {}))).find((one) => one.name === name)!
const reasonsAbout = async (name: string) =>
  (await cluster.client.list(events, { fieldSelector: `involvedObject.name=${name}` })).items.map(
    ({ reason, message, source }) => `${source?.component} ${reason}: ${message}`,
  )
const saying = (name: string, text: string) =>
  driven.until(
    () => reasonsAbout(name),
    (all) => all.includes(text),
  )
const balancers = () => driven.settled(cloud().call('slb:DescribeLoadBalancers', {}))
const newService = (name: string, spec: Partial<Service['spec']> = {}) =>
  driven.settled(
    cluster.client.create(services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { type: 'LoadBalancer', selector: { app: name }, ports: [{ name: 'http', port: 80 }], ...spec },
    } as never),
  )

test('a new node is told what the cloud knows of it, and may then be used', async () => {
  const one = await driven.until(
    () => node('node-1'),
    (found) => found!.spec.taints?.length !== 1 && conditionOf(found!, 'NetworkUnavailable')?.status === 'False',
  )
  const instance = await machine('node-1')
  assert.equal(one!.spec.providerID, `cox://${instance.zone}/${instance.id}`)
  const { labels = {} } = one!.metadata
  assert.deepEqual(
    [
      labels['topology.kubernetes.io/region'],
      labels['topology.kubernetes.io/zone'],
      labels['failure-domain.beta.kubernetes.io/zone'],
      labels['node.kubernetes.io/instance-type'],
      labels['beta.kubernetes.io/instance-type'],
    ],
    ['cox-local', instance.zone, instance.zone, 'c4m16', 'c4m16'],
  )
  assert.deepEqual(one!.status.addresses, [
    { type: 'InternalIP', address: instance.privateAddress },
    { type: 'Hostname', address: 'node-1' },
  ])
  assert.ok(!one!.spec.taints?.some(({ key }) => key.includes('cloudprovider')))
  await saying('node-1', 'cloud-node-controller Synced: Node synced successfully')
  const routes = await driven.settled(cloud().call('vpc:DescribeRouteEntryList', {}))
  assert.ok(routes.some((route) => route.destination === one!.spec.podCIDR && route.instance === instance.id))
})

test('a service gets a load balancer with the nodes behind it, and keeps its finalizer until that is gone', async () => {
  await newService('web', { loadBalancerSourceRanges: ['10.0.0.0/8'] })
  const web = await driven.until(
    () => service('web'),
    (one) => one!.status?.loadBalancer?.ingress?.length === 1,
  )
  const [balancer] = await balancers()
  assert.deepEqual(web!.status?.loadBalancer?.ingress, [{ ip: balancer!.address, ipMode: 'VIP' }])
  assert.deepEqual(web!.metadata.finalizers, ['service.kubernetes.io/load-balancer-cleanup'])
  assert.deepEqual(
    [balancer!.description, balancer!.listeners, balancer!.sourceRanges, balancer!.backends.length],
    [
      'default/web',
      [{ name: 'http', protocol: 'TCP', port: 80, nodePort: web!.spec.ports![0]!.nodePort }],
      ['10.0.0.0/8'],
      3,
    ],
  )
  await saying('web', 'service-controller EnsuringLoadBalancer: Ensuring load balancer')
  await saying('web', 'service-controller EnsuredLoadBalancer: Ensured load balancer')
  // Other ports: the balancer is made as they are.
  const ports = [{ name: 'http', port: 8080 }]
  await driven.settled(
    cluster.client.patch(services, { namespace: 'default', name: 'web' }, { type: 'merge', body: { spec: { ports } } }),
  )
  await driven.until(balancers, ([one]) => one!.listeners[0]!.port === 8080)
  // A node that is to have no traffic from outside leaves it, and comes back.
  const excluding = 'node.kubernetes.io/exclude-from-external-load-balancers'
  for (const [value, count] of [
    ['', 2],
    [null, 3],
  ] as const) {
    const body = { metadata: { labels: { [excluding]: value } } }
    await driven.settled(cluster.client.patch(nodes, { name: 'node-3' }, { type: 'merge', body }))
    await driven.until(balancers, ([one]) => one!.backends.length === count)
  }
  await saying('web', 'service-controller UpdatedLoadBalancer: Updated load balancer with new hosts')
  await driven.settled(cluster.client.delete(services, { namespace: 'default', name: 'web' }))
  await driven.until(
    () => service('web'),
    (one) => one === undefined,
  )
  assert.deepEqual(await balancers(), [])
  await saying('web', 'service-controller DeletedLoadBalancer: Deleted load balancer')
})

test('a service of another type by now is rid of its balancer; one of a class is left to others', async () => {
  await newService('plain')
  await newService('classy', { loadBalancerClass: 'example.com/other' })
  await driven.until(balancers, (all) => all.length === 1)
  await driven.until(
    () => service('plain'),
    (one) => one!.status?.loadBalancer?.ingress?.length === 1,
  )
  await driven.settled(
    cluster.client.patch(
      services,
      { namespace: 'default', name: 'plain' },
      { type: 'merge', body: { spec: { type: 'ClusterIP' } } },
    ),
  )
  const plain = await driven.until(
    () => service('plain'),
    (one) => (one!.metadata.finalizers ?? []).length === 0 && one!.status?.loadBalancer?.ingress === undefined,
  )
  assert.equal(plain!.spec.type, 'ClusterIP')
  assert.deepEqual(await balancers(), [])
  await driven.pass(60)
  const classy = await driven.settled(service('classy'))
  assert.deepEqual([classy!.metadata.finalizers, classy!.status?.loadBalancer], [undefined, {}])
})

test('a balancer that the role does not allow is asked for again, and had as soon as it does', async () => {
  const id = 'cox-test-control-plane'
  const { rules } = (await driven.settled(cloud().call('ram:ListRoles', {}))).find(({ name }) => name === id)!
  const without = rules.filter(({ name }) => name !== 'load-balancers')
  const only = { name: 'load-balancers', effect: 'allow' as const, actions: ['slb:Describe*'], resources: ['*'] }
  await driven.settled(cloud().call('ram:UpdateRole', { id, rules: [...without, only] }))
  const { metadata } = await newService('late')
  const balancer = `a${metadata.uid.replaceAll('-', '')}`.slice(0, 32)
  await saying(
    'late',
    `service-controller SyncLoadBalancerFailed: Error syncing load balancer: failed to ensure load balancer: Forbidden.RAM: role ${id} may not slb:CreateLoadBalancer on load-balancer/${balancer}: not allowed by rule "load-balancers" (allow slb:Describe* on *)`,
  )
  await driven.settled(cloud().call('ram:UpdateRole', { id, rules }))
  await driven.until(
    () => service('late'),
    (one) => one!.status?.loadBalancer?.ingress?.length === 1,
    3,
  )
})

test('a node whose routes the control plane may not even look up says so', async () => {
  const id = 'cox-test-control-plane'
  const { rules } = (await driven.settled(cloud().call('ram:ListRoles', {}))).find(({ name }) => name === id)!
  const without = rules.filter(({ name }) => name !== 'routes')
  await driven.settled(cloud().call('ram:UpdateRole', { id, rules: without }))
  await driven.settled(
    cloud().call('ecs:RunInstances', {
      ...{ name: 'node-9', cluster: 'test', cpus: 4, memoryBytes: 2 ** 34 },
    }),
  )
  const blind = await driven.until(
    () => node('node-9'),
    (found) => found !== undefined && conditionOf(found, 'NetworkUnavailable') !== undefined,
  )
  assert.equal(
    conditionOf(blind!, 'NetworkUnavailable')?.message,
    `RouteController failed to create a route: error listing routes: Forbidden.RAM: role ${id} may not vpc:DescribeRouteEntryList on route/*: no rule of the role allows it`,
  )
  assert.equal(conditionOf((await driven.settled(node('node-1')))!, 'NetworkUnavailable')?.status, 'False')
  await driven.settled(cloud().call('ram:UpdateRole', { id, rules }))
  await driven.until(
    () => node('node-9'),
    (found) => conditionOf(found!, 'NetworkUnavailable')?.status === 'False',
    5,
  )
})

test('a node whose machine is shut down says so, and is itself again when it is back', async () => {
  const { id } = await machine('node-2')
  const isShutdown = (found: Awaited<ReturnType<typeof node>>) =>
    found!.spec.taints?.some(({ key }) => key === 'node.cloudprovider.kubernetes.io/shutdown') === true
  await driven.settled(cloud().call('ecs:StopInstance', { id }))
  await driven.until(() => node('node-2'), isShutdown)
  assert.equal(conditionOf((await driven.settled(node('node-2')))!, 'Ready')?.status, 'Unknown')
  await driven.settled(cloud().call('ecs:StartInstance', { id }))
  await driven.until(
    () => node('node-2'),
    (found) => !isShutdown(found) && conditionOf(found!, 'NetworkUnavailable')?.status === 'False',
  )
})

test('a node whose machine is gone goes, and so does its route', async () => {
  const { id } = await machine('node-3')
  const range = (await driven.settled(node('node-3')))!.spec.podCIDR
  await driven.settled(cloud().call('ecs:DeleteInstance', { id }))
  await driven.until(
    () => node('node-3'),
    (found) => found === undefined,
  )
  await saying(
    'node-3',
    'cloud-node-lifecycle-controller DeletingNode: Deleting node node-3 because it does not exist in the cloud provider',
  )
  await driven.until(
    () => cloud().call('vpc:DescribeRouteEntryList', {}),
    (routes) => !routes.some(({ destination }) => destination === range),
  )
})
