import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, NodeCondition } from '../../resources/index.ts'
import type { CloudRoute } from '../runtime/cloud-provider.ts'
import { networkCondition, plannedRoutes } from './plan.ts'

const nodeWith = (podCIDRs: readonly string[], conditions: readonly object[] = []): Node =>
  ({ metadata: { name: 'a' }, spec: { podCIDRs }, status: { conditions } }) as unknown as Node
const route = (destination: string, isBlackhole = false): CloudRoute => ({
  ...{ id: destination, destination, targetNode: 'a', isBlackhole },
})

test('routes are made for what has none, and taken away where they lead nowhere or to what is no longer there', () => {
  const cases: readonly {
    readonly says: string
    readonly node?: readonly string[]
    readonly routes: readonly CloudRoute[]
    readonly remove?: readonly string[]
    readonly create?: readonly string[]
  }[] = [
    { says: 'a new node', node: ['10.244.1.0/24'], routes: [], create: ['10.244.1.0/24'] },
    { says: 'as it should be', node: ['10.244.1.0/24'], routes: [route('10.244.1.0/24')] },
    {
      says: 'another range by now',
      node: ['10.244.2.0/24'],
      routes: [route('10.244.1.0/24')],
      remove: ['10.244.1.0/24'],
      create: ['10.244.2.0/24'],
    },
    {
      says: 'one that leads nowhere is taken away first',
      node: ['10.244.1.0/24'],
      routes: [route('10.244.1.0/24', true)],
      remove: ['10.244.1.0/24'],
    },
    { says: 'the node is gone', routes: [route('10.244.1.0/24')], remove: ['10.244.1.0/24'] },
    { says: 'what is not the cluster’s stays', routes: [route('192.168.0.0/24', true)] },
    {
      says: 'two ranges, one of them routed',
      node: ['10.244.1.0/24', '10.245.1.0/24'],
      routes: [route('10.245.1.0/24')],
      create: ['10.244.1.0/24'],
    },
  ]
  for (const { says, node, routes, remove = [], create = [] } of cases) {
    const plan = plannedRoutes(node && nodeWith(node), routes, ['10.244.0.0/16', '10.245.0.0/16'])
    assert.deepEqual(
      plan.remove.map(({ destination }) => destination),
      remove,
      says,
    )
    assert.deepEqual(plan.create, create, says)
  }
})

test('the condition says whether there is a route, and what the cloud said, once', () => {
  const made = {
    type: 'NetworkUnavailable',
    status: 'False',
    reason: 'RouteCreated',
    message: 'RouteController created a route',
  }
  const refused = {
    type: 'NetworkUnavailable',
    status: 'True',
    reason: 'NoRouteCreated',
    message: 'RouteController failed to create a route: no',
  }
  const cases: readonly (readonly [object | undefined, string | undefined, object | undefined])[] = [
    [undefined, undefined, made],
    [made, undefined, undefined],
    [made, 'no', refused],
    [refused, 'no', undefined],
    [refused, 'still not', { ...refused, message: 'RouteController failed to create a route: still not' }],
    [refused, undefined, made],
  ]
  for (const [before, failure, wanted] of cases)
    assert.deepEqual(
      networkCondition(nodeWith([], before === undefined ? [] : [before as NodeCondition]), failure),
      wanted,
    )
})
