import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { podWith } from '../../../test/fixtures/kubelet.ts'
import type { Client } from '../../client/index.ts'
import { manualClock } from '../../machinery/index.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../resources/index.ts'
import { growVolumes } from './grow.ts'
import { grown, growthOf, notGrown } from './growth.ts'

type Status = NonNullable<PersistentVolumeClaim['status']>
const claimWith = (status: Partial<Status>, more: object = {}) =>
  ({
    metadata: { namespace: 'default', name: 'data', uid: 'claim-1' },
    spec: { volumeName: 'pv' },
    status: { phase: 'Bound', capacity: { storage: '1Gi' }, ...status },
    ...more,
  }) as unknown as PersistentVolumeClaim
const volumeWith = (storage: string, source: object = { local: { path: tmpdir() } }) =>
  ({
    metadata: { name: 'pv' },
    spec: { capacity: { storage }, claimRef: { uid: 'claim-1' }, ...source },
  }) as unknown as PersistentVolume
const allocated = (turn?: string) =>
  ({
    allocatedResources: { storage: '2Gi' },
    ...(turn === undefined ? {} : { allocatedResourceStatuses: { storage: turn } }),
  }) as Partial<Status>

const cases: readonly (readonly [string, Partial<Status>, string, string | undefined])[] = [
  ['a volume as large as its claim knows stays', {}, '1024Mi', undefined],
  ['a smaller one stays', {}, '500Mi', undefined],
  ['a larger one grows', {}, '3Gi', '3Gi'],
  ['one that the node is to make larger grows to what it was given', allocated('NodeResizePending'), '3Gi', '2Gi'],
  ['one that a node was at before grows as well', allocated('NodeResizeInProgress'), '3Gi', '2Gi'],
  ['one that others are still at waits', allocated('ControllerResizeInProgress'), '3Gi', undefined],
  ['one that is held not to be possible waits', allocated('NodeResizeInfeasible'), '3Gi', undefined],
  ['one of which nobody says whose turn it is waits', allocated(), '3Gi', undefined],
]
for (const [what, status, size, grows] of cases)
  test(`of volumes, ${what}`, () => assert.equal(growthOf(claimWith(status), volumeWith(size))?.size, grows))

test('a claim that has all of its volume tells no more of how it grew', () => {
  const now = '2026-01-01T00:00:00Z'
  const status = {
    ...claimWith(allocated('NodeResizeInProgress')).status!,
    conditions: [
      { type: 'FileSystemResizePending', status: 'True' },
      { type: 'ModifyingVolume', status: 'True' },
    ],
  } as Status
  const failed = notGrown(status, 'no room', now)
  assert.deepEqual(failed.conditions?.at(-1), {
    ...{ type: 'NodeResizeError', status: 'True', lastTransitionTime: now },
    message: 'failed to expand pvc with no room',
  })
  assert.equal(notGrown(failed, 'still none', now), failed)
  assert.deepEqual(grown(failed, '2Gi'), {
    ...{ phase: 'Bound', capacity: { storage: '2Gi' }, allocatedResources: { storage: '2Gi' } },
    conditions: [{ type: 'ModifyingVolume', status: 'True' }],
  })
})

/** Looks once at a pod that uses the claim; resolves with what was written of the claim and told in events. */
async function lookOnce(claim: PersistentVolumeClaim, volume: PersistentVolume, readOnly = false) {
  const clock = manualClock()
  const written: unknown[] = []
  const events: string[] = []
  const life = new AbortController()
  const client = {
    get: async (_: unknown, { name }: { name: string }) => (name === 'pv' ? volume : claim),
    async update(_: unknown, now: PersistentVolumeClaim) {
      written.push(now.status)
      return now
    },
  } as unknown as Client
  const pod = podWith({
    nodeName: 'n',
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data', readOnly } }],
  })
  let looked = 0
  const done = growVolumes(
    {
      ...{ client, clock },
      record: (about, type, reason, message) =>
        void events.push(`${about.metadata.name} ${type} ${reason}: ${message}`),
      complain: (_, error) => assert.fail(String(error)),
      pods: () => {
        looked++
        return [{ pod, mounted: new Map([['v', { hostPath: tmpdir(), readonly: readOnly }]]) }]
      },
    },
    life.signal,
  )
  clock.advance(30_000)
  while (looked === 0) await new Promise((resolve) => setImmediate(resolve))
  life.abort()
  await done
  return { written, events }
}

test('a local volume of files has nothing to grow: its claim says how large it is', async () => {
  const { written, events } = await lookOnce(claimWith(allocated('NodeResizePending')), volumeWith('2Gi'))
  const base = { phase: 'Bound', allocatedResources: { storage: '2Gi' } }
  assert.deepEqual(written, [
    { ...base, capacity: { storage: '1Gi' }, allocatedResourceStatuses: { storage: 'NodeResizeInProgress' } },
    { ...base, capacity: { storage: '2Gi' } },
  ])
  const message = 'Normal FileSystemResizeSuccessful: MountVolume.NodeExpandVolume succeeded for volume "pv" n'
  assert.deepEqual(events, [`web ${message}`, `data ${message}`])
})

test('what a pod only reads, or what is no local volume, is left alone', async () => {
  const nothing = { written: [], events: [] }
  assert.deepEqual(await lookOnce(claimWith({}), volumeWith('2Gi'), true), nothing)
  assert.deepEqual(await lookOnce(claimWith({}), volumeWith('2Gi', { hostPath: { path: '/x' } })), nothing)
  assert.deepEqual(
    await lookOnce(claimWith({}), volumeWith('2Gi', { local: { path: tmpdir() }, claimRef: { uid: 'x' } })),
    nothing,
  )
})

test('a place that is gone is told of, and tried again', async () => {
  const { written, events } = await lookOnce(
    claimWith(allocated('NodeResizePending')),
    volumeWith('2Gi', { local: { path: '/nowhere/at/all' } }),
  )
  assert.deepEqual(events, [
    'web Warning VolumeResizeFailed: NodeExpandVolume.NodeExpandVolume failed for volume "pv" : path "/nowhere/at/all" does not exist',
  ])
  assert.equal((written.at(-1) as Status).conditions?.[0]?.type, 'NodeResizeError')
})
