/** The cases of Kubernetes' checkBindings and BindPodVolumes, told again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../client/index.ts'
import { manualClock } from '../../machinery/index.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../resources/index.ts'
import { bindDecided } from './bind.ts'
import type { Decision, StorageBook } from './storage-book.ts'

const node = { metadata: { name: 'node1', labels: { zone: 'a' } } } as unknown as Node
const volumeOf = (revision: number, more: { uid?: string; zone?: string } = {}): PersistentVolume =>
  ({
    metadata: { name: 'v', resourceVersion: String(revision) },
    spec: {
      ...(more.uid === undefined ? {} : { claimRef: { namespace: 'ns', name: 'claim', uid: more.uid } }),
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: [more.zone ?? 'a'] }] }],
        },
      },
    },
  }) as never
const claimOf = (
  revision: number,
  more: { bound?: boolean; volume?: string; node?: string; bare?: boolean } = {},
): PersistentVolumeClaim =>
  ({
    metadata: {
      name: 'claim',
      namespace: 'ns',
      uid: 'claim',
      resourceVersion: String(revision),
      ...(more.bare === true
        ? {}
        : {
            annotations: {
              ...(more.bound === true ? { 'pv.kubernetes.io/bind-completed': 'yes' } : {}),
              ...(more.node === undefined ? {} : { 'volume.kubernetes.io/selected-node': more.node }),
            },
          }),
    },
    spec: more.volume === undefined ? {} : { volumeName: more.volume },
  }) as never

/** What comes of a decision: bound, still waited for, or why not. Writes get the revision 2. */
async function outcome(
  decision: Decision,
  seen: { readonly volume?: PersistentVolume; readonly claim?: PersistentVolumeClaim },
  now: Node | undefined = node,
): Promise<string> {
  const clock = manualClock()
  const written: string[] = []
  const client = {
    async update(_: unknown, object: { readonly metadata: { readonly name: string } }) {
      written.push(object.metadata.name)
      return { ...object, metadata: { ...object.metadata, resourceVersion: '2' } }
    },
  } as unknown as Client
  const book = {
    seenVolume: () => seen.volume,
    seenClaim: () => seen.claim,
    seen: { claims: 9, volumes: 9 },
    follow: () => ({ [Symbol.dispose]() {} }),
    wake: () => {},
    signal: new AbortController().signal,
  } as unknown as StorageBook
  let result = 'waits'
  const life = new AbortController()
  const work = bindDecided(decision, { client, clock, book, nodeNow: () => now, timeoutMs: 600_000 }, life.signal).then(
    () => (result = 'bound'),
    (error: Error) => (result = error.message),
  )
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  const after = result
  life.abort(new Error('over'))
  await work
  return after
}
const binding: Decision = {
  nodeName: 'node1',
  volumes: [{ volume: volumeOf(1, { uid: 'claim' }), claim: claimOf(1) }],
  claims: [],
}
const provisioning: Decision = { nodeName: 'node1', volumes: [], claims: [claimOf(1, { node: 'node1' })] }
const failed = (why: string) => `binding volumes: ${why}`
const boundVolume = volumeOf(3, { uid: 'claim' })
const cases: readonly (readonly [
  name: string,
  decision: Decision,
  seen: Parameters<typeof outcome>[1],
  result: string,
])[] = [
  ['bound', binding, { volume: boundVolume, claim: claimOf(3, { bound: true, volume: 'v' }) }, 'bound'],
  ['prebound only', binding, { volume: boundVolume, claim: claimOf(3, { volume: 'v' }) }, 'waits'],
  ['unbound', binding, { volume: boundVolume, claim: claimOf(3) }, 'waits'],
  ['the cache is behind', binding, { volume: volumeOf(1), claim: claimOf(3, { bound: true, volume: 'v' }) }, 'waits'],
  [
    'the claim is gone',
    binding,
    { volume: boundVolume },
    failed('failed to check binding: persistentvolumeclaim "claim" not found'),
  ],
  [
    'the volume is gone',
    binding,
    { claim: claimOf(3) },
    failed('failed to check binding: persistentvolume "v" not found'),
  ],
  ['claimRef taken off', binding, { volume: volumeOf(3), claim: claimOf(3) }, failed('ClaimRef got reset for pv "v"')],
  [
    'claimRef without uid',
    binding,
    { volume: volumeOf(3, { uid: '' }), claim: claimOf(3) },
    failed('ClaimRef got reset for pv "v"'),
  ],
  [
    'volume in another zone',
    binding,
    { volume: volumeOf(3, { uid: 'claim', zone: 'b' }), claim: claimOf(3) },
    failed('pv "v" node affinity doesn\'t match node "node1": no matching NodeSelectorTerms'),
  ],
  [
    'made and bound',
    provisioning,
    { volume: boundVolume, claim: claimOf(3, { bound: true, volume: 'v', node: 'node1' }) },
    'bound',
  ],
  ['not made yet', provisioning, { claim: claimOf(3, { node: 'node1' }) }, 'waits'],
  [
    'made, the volume is not seen yet',
    provisioning,
    { claim: claimOf(3, { bound: true, volume: 'v', node: 'node1' }) },
    'waits',
  ],
  [
    'the claim to be made for is gone',
    provisioning,
    {},
    failed('failed to check binding: persistentvolumeclaim "claim" not found'),
  ],
  [
    'no annotations any more',
    provisioning,
    { claim: claimOf(3, { bare: true }) },
    failed('selectedNode annotation reset for PVC "claim"'),
  ],
  ['the node was taken away', provisioning, { claim: claimOf(3) }, failed('provisioning failed for PVC "claim"')],
  [
    'another node was chosen',
    provisioning,
    { claim: claimOf(3, { node: 'node2' }) },
    failed('provisioning failed for PVC "claim"'),
  ],
  [
    'made in another zone',
    provisioning,
    { volume: volumeOf(3, { uid: 'claim', zone: 'b' }), claim: claimOf(3, { volume: 'v', node: 'node1' }) },
    failed('pv "v" node affinity doesn\'t match node "node1": no matching NodeSelectorTerms'),
  ],
]
for (const [name, decision, seen, result] of cases)
  test(`what was decided about volumes: ${name}`, async () => assert.equal(await outcome(decision, seen), result))

test('binding ends after its time, with the words of Go', async () => {
  const clock = manualClock()
  const book = {
    seenVolume: () => undefined,
    seenClaim: () => claimOf(3, { node: 'node1' }),
    seen: { claims: 9, volumes: 9 },
    follow: () => ({ [Symbol.dispose]() {} }),
    wake: () => {},
    signal: new AbortController().signal,
  } as unknown as StorageBook
  const client = { update: async (_: unknown, object: unknown) => object } as unknown as Client
  const work = bindDecided(
    provisioning,
    { client, clock, book, nodeNow: () => node, timeoutMs: 600_000 },
    new AbortController().signal,
  )
  const refused = assert.rejects(work, { message: failed('context deadline exceeded') })
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  clock.advance(600_000)
  await refused
})
