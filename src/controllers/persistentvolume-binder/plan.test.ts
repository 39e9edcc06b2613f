/** The cases of Kubernetes' persistent volume controller, told again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../resources/index.ts'
import { claimStatus } from './binding.ts'
import { type ClaimPlan, type ClaimWorld, planClaim, planReclaim, planVolume, type VolumePlan } from './plan.ts'

const done = 'pv.kubernetes.io/bind-completed'
const byController = 'pv.kubernetes.io/bound-by-controller'
const marks = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'yes']))

interface VolumeWish {
  readonly uid?: string
  readonly claim?: string
  readonly phase?: string
  readonly className?: string
  readonly marks?: readonly string[]
  readonly modes?: readonly string[]
  readonly labels?: object
  readonly policy?: string
  readonly mode?: string
  readonly going?: boolean
}
function volumeOf(name: string, size: string, wish: VolumeWish = {}): PersistentVolume {
  const { uid, claim, phase = 'Available', className = '', modes = ['ReadWriteOnce', 'ReadOnlyMany'] } = wish
  return {
    metadata: {
      name,
      annotations: marks(...(wish.marks ?? [])),
      ...(wish.labels === undefined ? {} : { labels: wish.labels }),
      ...(wish.going === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      capacity: { storage: size },
      accessModes: modes,
      persistentVolumeReclaimPolicy: wish.policy ?? 'Retain',
      ...(className === '' ? {} : { storageClassName: className }),
      ...(wish.mode === undefined ? {} : { volumeMode: wish.mode }),
      ...(claim === undefined ? {} : { claimRef: { namespace: 'default', name: claim, ...(uid ? { uid } : {}) } }),
    },
    status: { phase },
  } as never
}
interface ClaimWish {
  readonly size?: string
  readonly volume?: string
  readonly className?: string
  readonly marks?: readonly string[]
  readonly modes?: readonly string[]
  readonly labels?: object
  readonly selected?: string
  readonly phase?: string
  readonly mode?: string
}
function claimOf(wish: ClaimWish = {}): PersistentVolumeClaim {
  const { size = '1Gi', volume, className = '', labels, selected, modes = ['ReadWriteOnce'] } = wish
  return {
    metadata: {
      name: 'claim',
      namespace: 'default',
      uid: 'uid',
      annotations: {
        ...marks(...(wish.marks ?? [])),
        ...(selected === undefined ? {} : { 'volume.kubernetes.io/selected-node': selected }),
      },
    },
    spec: {
      accessModes: modes,
      resources: { requests: { storage: size } },
      ...(className === 'unsaid' ? {} : { storageClassName: className }),
      ...(volume === undefined ? {} : { volumeName: volume }),
      ...(labels === undefined ? {} : { selector: { matchLabels: labels } }),
      ...(wish.mode === undefined ? {} : { volumeMode: wish.mode }),
    },
    status: { phase: wish.phase ?? 'Pending' },
  } as never
}
const classes: Readonly<Record<string, object>> = {
  gold: { provisioner: 'example.com/gold', volumeBindingMode: 'Immediate' },
  wait: { provisioner: 'example.com/gold', volumeBindingMode: 'WaitForFirstConsumer' },
  ebs: { provisioner: 'kubernetes.io/aws-ebs', volumeBindingMode: 'Immediate' },
  none: { provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'Immediate' },
}
const classOf = (name: string) => ({ metadata: { name }, ...classes[name] }) as unknown as StorageClass
function worldOf(volumes: readonly PersistentVolume[], more: Partial<ClaimWorld> = {}): ClaimWorld {
  return {
    volumes,
    volume: (name) => volumes.find((one) => one.metadata.name === name),
    storageClass: (name) => (classes[name] === undefined ? undefined : classOf(name)),
    defaultClass: () => undefined,
    waitingPods: () => [],
    ...more,
  }
}
/** The plan in a few words. */
function words(plan: ClaimPlan | VolumePlan): string {
  switch (plan.step) {
    case 'bind':
      return `bind ${plan.volume.metadata.name}`
    case 'wait':
      return plan.notice === undefined ? 'wait' : `wait: ${plan.notice.reason}: ${plan.notice.message}`
    case 'lose':
      return `lose: ${plan.notice.reason}: ${plan.notice.message}`
    case 'fail':
      return `fail: ${plan.notice.reason}: ${plan.notice.message}`
    case 'tell':
      return 'notice' in plan
        ? `${plan.notice.reason}: ${plan.notice.message}`
        : plan.notices.map((one) => one.message).join(' ')
    case 'assignClass':
      return `assign ${plan.className}`
    case 'provision':
      return `provision by ${plan.provisioner}`
    case 'phase':
      return plan.phase
    default:
      return plan.step
  }
}
const failedBinding = 'wait: FailedBinding: no persistent volumes available for this claim and no storage class is set'
const first = 'wait: WaitForFirstConsumer: waiting for first consumer to be created before binding'
const taken = (name: string) => `FailedBinding: volume "${name}" already bound to a different claim.`

const claimCases: readonly (readonly [
  name: string,
  volumes: PersistentVolume[],
  claim: ClaimWish,
  result: string,
  more?: Partial<ClaimWorld>,
])[] = [
  ['1-1 binds to a matching unbound volume', [volumeOf('v', '1Gi')], {}, 'bind v'],
  ['1-2 no volume is large enough', [volumeOf('v', '1Gi')], { size: '10Gi' }, failedBinding],
  ['1-4 smallest volume', [volumeOf('a', '10Gi'), volumeOf('b', '1Gi')], {}, 'bind b'],
  ['1-5 prebound by name', [volumeOf('a', '10Gi', { claim: 'claim' }), volumeOf('b', '1Gi')], {}, 'bind a'],
  ['1-6 prebound by uid', [volumeOf('a', '10Gi', { claim: 'claim', uid: 'uid' }), volumeOf('b', '1Gi')], {}, 'bind a'],
  ['1-7 prebound to another of the name', [volumeOf('v', '10Gi', { claim: 'claim', uid: 'other' })], {}, failedBinding],
  [
    '1-8 crash after the volume was bound',
    [volumeOf('v', '1Gi', { claim: 'claim', uid: 'uid', marks: [byController] })],
    {},
    'bind v',
  ],
  [
    '1-10 crash after the claim was bound',
    [volumeOf('v', '1Gi', { claim: 'claim', uid: 'uid', phase: 'Bound' })],
    { volume: 'v', marks: [done, byController] },
    'bind v',
  ],
  ['1-11 selector matches', [volumeOf('v', '1Gi', { labels: { a: 'b' } })], { labels: { a: 'b' } }, 'bind v'],
  ['1-12 selector does not match', [volumeOf('v', '1Gi')], { labels: { a: 'b' } }, failedBinding],
  ['1-13 delayed binding', [volumeOf('v', '1Gi', { className: 'wait' })], { className: 'wait' }, first],
  [
    '1-14 delayed, but the volume names the claim',
    [volumeOf('v', '1Gi', { className: 'wait', claim: 'claim' })],
    { className: 'wait' },
    'bind v',
  ],
  ['1-15 the claim names its volume', [volumeOf('a', '10Gi'), volumeOf('b', '1Gi')], { volume: 'a' }, 'bind a'],
  [
    '1-16 other access mode than the named volume',
    [volumeOf('v', '1Gi', { modes: ['ReadWriteOnce'] })],
    { volume: 'v', modes: ['ReadWriteMany'] },
    'wait: VolumeMismatch: Cannot bind to requested volume "v": incompatible accessMode',
  ],
  [
    '1-17 a volume that is not available',
    [volumeOf('a', '1Gi', { phase: 'Pending' }), volumeOf('b', '5Gi')],
    {},
    'bind b',
  ],
  ['a volume that is going', [volumeOf('v', '1Gi', { going: true })], {}, failedBinding],
  [
    'fewest access modes first',
    [
      volumeOf('a', '1Gi', { modes: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany'] }),
      volumeOf('b', '5Gi', { modes: ['ReadWriteOnce'] }),
    ],
    {},
    'bind b',
  ],
  ['block and file system', [volumeOf('v', '1Gi', { mode: 'Block' })], {}, failedBinding],
  ['2-1 the named volume is not there', [], { volume: 'v' }, 'wait'],
  ['2-3 prebound both ways by name', [volumeOf('v', '1Gi', { claim: 'claim' })], { volume: 'v' }, 'bind v'],
  [
    '2-6 named volume of another claim',
    [volumeOf('v', '1Gi', { claim: 'other', uid: 'x' })],
    { volume: 'v' },
    `wait: ${taken('v')}`,
  ],
  [
    '2-7 the same, though the controller bound it',
    [volumeOf('v', '1Gi', { claim: 'other', uid: 'x' })],
    { volume: 'v', marks: [byController] },
    `fail: ${taken('v')}`,
  ],
  [
    '2-9 named volume is too small',
    [volumeOf('v', '1Gi')],
    { volume: 'v', size: '2Gi' },
    'wait: VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small',
  ],
  [
    '2-10 named volume of another class',
    [volumeOf('v', '1Gi')],
    { volume: 'v', className: 'gold' },
    'wait: VolumeMismatch: Cannot bind to requested volume "v": storageClassName does not match',
  ],
  [
    '3-1 bound claim without a volume',
    [],
    { marks: [done] },
    'lose: ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
  ],
  [
    '3-2 bound claim whose volume is gone',
    [],
    { volume: 'v', marks: [done] },
    'lose: ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
  ],
  ['3-3 bound claim whose volume has come unbound', [volumeOf('v', '1Gi')], { volume: 'v', marks: [done] }, 'bind v'],
  [
    '3-5 bound claim whose volume has another',
    [volumeOf('v', '1Gi', { claim: 'other', uid: 'x' })],
    { volume: 'v', marks: [done] },
    'lose: ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly',
  ],
  ['11-1 an external provisioner is asked', [], { className: 'gold' }, 'provision by example.com/gold'],
  [
    '11-2 the class is not there',
    [],
    { className: 'gone' },
    'ProvisioningFailed: storageclass.storage.k8s.io "gone" not found',
  ],
  ['what was built in is made by a CSI driver', [], { className: 'ebs' }, 'provision by ebs.csi.aws.com'],
  [
    'a class that makes none',
    [],
    { className: 'none' },
    'ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
  ],
  [
    '13-1 a default class that came later',
    [],
    { className: 'unsaid' },
    'assign gold',
    { defaultClass: () => classOf('gold') },
  ],
  ['a claim that wants none gets none', [], {}, failedBinding, { defaultClass: () => classOf('gold') }],
  [
    'a pod waits for it',
    [],
    { className: 'wait' },
    'wait: WaitForPodScheduled: waiting for pod a to be scheduled',
    { waitingPods: () => ['a'] },
  ],
  [
    'pods wait for it',
    [],
    { className: 'wait' },
    'wait: WaitForPodScheduled: waiting for pods a,b to be scheduled',
    { waitingPods: () => ['a', 'b'] },
  ],
  ['its node is chosen', [], { className: 'wait', selected: 'node1' }, 'provision by example.com/gold'],
]
for (const [name, volumes, wish, result, more] of claimCases)
  test(`claim: ${name}`, () => assert.equal(words(planClaim(claimOf(wish), worldOf(volumes, more))), result))

const bound = { claim: 'claim', uid: 'uid', phase: 'Bound' }
const volumeCases: readonly (readonly [
  name: string,
  volume: PersistentVolume,
  claim: ClaimWish | undefined,
  result: string,
])[] = [
  ['4-1 unused', volumeOf('v', '1Gi', { phase: 'Pending' }), undefined, 'Available'],
  ['4-2 reserved by name', volumeOf('v', '1Gi', { claim: 'claim', phase: 'Pending' }), undefined, 'Available'],
  ['4-3 its claim is gone', volumeOf('v', '1Gi', bound), undefined, 'reclaim'],
  ['4-5 its claim does not know yet', volumeOf('v', '1Gi', bound), {}, 'leaveToClaim'],
  ['4-6 all is bound', volumeOf('v', '1Gi', bound), { volume: 'v' }, 'Bound'],
  [
    '4-7 the claim has another, bound by the controller',
    volumeOf('v', '1Gi', { ...bound, marks: [byController] }),
    { volume: 'w' },
    'unbind',
  ],
  ['4-8 the claim has another, bound by a user', volumeOf('v', '1Gi', bound), { volume: 'w' }, 'unbind'],
  [
    'a volume that was made for a claim which has another',
    volumeOf('v', '1Gi', { ...bound, policy: 'Delete', marks: ['pv.kubernetes.io/provisioned-by'] }),
    { volume: 'w' },
    'reclaim',
  ],
  [
    'a block device for a claim of a file system',
    volumeOf('v', '1Gi', { ...bound, mode: 'Block' }),
    {},
    'Cannot bind PersistentVolume to requested PersistentVolumeClaim "claim" due to incompatible volumeMode. Cannot bind PersistentVolume "v" to requested PersistentVolumeClaim due to incompatible volumeMode.',
  ],
]
for (const [name, volume, wish, result] of volumeCases)
  test(`volume: ${name}`, () =>
    assert.equal(words(planVolume(volume, wish === undefined ? undefined : claimOf(wish))), result))

test('a volume without its claim is kept, emptied or left to its provisioner, as its policy says', () => {
  const planOf = (wish: VolumeWish, more: object = {}) => {
    const volume = volumeOf('v', '1Gi', wish)
    return planReclaim({ ...volume, spec: { ...volume.spec, ...more } })
  }
  assert.equal(planOf({ policy: 'Retain' }), undefined)
  assert.equal(planOf({ policy: 'Recycle' }), 'recycle')
  assert.equal(planOf({ policy: 'Delete', marks: ['pv.kubernetes.io/provisioned-by'] }), undefined)
  assert.equal(planOf({ policy: 'Delete' }, { csi: { driver: 'd', volumeHandle: 'h' } }), undefined)
  assert.deepEqual(planOf({ policy: 'Delete' }), {
    reason: 'VolumeFailedDelete',
    message: 'error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
  })
  assert.deepEqual(planOf({ policy: 'Unknown' }), {
    reason: 'VolumeUnknownReclaimPolicy',
    message: 'Volume has unrecognized PersistentVolumeReclaimPolicy',
  })
})

test('a claim takes its size over when it is bound, and what grew it later is left alone', () => {
  const volume = volumeOf('v', '10Gi')
  const modes = volume.spec.accessModes
  assert.deepEqual(claimStatus(claimOf(), 'Bound', volume), {
    phase: 'Bound',
    accessModes: modes,
    capacity: { storage: '10Gi' },
  })
  const known = { ...claimOf(), status: { phase: 'Bound', capacity: { storage: '5Gi' } } } as const
  assert.deepEqual(claimStatus(known, 'Bound', volume).capacity, { storage: '5Gi' })
  assert.deepEqual(
    claimStatus({ ...known, status: { ...known.status, accessModes: ['ReadWriteOnce'] } }, 'Lost', undefined),
    {
      phase: 'Lost',
    },
  )
})
