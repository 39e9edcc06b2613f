import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Service } from '../../resources/index.ts'
import { balancedNodes, balancerWish, cleanupFinalizer, namesText, needsCleanup, wantsBalancer } from './plan.ts'

const serviceWith = (spec: object, metadata: object = {}): Service =>
  ({ metadata: { name: 's', namespace: 'default', uid: 'u', ...metadata }, spec }) as unknown as Service
const node = (name: string, metadata: object = {}, taints: readonly object[] = []): Node =>
  ({ metadata: { name, ...metadata }, spec: { taints }, status: {} }) as unknown as Node
const finalizers = [cleanupFinalizer]

test('a balancer is wanted by services of its type that name no class, and goes with them', () => {
  const balanced = { type: 'LoadBalancer' }
  const cases: readonly (readonly [Service, boolean, boolean])[] = [
    [serviceWith(balanced), true, false],
    [serviceWith({ type: 'ClusterIP' }), false, false],
    [serviceWith({ ...balanced, loadBalancerClass: 'x/y' }), false, false],
    [serviceWith(balanced, { finalizers }), true, false],
    [serviceWith({ type: 'ClusterIP' }, { finalizers }), false, true],
    [serviceWith(balanced, { finalizers, deletionTimestamp: '2026-01-01T00:00:00Z' }), true, true],
    [serviceWith(balanced, { deletionTimestamp: '2026-01-01T00:00:00Z' }), true, false],
  ]
  for (const [service, wants, cleans] of cases)
    assert.deepEqual([wantsBalancer(service), needsCleanup(service)], [wants, cleans])
})

test('a balancer is made anew when what it depends on changes, and not otherwise', () => {
  const spec = { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30080 }] }
  const base = balancerWish(serviceWith(spec))
  const same = [serviceWith({ ...spec, selector: { app: 'x' } }), serviceWith(spec, { labels: { a: 'b' } })]
  const other = [
    serviceWith({ ...spec, ports: [{ port: 81, nodePort: 30080 }] }),
    serviceWith({ ...spec, externalTrafficPolicy: 'Local' }),
    serviceWith({ ...spec, loadBalancerSourceRanges: ['10.0.0.0/8'] }),
    serviceWith(spec, { annotations: { a: 'b' } }),
    serviceWith(spec, { uid: 'v' }),
  ]
  for (const service of same) assert.equal(balancerWish(service), base)
  for (const service of other) assert.notEqual(balancerWish(service), base)
})

test('behind a balancer are all nodes but those that are excluded, or on their way out', () => {
  const excluding = (value: string) => ({
    labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': value },
  })
  const all = [
    node('plain'),
    node('excluded', excluding('')),
    node('not-excluded', excluding('false')),
    node('going', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    node('chosen', {}, [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }]),
  ]
  assert.deepEqual(
    balancedNodes(all).map(({ metadata }) => metadata.name),
    ['plain', 'not-excluded'],
  )
  assert.equal(namesText([node('b'), node('a')]), '[a b]')
  const many = Array.from({ length: 22 }, (_, index) => node(`n${10 + index}`))
  assert.match(namesText(many), /^\[n10 .* n29 <2 more>\]$/)
})
