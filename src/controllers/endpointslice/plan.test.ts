import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice, EndpointSubset, Pod, Service } from '../../resources/index.ts'
import { type PodAddress, subsetsFor, truncated } from '../endpoints/plan.ts'
import { podThatIs } from '../runtime/fixtures.ts'
import type { OfPod } from '../runtime/made-of-pods.ts'
import { desiredGroups } from './desired.ts'
import { planSlices } from './plan.ts'

function serviceWith(spec: Partial<Service['spec']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default', uid: 'service', resourceVersion: '1', creationTimestamp: '' },
    spec: {
      selector: { app: 'web' },
      clusterIP: '10.96.0.9',
      ipFamilies: ['IPv4'],
      ports: [{ name: 'http', port: 80, targetPort: 'http' }],
      ...spec,
    },
    status: {},
  }
}
const withPort = (containerPort: number) => ({
  containers: [{ name: 'main', ports: [{ name: 'http', containerPort }] }],
})
const zoneOf = () => 'zone-a'

test('endpointslice: each pod says whether it is ready, serving, terminating', () => {
  const pods = [
    podThatIs('ready', { ip: '10.0.0.1' }),
    podThatIs('unready', { ip: '10.0.0.2' }),
    podThatIs('terminating', { ip: '10.0.0.3' }),
  ]
  const [group] = desiredGroups(serviceWith({ ports: [{ port: 80, targetPort: 8080 }] }), pods, zoneOf)
  assert.deepEqual(group?.ports, [{ name: '', protocol: 'TCP', port: 8080 }])
  assert.deepEqual(
    group?.endpoints.map(({ conditions }) => conditions),
    [
      { ready: true, serving: true, terminating: false },
      { ready: false, serving: false, terminating: false },
      { ready: false, serving: true, terminating: true },
    ],
  )
  assert.deepEqual(group?.endpoints[0], {
    addresses: ['10.0.0.1'],
    conditions: { ready: true, serving: true, terminating: false },
    targetRef: { kind: 'Pod', namespace: 'default', name: 'ready', uid: 'uid-ready' },
    nodeName: 'node-1',
    zone: 'zone-a',
  })
})

test('endpointslice: pods with other numbers for a named port are apart, and a wish to publish makes all ready', () => {
  const pods = [8080, 9090].map((port) =>
    podThatIs('unready', { name: `p${port}`, ip: `10.0.0.${port % 250}`, spec: withPort(port) }),
  )
  const groups = desiredGroups(serviceWith({ publishNotReadyAddresses: true }), pods, zoneOf)
  assert.deepEqual(
    groups.map(({ ports, endpoints }) => [ports[0]?.port, endpoints[0]?.conditions?.ready]),
    [
      [8080, true],
      [9090, true],
    ],
  )
})

const group = (count: number, from = 0) => ({
  addressType: 'IPv4' as const,
  ports: [{ name: '', protocol: 'TCP' as const, port: 80 }],
  endpoints: Array.from({ length: count }, (_, index) => ({
    addresses: [`10.0.0.${index + from}`],
    conditions: { ready: true },
  })),
})
function sliceOf(name: string, { endpoints, ports }: ReturnType<typeof group>): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' },
    addressType: 'IPv4',
    endpoints,
    ports,
  }
}
const said = ({ create, update, remove }: ReturnType<typeof planSlices>) => ({
  create: create.map(({ endpoints }) => endpoints.length),
  update: update.map(({ slice, endpoints }) => [slice.metadata.name, endpoints.length]),
  remove: remove.map(({ metadata }) => metadata.name),
})
const empty = { ...group(0), ports: [] as ReturnType<typeof group>['ports'] }
const cases = [
  {
    name: 'a new service fills slices of the largest size',
    groups: [group(7)],
    slices: [],
    expected: { create: [3, 3, 1], update: [], remove: [] },
  },
  {
    name: 'nothing changes when nothing has changed',
    groups: [group(4)],
    slices: [sliceOf('a', group(3)), sliceOf('b', group(1, 3))],
    expected: { create: [], update: [], remove: [] },
  },
  {
    name: 'a new endpoint goes where there is room',
    groups: [group(3)],
    slices: [sliceOf('a', group(2))],
    expected: { create: [], update: [['a', 3]], remove: [] },
  },
  {
    name: 'an endpoint that left is taken out',
    groups: [group(1)],
    slices: [sliceOf('a', group(2))],
    expected: { create: [], update: [['a', 1]], remove: [] },
  },
  {
    name: 'a slice that became empty goes',
    groups: [group(3)],
    slices: [sliceOf('a', group(3)), sliceOf('b', group(1, 3))],
    expected: { create: [], update: [], remove: ['b'] },
  },
  {
    name: 'a service without pods keeps one empty slice',
    groups: [],
    slices: [sliceOf('a', group(2))],
    expected: { create: [], update: [['a', 0]], remove: [] },
  },
  {
    name: 'the empty slice is left alone',
    groups: [],
    slices: [sliceOf('a', empty)],
    expected: { create: [], update: [], remove: [] },
  },
]
for (const { name, groups, slices, expected } of cases) {
  test(`endpointslice: ${name}`, () => assert.deepEqual(said(planSlices(['IPv4'], groups, slices, 3)), expected))
}

test('endpointslice: what is there already is kept as it is, and what comes and goes is counted', () => {
  const slice = sliceOf('a', group(5))
  const [first, second, third] = slice.endpoints!
  const changed = { ...third!, conditions: { ready: false } }
  const endpoints = [first!, { ...second! }, changed, ...group(2, 9).endpoints]
  const { update, added, removed } = planSlices(['IPv4'], [{ ...group(0), endpoints }], [slice], 9)
  assert.deepEqual([added, removed], [2, 2])
  const list = update[0]!.endpoints
  assert.equal(list.length, 5)
  assert.equal(list[0], first)
  assert.equal(list[1], second)
  assert.equal(list[2], changed)
  assert.deepEqual(planSlices(['IPv4'], [], [slice]).removed, 5)
})

test('endpoints: what was in order before stays so, and others come among it', () => {
  const pods = ['10.0.0.7', '10.0.0.12', '10.0.0.1', '10.0.0.3', '10.0.0.9'].map((ip) =>
    podThatIs('ready', { name: `pod-${ip}`, ip, spec: withPort(8080) }),
  )
  const known = new Map<string, PodAddress | undefined>()
  const ofPod: OfPod<PodAddress | undefined> = ({ metadata }, make) => {
    if (!known.has(metadata.uid)) known.set(metadata.uid, make())
    return known.get(metadata.uid)
  }
  const of = (some: readonly Pod[], before?: readonly EndpointSubset[]) =>
    subsetsFor(serviceWith(), some, ofPod, before)
  const all = of(pods)
  assert.deepEqual(
    all[0]!.addresses!.map(({ ip }) => ip),
    ['10.0.0.1', '10.0.0.12', '10.0.0.3', '10.0.0.7', '10.0.0.9'],
  )
  const unordered = [{ ...all[0]!, addresses: all[0]!.addresses!.toReversed() }]
  for (const before of [of(pods.slice(2)), of(pods.slice(0, 3)), all, unordered, of([])])
    for (const some of [pods, pods.slice(1, 4), pods.toReversed()]) assert.deepEqual(of(some, before), of(some))
})

test('endpoints: ready and other pods are apart, terminating ones are left out', () => {
  const pods = [
    podThatIs('ready', { ip: '10.0.0.2', spec: withPort(8080) }),
    podThatIs('unready', { ip: '10.0.0.1', spec: withPort(8080) }),
    podThatIs('terminating', { ip: '10.0.0.3', spec: withPort(8080) }),
  ]
  const address = (name: string, ip: string) => ({
    ip,
    nodeName: 'node-1',
    targetRef: { kind: 'Pod', namespace: 'default', name, uid: `uid-${name}` },
  })
  assert.deepEqual(subsetsFor(serviceWith(), pods), [
    {
      addresses: [address('ready', '10.0.0.2')],
      notReadyAddresses: [address('unready', '10.0.0.1')],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    },
  ])
  assert.deepEqual(subsetsFor(serviceWith(), []), [])
  assert.deepEqual(subsetsFor(serviceWith({ ports: [{ port: 80, targetPort: 'none' }] }), pods), [])
})

test('endpoints: more than fit are cut, ready ones kept', () => {
  const subset = { addresses: [{ ip: 'a' }, { ip: 'b' }], notReadyAddresses: [{ ip: 'c' }, { ip: 'd' }] }
  assert.deepEqual(truncated([subset], 3), [
    { addresses: [{ ip: 'a' }, { ip: 'b' }], notReadyAddresses: [{ ip: 'c' }] },
  ])
})

test('endpointslice: a slice that nothing is left in becomes the one for what comes', () => {
  const [before, after] = [group(0), { ...group(2), ports: [{ name: 'other', protocol: 'TCP' as const, port: 81 }] }]
  const placeholder = { ...sliceOf('web-x', before), ports: [] }
  const plan = planSlices(['IPv4'], [after], [placeholder])
  assert.deepEqual([plan.create, plan.remove], [[], []])
  assert.deepEqual(plan.update, [{ slice: placeholder, endpoints: after.endpoints, ports: after.ports }])
  const back = planSlices(['IPv4'], [], [sliceOf('web-x', after)])
  assert.deepEqual(
    back.update.map(({ slice, endpoints, ports }) => [slice.metadata.name, endpoints, ports]),
    [['web-x', [], []]],
  )
})

test('endpoints: where pods differ in their ports, each port has all that serve it', () => {
  const pods = [8080, 9090].map((port) =>
    podThatIs('ready', { name: `p${port}`, ip: `10.0.0.${port % 250}`, spec: withPort(port) }),
  )
  const ports = [
    { name: 'http', port: 80, targetPort: 'http' },
    { name: 'adm', port: 81, targetPort: 9000 },
  ]
  const subsets = subsetsFor(serviceWith({ ports }), pods)
  assert.deepEqual(
    subsets.map(({ addresses, ports }) => [ports?.map(({ name, port }) => `${name} ${port}`), addresses?.length]),
    [
      [['adm 9000'], 2],
      [['http 8080'], 1],
      [['http 9090'], 1],
    ],
  )
})
