import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, NodeAddress } from '../../resources/index.ts'
import type { CloudInstance } from '../runtime/cloud-provider.ts'
import { changedAddresses, initialized, laggingLabels, plannedAddresses, uninitializedTaint } from './plan.ts'

const name: NodeAddress = { type: 'Hostname', address: 'a' }
const internal = (address: string): NodeAddress => ({ type: 'InternalIP', address })
const external = (address: string): NodeAddress => ({ type: 'ExternalIP', address })
const nodeWith = (metadata: object, spec: object = {}, addresses: readonly NodeAddress[] = [name]): Node =>
  ({ metadata: { name: 'a', ...metadata }, spec, status: { addresses } }) as unknown as Node
const instance = (wish: Partial<CloudInstance> = {}): CloudInstance => ({
  ...{ providerId: 'cox://z/i-1', type: 'c2m4', zone: 'r-a', region: 'r', isShutdown: false },
  addresses: [internal('10.0.0.1')],
  ...wish,
})
const taint = { key: uninitializedTaint, effect: 'NoSchedule' as const }
const other = { key: 'mine', effect: 'NoSchedule' as const }

test('an initialised node has what the cloud knows, keeps what is its own, and has lost the taint', () => {
  const labels = { 'example.com/rack': '7' }
  const planned = initialized(
    nodeWith({ labels }, { taints: [taint, other] }),
    instance({ labels: { 'example.com/rack': '9', 'example.com/row': '1', 'node.kubernetes.io/x': 'y' } }),
  )
  assert.ok('node' in planned)
  assert.deepEqual(planned.node.spec, { providerID: 'cox://z/i-1', taints: [other] })
  assert.deepEqual(planned.node.metadata.labels, {
    'example.com/rack': '7',
    'example.com/row': '1',
    'beta.kubernetes.io/instance-type': 'c2m4',
    'node.kubernetes.io/instance-type': 'c2m4',
    'failure-domain.beta.kubernetes.io/zone': 'r-a',
    'topology.kubernetes.io/zone': 'r-a',
    'failure-domain.beta.kubernetes.io/region': 'r',
    'topology.kubernetes.io/region': 'r',
  })
})

test('a node stays as it is while the cloud cannot say who it is, or does not know its address', () => {
  const cases: readonly (readonly [Node, CloudInstance, string])[] = [
    [nodeWith({}), instance({ providerId: '' }), 'cloud provider does not set node provider ID for node a'],
    [
      nodeWith({ annotations: { 'alpha.kubernetes.io/provided-node-ip': '10.9.9.9' } }),
      instance(),
      'provided node ip for node "a" is not valid: failed to get node address from cloud provider that matches ip: 10.9.9.9',
    ],
  ]
  for (const [node, of, problem] of cases) assert.deepEqual(initialized(node, of), { problem })
  const own = initialized(nodeWith({}, { providerID: 'other://1' }), instance())
  assert.equal('node' in own ? own.node.spec.providerID : '', 'other://1')
})

test('addresses are the cloud’s and the host name; of a kind the kubelet was given one of, that one alone', () => {
  const provided = { annotations: { 'alpha.kubernetes.io/provided-node-ip': '10.0.0.2' } }
  const cases: readonly (readonly [object, readonly NodeAddress[], readonly NodeAddress[]])[] = [
    [{}, [internal('10.0.0.1'), external('1.2.3.4')], [internal('10.0.0.1'), external('1.2.3.4'), name]],
    [{}, [{ type: 'Hostname', address: 'b' }], [{ type: 'Hostname', address: 'b' }]],
    [
      provided,
      [internal('10.0.0.1'), internal('10.0.0.2'), external('1.2.3.4')],
      [internal('10.0.0.2'), external('1.2.3.4'), name],
    ],
  ]
  for (const [metadata, ofCloud, addresses] of cases)
    assert.deepEqual(plannedAddresses(nodeWith(metadata), ofCloud), { addresses })
  const settled = nodeWith({}, {}, [name, internal('10.0.0.1')])
  assert.equal(changedAddresses(settled, instance()), undefined)
  assert.equal(changedAddresses(settled, instance({ addresses: [] })), undefined)
  assert.deepEqual(changedAddresses(settled, instance({ addresses: [internal('10.0.0.5')] })), [
    internal('10.0.0.5'),
    name,
  ])
})

test('labels of today follow those of old', () => {
  const zone = 'failure-domain.beta.kubernetes.io/zone'
  const cases: readonly (readonly [Record<string, string>, Record<string, string> | undefined])[] = [
    [{}, undefined],
    [{ 'topology.kubernetes.io/zone': 'b' }, undefined],
    [{ [zone]: 'a', 'topology.kubernetes.io/zone': 'a' }, undefined],
    [{ [zone]: 'a' }, { 'topology.kubernetes.io/zone': 'a' }],
    [{ [zone]: 'a', 'topology.kubernetes.io/zone': 'b' }, { 'topology.kubernetes.io/zone': 'a' }],
  ]
  for (const [labels, wanted] of cases) assert.deepEqual(laggingLabels(nodeWith({ labels })), wanted)
})
