/** The cases of Kubernetes' VolumeRestrictions, VolumeZone and NodeVolumeLimits, told again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import type { SchedulerPlugin } from '../framework/framework.ts'
import { factsOf } from '../framework/pod-facts.ts'
import { noStorage, type StorageView } from '../storage/storage-view.ts'
import { nodeVolumeLimits, volumeRestrictions, volumeZone } from './volumes.ts'

let uids = 0
const podWith = (...volumes: readonly object[]): Pod =>
  ({
    metadata: { name: `p${++uids}`, namespace: 'ns', uid: `u${uids}` },
    spec: { containers: [], volumes: volumes.map((one, at) => ({ name: `v${at}`, ...one })) },
  }) as never
const using = (claim: string) => ({ persistentVolumeClaim: { claimName: claim } })

interface Setting {
  readonly there?: readonly Pod[]
  readonly labels?: object
  readonly claims?: Readonly<Record<string, object>>
  readonly volumes?: Readonly<Record<string, { readonly labels?: object; readonly [member: string]: unknown }>>
  readonly classes?: Readonly<Record<string, object>>
  readonly limits?: Readonly<Record<string, number>>
  readonly attached?: readonly object[]
}
/** What the plugin says of the pod on one node. */
function says(plugin: SchedulerPlugin, pod: Pod, setting: Setting = {}): string {
  const { there = [], labels = {}, claims = {}, volumes = {}, classes = {}, limits, attached = [] } = setting
  const columns = new NodeColumns()
  columns.setNode({ metadata: { name: 'node1', labels }, status: {} } as unknown as Node)
  const view: StorageView = {
    ...noStorage,
    claim: (_, name) =>
      claims[name] && ({ metadata: { name, namespace: 'ns' }, spec: claims[name] } as unknown as PersistentVolumeClaim),
    volume: (name) => {
      const found = volumes[name]
      if (found === undefined) return undefined
      const { labels: own, ...spec } = found
      return { metadata: { name, labels: own }, spec } as unknown as PersistentVolume
    },
    storageClass: (name) => classes[name] && ({ metadata: { name }, ...classes[name] } as never),
    csiNode: () =>
      limits &&
      ({
        spec: { drivers: Object.entries(limits).map(([name, count]) => ({ name, allocatable: { count } })) },
      } as never),
    attachmentsOn: () => attached as never,
  }
  columns.storage = view
  for (const other of there) columns.addPod(factsOf(other), 'node1')
  const prepared = plugin.prepare?.(factsOf(pod), columns)
  const verdict = prepared?.nowhere ?? prepared?.filter?.(0)
  return verdict === undefined || verdict.fits ? '' : verdict.reason
}

const noDisk = 'node(s) had no available disk'
const gce = (readOnly = false) => ({ gcePersistentDisk: { pdName: 'a', readOnly } })
const ebs = { awsElasticBlockStore: { volumeID: 'a', readOnly: true } }
const iscsi = (readOnly = false) => ({ iscsi: { iqn: 'a', readOnly } })
const rbd = (monitors: readonly string[], image = 'i', readOnly = false) => ({
  rbd: { monitors, image, pool: 'p', readOnly },
})
const disks: readonly (readonly [name: string, own: object, other: object, result: string])[] = [
  ['the same GCE disk', gce(), gce(), noDisk],
  ['the same GCE disk, read only in both', gce(true), gce(true), ''],
  ['the same GCE disk, read only in one', gce(true), gce(), noDisk],
  ['the same EBS volume, though read only', ebs, ebs, noDisk],
  ['the same iSCSI target', iscsi(), iscsi(), noDisk],
  ['the same iSCSI target, read only in both', iscsi(true), iscsi(true), ''],
  ['the same RBD image by one of its monitors', rbd(['a', 'b']), rbd(['b', 'c']), noDisk],
  ['the same RBD image, read only in both', rbd(['a'], 'i', true), rbd(['a'], 'i', true), ''],
  ['another RBD image', rbd(['a'], 'i'), rbd(['a'], 'j'), ''],
  ['disks of other kinds', gce(), ebs, ''],
]
for (const [name, own, other, result] of disks)
  test(`two pods on a node: ${name}`, () =>
    assert.equal(says(volumeRestrictions, podWith(own), { there: [podWith(other)] }), result))

test('a claim for one pod alone goes to one pod alone', () => {
  const claims = { one: { accessModes: ['ReadWriteOncePod'] }, many: { accessModes: ['ReadWriteMany'] } }
  const taken =
    'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod'
  assert.equal(says(volumeRestrictions, podWith(using('one')), { claims }), '')
  assert.equal(says(volumeRestrictions, podWith(using('one')), { claims, there: [podWith(using('one'))] }), taken)
  assert.equal(says(volumeRestrictions, podWith(using('many')), { claims, there: [podWith(using('many'))] }), '')
  assert.equal(says(volumeRestrictions, podWith(using('gone')), { claims }), 'persistentvolumeclaim "gone" not found')
})

const zone = 'topology.kubernetes.io/zone'
const betaZone = 'failure-domain.beta.kubernetes.io/zone'
const otherZone = 'node(s) had no available volume zone'
const zones: readonly (readonly [name: string, volume: object, node: object, result: string])[] = [
  ['node without labels', { [zone]: 'a' }, {}, ''],
  ['the same zone', { [zone]: 'a' }, { [zone]: 'a' }, ''],
  ['another zone', { [zone]: 'a' }, { [zone]: 'b' }, otherZone],
  ['one of several', { [zone]: 'a__b' }, { [zone]: 'b' }, ''],
  ['beta label of the volume, label of the node', { [betaZone]: 'a' }, { [zone]: 'a' }, ''],
  ['beta label of the volume, another zone', { [betaZone]: 'a' }, { [zone]: 'b' }, otherZone],
  ['volume without labels', {}, { [zone]: 'b' }, ''],
  [
    'another region',
    { 'topology.kubernetes.io/region': 'x' },
    { [zone]: 'a', 'topology.kubernetes.io/region': 'y' },
    otherZone,
  ],
]
for (const [name, volume, node, result] of zones)
  test(`zone of a volume: ${name}`, () => {
    const setting = { claims: { c: { volumeName: 'v' } }, volumes: { v: { labels: volume } }, labels: node }
    assert.equal(says(volumeZone, podWith(using('c')), setting), result)
  })
test('zone of a volume: what is missing is named', () => {
  const classes = { wait: { volumeBindingMode: 'WaitForFirstConsumer' }, now: { volumeBindingMode: 'Immediate' } }
  const of = (spec: object) => says(volumeZone, podWith(using('c')), { claims: { c: spec }, classes })
  assert.equal(of({ volumeName: 'v' }), 'persistentvolume "v" not found')
  assert.equal(of({}), 'PersistentVolumeClaim had no pv name and storageClass name')
  assert.equal(of({ storageClassName: 'gone' }), 'storageclass.storage.k8s.io "gone" not found')
  assert.equal(of({ storageClassName: 'now' }), 'PersistentVolume had no name')
  assert.equal(of({ storageClassName: 'wait' }), '')
})

const tooMany = 'node(s) exceed max volume count'
const csi = (volumeHandle: string, driver = 'd') => ({ csi: { driver, volumeHandle } })
const volumes = { v1: csi('1'), v2: csi('2'), v3: csi('3'), w1: csi('1', 'other'), h: { hostPath: { path: '/' } } }
const claims = {
  ...Object.fromEntries(Object.keys(volumes).map((name) => [name, { volumeName: name }])),
  open: { storageClassName: 'made' },
}
const limited: readonly (readonly [
  name: string,
  own: readonly string[],
  there: readonly string[],
  limit: number,
  result: string,
])[] = [
  ['fits', ['v1'], ['v2'], 2, ''],
  ['too many', ['v1'], ['v2', 'v3'], 2, tooMany],
  ['the same volume counts once', ['v1'], ['v1', 'v2'], 2, ''],
  ['those of other drivers do not count', ['w1'], ['v1', 'v2'], 2, ''],
  ['those of no driver do not count', ['h'], ['v1', 'v2'], 2, ''],
  ['one that is to be made counts', ['open'], ['v1', 'v2'], 2, tooMany],
  ['two of its own', ['v1', 'v2'], ['v3'], 2, tooMany],
]
for (const [name, own, there, limit, result] of limited)
  test(`volumes of a driver on a node: ${name}`, () => {
    const setting = {
      claims,
      volumes,
      classes: { made: { provisioner: 'd' } },
      limits: { d: limit },
      there: [podWith(...there.map(using))],
    }
    assert.equal(says(nodeVolumeLimits, podWith(...own.map(using)), setting), result)
  })
test('volumes of a driver on a node: what is still attached counts, and without a limit nothing does', () => {
  const attached = [{ spec: { attacher: 'd', nodeName: 'node1', source: { persistentVolumeName: 'v2' } } }]
  const pod = podWith(using('v1'))
  assert.equal(says(nodeVolumeLimits, pod, { claims, volumes, limits: { d: 1 }, attached }), tooMany)
  assert.equal(says(nodeVolumeLimits, pod, { claims, volumes, attached }), '')
})
