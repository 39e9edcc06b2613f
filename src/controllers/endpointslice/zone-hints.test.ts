import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint, Node } from '../../resources/index.ts'
import { nodeThatIs } from '../runtime/fixtures.ts'
import { hintZones, zoneSharesOf } from './zone-hints.ts'

const nodeIn = (zone: string | undefined, cpu: string, more: object = {}): Node => {
  const node = nodeThatIs('True', zone === undefined ? {} : { zone })
  return { ...node, ...more, status: { ...node.status, allocatable: { cpu } } }
}
const endpointsIn = (...zones: string[]): readonly Endpoint[] =>
  zones.map((zone, index) => ({ addresses: [`10.0.0.${index}`], conditions: { ready: true }, zone }))
const none = () => undefined

test('zones have the share of the processors of their nodes that are ready, if all say how many', () => {
  const shares = zoneSharesOf([nodeIn('a', '1'), nodeIn('a', '500m'), nodeIn('b', '500m')])
  assert.deepEqual(
    [...shares!],
    [
      ['a', 0.75],
      ['b', 0.25],
    ],
  )
  assert.equal(zoneSharesOf([nodeIn('a', '1'), nodeIn('b', '1'), nodeIn(undefined, '1')]), undefined)
  assert.equal(zoneSharesOf([nodeIn('a', '1'), nodeIn('a', '1')]), undefined)
  const control = nodeIn('c', '8')
  const labels = { ...control.metadata.labels, 'node-role.kubernetes.io/control-plane': '' }
  const others = [nodeIn('a', '1'), nodeIn('b', '1'), { ...control, metadata: { ...control.metadata, labels } }]
  assert.deepEqual([...zoneSharesOf(others)!.keys()], ['a', 'b'])
})

const even = new Map([
  ['a', 0.5],
  ['b', 0.5],
])
const cases = [
  { name: 'each is for its own zone where that is even', in: ['a', 'b'], hints: ['a', 'b'] },
  { name: 'a zone that has too many gives', in: ['a', 'a', 'a', 'a', 'b', 'b'], hints: ['b', 'a', 'a', 'a', 'b', 'b'] },
  { name: 'a zone without any is given some', in: ['a', 'a', 'a', 'a'], hints: ['b', 'b', 'a', 'a'] },
  {
    name: 'too few for all zones',
    in: ['a'],
    problem: 'Insufficient number of endpoints (1 endpoints, 2 zones)',
  },
  {
    name: 'no way without overload',
    in: ['a', 'b'],
    shares: new Map([
      ['a', 0.66],
      ['b', 0.34],
    ]),
    problem:
      'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (2 endpoints, 2 zones)',
  },
  { name: 'one without a zone', in: ['a', ''], problem: 'One or more endpoints do not have a zone specified' },
  {
    name: 'nodes of which nothing is known',
    in: ['a', 'b'],
    shares: undefined,
    problem: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
  },
]
for (const one of cases)
  test(`hints for zones: ${one.name}`, () => {
    const endpoints = endpointsIn(...one.in)
    const { zones, problem } = hintZones(endpoints, 'shares' in one ? one.shares : even, none)
    assert.equal(problem, one.problem)
    if (one.hints !== undefined)
      assert.deepEqual(
        endpoints.map((endpoint) => zones?.get(endpoint)),
        one.hints,
      )
  })

test('an endpoint keeps the zone that it was for while no zone has too few or too many', () => {
  const endpoints = endpointsIn('a', 'a', 'b', 'b', 'b', 'b')
  const before = (endpoint: Endpoint) => (endpoint === endpoints[2] ? 'a' : undefined)
  const { zones } = hintZones(endpoints, even, before)
  assert.deepEqual(
    endpoints.map((endpoint) => zones?.get(endpoint)),
    ['a', 'a', 'a', 'b', 'b', 'b'],
  )
})

test('endpoints that are not ready are for no zone', () => {
  const [first, second, third] = endpointsIn('a', 'b', 'a') as [Endpoint, Endpoint, Endpoint]
  const going = { ...third, conditions: { ready: false } }
  assert.deepEqual([...hintZones([first, second, going], even, none).zones!.keys()], [first, second])
})
