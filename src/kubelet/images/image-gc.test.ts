import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { createImageGc, imageGcDefaults, type KnownImage, planImageGc } from './image-gc.ts'

const nowMs = 1_000_000
const image = (id: string, change: Partial<KnownImage> = {}): KnownImage => ({
  id,
  sizeBytes: 100,
  firstSeenMs: 0,
  lastUsedMs: 0,
  inUse: false,
  isPinned: false,
  ...change,
})
const cases: readonly (readonly [
  what: string,
  images: readonly KnownImage[],
  availableBytes: number,
  change: object,
  gone: readonly string[],
])[] = [
  ['below the high threshold nothing goes', [image('a')], 160, {}, []],
  [
    'from it on, the least recently used go until the low one',
    [image('a', { lastUsedMs: 5 }), image('b')],
    150,
    {},
    ['b'],
  ],
  [
    'as many as it takes',
    [image('a', { lastUsedMs: 5 }), image('b'), image('c', { lastUsedMs: 9 })],
    50,
    {},
    ['b', 'a'],
  ],
  [
    'what is used, pinned or young stays',
    [image('a', { inUse: true }), image('b', { isPinned: true }), image('c', { firstSeenMs: nowMs - 60_000 })],
    0,
    {},
    [],
  ],
  [
    'what was unused for too long goes in any case',
    [image('a'), image('b', { lastUsedMs: nowMs - 10 })],
    900,
    { maxAgeMs: 1000 },
    ['a'],
  ],
]
for (const [what, images, availableBytes, change, gone] of cases) {
  test(`images: ${what}`, () => {
    const { remove } = planImageGc(
      images,
      { capacityBytes: 1000, availableBytes },
      { ...imageGcDefaults, ...change },
      nowMs,
    )
    assert.deepEqual(
      remove.map(({ id }) => id),
      gone,
    )
  })
}

test('an image goes only after the least age, and a disk that stays full is told of', async () => {
  const clock = manualClock()
  const removed: string[] = []
  const events: string[] = []
  const collect = createImageGc({
    runtime: {
      listImages: async () => [
        { id: 'sha256:1', tags: ['used:1'], digests: [], sizeBytes: 10 },
        { id: 'sha256:2', tags: ['idle:1'], digests: [], sizeBytes: 10 },
      ],
      observe: async () => ({ sandboxes: [], containers: [{ imageRef: 'used:1', imageId: 'sha256:1' }] }),
      removeImage: async (id: string) => void removed.push(id),
    } as unknown as Runtime,
    clock,
    record: (_about, _type, reason, message) => void events.push(`${reason}: ${message}`),
    complain: () => {},
    node: () => ({ metadata: { name: 'n' } }) as never,
    disk: async () => ({ capacityBytes: 1000, availableBytes: 100 }),
    limits: imageGcDefaults,
    isPinned: () => false,
  })
  await collect()
  assert.deepEqual(removed, [])
  await clock.advance(120_000)
  await collect()
  assert.deepEqual(removed, ['sha256:2'])
  assert.equal(
    events.at(-1),
    'FreeDiskSpaceFailed: Failed to garbage collect required amount of images. Attempted to free 100 bytes, but only found 10 bytes eligible to free.',
  )
})
