import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice, Service } from '../../resources/index.ts'
import { clusterIpsOf, frontendsOf, healthPortOf, serviceOfSlice } from './rules.ts'

test('a service has addresses of its own unless it is headless, external or another proxy’s', () => {
  const ipsOf = (spec: object, labels?: Record<string, string>) =>
    clusterIpsOf({ metadata: { labels }, spec } as Service)
  assert.deepEqual(ipsOf({ clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00::1'] }), ['10.96.0.1'])
  assert.deepEqual(ipsOf({ clusterIP: '10.96.0.3' }), ['10.96.0.3'])
  assert.deepEqual(ipsOf({ clusterIP: 'None', clusterIPs: ['None'] }), [])
  assert.deepEqual(ipsOf({ type: 'ExternalName' }), [])
  const other = { 'service.kubernetes.io/service-proxy-name': 'other' }
  assert.deepEqual(ipsOf({ clusterIP: '10.96.0.2' }, other), [])
})

test('what is marked as headless, or as another proxy’s, is nobody’s here: services and slices', () => {
  const named = { 'kubernetes.io/service-name': 'web' }
  const of = (labels: Record<string, string>) =>
    serviceOfSlice({ metadata: { namespace: 'ns', name: 'web-1', labels } } as unknown as EndpointSlice)
  assert.equal(of(named), 'ns/web')
  assert.equal(of({}), undefined)
  for (const mark of ['service.kubernetes.io/headless', 'service.kubernetes.io/service-proxy-name']) {
    assert.equal(of({ ...named, [mark]: '' }), undefined)
    const service = { metadata: { labels: { [mark]: '' } }, spec: { clusterIP: '10.96.0.2' } } as unknown as Service
    assert.deepEqual([clusterIpsOf(service), frontendsOf(service, [], place)], [[], []])
  }
})

const place = { nodeName: 'here', zone: 'a' }
const metadata = { namespace: 'ns', name: 'web' }
const web = { metadata, spec: { clusterIP: '10.96.0.1', ports: [{ port: 80, targetPort: 80 }] } } as unknown as Service
const slicesOf = (...endpoints: readonly object[]) =>
  [{ addressType: 'IPv4', ports: [{ port: 8080, protocol: 'TCP' }], endpoints }] as unknown as EndpointSlice[]
const endpoint = (address: string, more: object = {}) => ({ addresses: [address], nodeName: 'there', ...more })
const nodes = (...names: readonly string[]) => ({ forNodes: names.map((name) => ({ name })) })
const zones = (...names: readonly string[]) => ({ forZones: names.map((name) => ({ name })) })

test('traffic goes to the endpoints that are meant for the node, or else for its zone, if all say for whom they are', () => {
  const reached = (...endpoints: readonly object[]) =>
    frontendsOf(web, slicesOf(...endpoints), place)[0]!.endpoints.map(({ ip }) => ip)
  const cases: readonly (readonly [string, readonly object[], readonly string[]])[] = [
    ['no hints', [endpoint('1'), endpoint('2')], ['1', '2']],
    ['its zone', [endpoint('1', { hints: zones('a') }), endpoint('2', { hints: zones('b') })], ['1']],
    ['one without', [endpoint('1', { hints: zones('a') }), endpoint('2')], ['1', '2']],
    ['none for its zone', [endpoint('1', { hints: zones('c') }), endpoint('2', { hints: zones('b') })], ['1', '2']],
    [
      'its node before its zone',
      [
        endpoint('1', { hints: { ...zones('a'), ...nodes('there') } }),
        endpoint('2', { hints: { ...zones('b'), ...nodes('here') } }),
      ],
      ['2'],
    ],
    [
      'its zone where nothing is for the node',
      [
        endpoint('1', { hints: { ...zones('a'), ...nodes('there') } }),
        endpoint('2', { hints: { ...zones('b'), ...nodes('elsewhere') } }),
      ],
      ['1'],
    ],
    [
      'what is not ready has no say',
      [
        endpoint('1', { hints: zones('a') }),
        endpoint('2', { conditions: { ready: false, serving: true, terminating: true } }),
      ],
      ['1'],
    ],
  ]
  for (const [what, endpoints, expected] of cases) assert.deepEqual(reached(...endpoints), expected, what)
})

test('a load balancer asks a node about pods that are ready on it, of services whose traffic stays there', () => {
  const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30_100 }
  const portOf = (more: object, ...endpoints: readonly object[]) =>
    healthPortOf({ metadata, spec: { ...spec, ...more } } as unknown as Service, slicesOf(...endpoints), 'here')
  const here = (address: string, conditions?: object) => endpoint(address, { nodeName: 'here', conditions })
  const leaving = { ready: false, serving: true, terminating: true }
  assert.deepEqual(portOf({}, here('1'), here('2', { ready: true }), here('3', leaving), endpoint('4')), {
    ...metadata,
    port: 30_100,
    localEndpoints: 2,
  })
  assert.equal(portOf({ externalTrafficPolicy: 'Cluster' }, here('1')), undefined)
  assert.equal(portOf({ type: 'NodePort' }, here('1')), undefined)
})

test('ranges of sources hold at the addresses of the balancer alone', () => {
  const more = {
    type: 'LoadBalancer',
    externalIPs: ['192.0.2.9'],
    loadBalancerSourceRanges: ['198.51.100.0/24', 'fd00::/8'],
  }
  const status = { loadBalancer: { ingress: [{ ip: '203.0.113.5' }] } }
  const balanced = { ...web, spec: { ...web.spec, ...more }, status } as unknown as Service
  const frontends = frontendsOf(balanced, slicesOf(endpoint('1')), place)
  assert.deepEqual(
    frontends.map(({ ip, sources }) => [ip, sources]),
    [
      ['10.96.0.1', undefined],
      ['203.0.113.5', ['198.51.100.0/24', '203.0.113.5/32']],
      ['192.0.2.9', undefined],
    ],
  )
})
