/** The cases of Kubernetes' volume binder, told again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  CSIStorageCapacity,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
} from '../../resources/index.ts'
import { storageOf } from '../framework/pod-storage.ts'
import { claimsOf, findOnNode, type NodeStorage } from './find.ts'
import { noStorage, type StorageView } from './storage-view.ts'

const provisioner = 'test-provisioner'
const nodeOf = (name: string) => ({ metadata: { name, labels: { name } } }) as unknown as Node
const node1 = nodeOf('node1')

const claimOf = (
  name: string,
  size: string,
  { volume = '', bound = false, className = 'wait', selected = '', owner = '', phase = 'Pending' } = {},
): PersistentVolumeClaim =>
  ({
    metadata: {
      name,
      namespace: 'ns',
      uid: name,
      annotations: {
        ...(bound ? { 'pv.kubernetes.io/bind-completed': 'yes' } : {}),
        ...(selected === '' ? {} : { 'volume.kubernetes.io/selected-node': selected }),
      },
      ...(owner === '' ? {} : { ownerReferences: [{ uid: owner, controller: true, kind: 'Pod', name: 'pod' }] }),
    },
    spec: {
      volumeName: volume,
      storageClassName: className,
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size } },
    },
    status: { phase },
  }) as never
const volumeOf = (
  name: string,
  size: string,
  { node = 'node1', claim = '', className = 'wait' } = {},
): PersistentVolume =>
  ({
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: size },
      storageClassName: className,
      ...(claim === '' ? {} : { claimRef: { namespace: 'ns', name: claim, uid: claim } }),
      ...(node === ''
        ? {}
        : {
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'name', operator: 'In', values: [node] }] }],
              },
            },
          }),
    },
    status: { phase: claim === '' ? 'Available' : 'Bound' },
  }) as never
const classes: Readonly<Record<string, object>> = {
  wait: { provisioner, volumeBindingMode: 'WaitForFirstConsumer' },
  immediate: { provisioner, volumeBindingMode: 'Immediate' },
  none: { provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' },
  elsewhere: {
    provisioner,
    volumeBindingMode: 'WaitForFirstConsumer',
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'name', values: ['reference-value'] }] }],
  },
}

function viewOf(
  claims: readonly PersistentVolumeClaim[],
  volumes: readonly PersistentVolume[],
  capacities: readonly object[] | undefined = undefined,
): StorageView {
  return {
    ...noStorage,
    claim: (namespace, name) =>
      claims.find((one) => one.metadata.namespace === namespace && one.metadata.name === name),
    volume: (name) => volumes.find((one) => one.metadata.name === name),
    volumesOfClass: (name) => volumes.filter((one) => one.spec.storageClassName === name),
    storageClass: (name) =>
      classes[name] === undefined ? undefined : ({ metadata: { name }, ...classes[name] } as unknown as StorageClass),
    csiDriver: () => (capacities === undefined ? undefined : ({ spec: { storageCapacity: true } } as never)),
    capacitiesOf: () => (capacities ?? []) as readonly CSIStorageCapacity[],
  }
}
const podUsing = (...names: readonly string[]): Pod =>
  ({
    metadata: { name: 'pod', namespace: 'ns', uid: 'pod-uid' },
    spec: {
      containers: [],
      volumes: names.map((name, at) =>
        name.startsWith('~')
          ? { name: name.slice(1), ephemeral: { volumeClaimTemplate: { spec: {} } } }
          : { name: `v${at}`, persistentVolumeClaim: { claimName: name } },
      ),
    },
  }) as never

/** What is to be done on node1, as `claim=volume` and `claim+` for one that is made; or the refusal. */
function found(pod: Pod, view: StorageView): string {
  const storage = storageOf(pod)
  if (storage === undefined) return 'nothing'
  const claims = claimsOf(pod, storage, view)
  if ('refusal' in claims) return claims.refusal
  const on = findOnNode(claims, node1, view)
  if ('reasons' in on) return on.reasons.join('; ')
  const { bindings, provisions } = on as NodeStorage
  const words = [
    ...bindings.map(({ claim, volume }) => `${claim.metadata.name}=${volume.metadata.name}`),
    ...provisions.map(({ metadata }) => `${metadata.name}+`),
  ]
  return words.join(' ')
}

const noMatch = "node(s) didn't find available persistent volumes to bind"
const wrongNode = "node(s) didn't match PersistentVolume's node affinity"
const bound = claimOf('bound', '1G', { volume: 'pv-bound', bound: true, phase: 'Bound' })
const pvBound = volumeOf('pv-bound', '1G', { claim: 'bound' })
const small = claimOf('small', '5G', { className: 'none' })
const large = claimOf('large', '10G', { className: 'none' })
const pvSmall = volumeOf('pv-small', '5G', { className: 'none' })
const pvLarge = volumeOf('pv-large', '10G', { className: 'none' })
const pvFar = volumeOf('pv-far', '5G', { className: 'none', node: 'node2' })
const made = claimOf('made', '1Gi')

const cases: readonly (readonly [name: string, pod: Pod, view: StorageView, result: string])[] = [
  ['no volumes', podUsing(), viewOf([], []), 'nothing'],
  ['claim not found', podUsing('gone'), viewOf([], []), 'persistentvolumeclaim "gone" not found'],
  ['bound claim', podUsing('bound'), viewOf([bound], [pvBound]), ''],
  [
    'bound claim, volume does not exist',
    podUsing('bound'),
    viewOf([bound], []),
    'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
  ],
  [
    'prebound claim',
    podUsing('named'),
    viewOf([claimOf('named', '1G', { volume: 'pv-bound' })], [pvBound]),
    'pod has unbound immediate PersistentVolumeClaims',
  ],
  ['open claim, volume on the node', podUsing('small'), viewOf([small], [pvSmall]), 'small=pv-small'],
  ['open claim, volume on another node', podUsing('small'), viewOf([small], [pvFar]), noMatch],
  [
    'two open claims',
    podUsing('small', 'large'),
    viewOf([small, large], [pvSmall, pvLarge]),
    'small=pv-small large=pv-large',
  ],
  [
    'two open claims, by size',
    podUsing('large', 'small'),
    viewOf([small, large], [pvLarge, pvSmall]),
    'small=pv-small large=pv-large',
  ],
  ['two open claims, one volume', podUsing('small', 'large'), viewOf([small, large], [pvSmall]), noMatch],
  ['one bound, one open', podUsing('small', 'bound'), viewOf([small, bound], [pvSmall, pvBound]), 'small=pv-small'],
  [
    'one bound, one open without a match',
    podUsing('small', 'bound'),
    viewOf([small, bound], [pvFar, pvBound]),
    noMatch,
  ],
  [
    'bound claim, wrong node',
    podUsing('bound'),
    viewOf([bound], [volumeOf('pv-bound', '1G', { claim: 'bound', node: 'node2' })]),
    wrongNode,
  ],
  [
    'bound on the wrong node and open without a match',
    podUsing('small', 'bound'),
    viewOf([small, bound], [volumeOf('pv-bound', '1G', { claim: 'bound', node: 'node2' })]),
    `${wrongNode}; ${noMatch}`,
  ],
  [
    'immediate claim without a volume',
    podUsing('now', 'small'),
    viewOf([claimOf('now', '5G', { className: 'immediate' }), small], [pvSmall]),
    'pod has unbound immediate PersistentVolumeClaims',
  ],
  ['one is made', podUsing('made'), viewOf([made], []), 'made+'],
  ['one matched, one made', podUsing('small', 'made'), viewOf([small, made], [pvSmall]), 'small=pv-small made+'],
  ['one bound, one made', podUsing('bound', 'made'), viewOf([bound, made], [pvBound]), 'made+'],
  [
    'one matched, one whose node is chosen',
    podUsing('small', 'made'),
    viewOf([small, claimOf('made', '1Gi', { selected: 'node1' })], [pvSmall]),
    'small=pv-small made+',
  ],
  [
    'its node is chosen, and another',
    podUsing('made'),
    viewOf([claimOf('made', '1Gi', { selected: 'node2' })], []),
    noMatch,
  ],
  ['a class that makes none', podUsing('small'), viewOf([small], []), noMatch],
  [
    'a class that makes them elsewhere',
    podUsing('far'),
    viewOf([claimOf('far', '1Gi', { className: 'elsewhere' })], []),
    noMatch,
  ],
  [
    'ephemeral, no claim',
    podUsing('~eph'),
    viewOf([], []),
    'waiting for ephemeral volume controller to create the persistentvolumeclaim "pod-eph"',
  ],
  [
    'ephemeral, with its claim',
    podUsing('~eph'),
    viewOf([claimOf('pod-eph', '1Gi', { owner: 'pod-uid' })], []),
    'pod-eph+',
  ],
  [
    'ephemeral, with a claim of somebody else',
    podUsing('~eph'),
    viewOf([claimOf('pod-eph', '1Gi')], []),
    'PVC ns/pod-eph was not created for pod ns/pod (pod is not owner)',
  ],
  [
    'a claim that is lost',
    podUsing('bound'),
    viewOf([{ ...bound, status: { phase: 'Lost' } }], []),
    'persistentvolumeclaim "bound" bound to non-existent persistentvolume "pv-bound"',
  ],
  [
    'a claim that is going',
    podUsing('made'),
    viewOf([{ ...made, metadata: { ...made.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }], []),
    'persistentvolumeclaim "made" is being deleted',
  ],
]
for (const [name, pod, view, result] of cases)
  test(`storage of a pod: ${name}`, () => assert.equal(found(pod, view), result))

const noSpace = 'node(s) did not have enough free storage'
const everywhere = {}
const here = { matchLabels: { name: 'node1' } }
const there = { matchLabels: { name: 'node2' } }
const capacityCases: readonly (readonly [name: string, capacities: readonly object[], result: string])[] = [
  ['network attached', [{ nodeTopology: everywhere, capacity: '1Gi' }], 'made+'],
  ['local storage', [{ nodeTopology: here, capacity: '1Gi' }], 'made+'],
  [
    'several',
    [
      { nodeTopology: there, capacity: '1Gi' },
      { nodeTopology: here, capacity: '1Gi' },
    ],
    'made+',
  ],
  ['no storage', [], noSpace],
  ['wrong node', [{ nodeTopology: there, capacity: '1Gi' }], noSpace],
  ['nowhere', [{ capacity: '1Gi' }], noSpace],
  ['too little', [{ nodeTopology: here, capacity: '1Mi' }], noSpace],
  ['too small a volume', [{ nodeTopology: here, capacity: '1Gi', maximumVolumeSize: '1Mi' }], noSpace],
  ['none at all', [{ nodeTopology: here, capacity: '0Mi' }], noSpace],
  ['not said', [{ nodeTopology: here }], noSpace],
]
for (const [name, capacities, result] of capacityCases)
  test(`capacity that a driver tells: ${name}`, () =>
    assert.equal(found(podUsing('made'), viewOf([made], [], capacities)), result))
