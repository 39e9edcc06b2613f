import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInformers } from '../../client/index.ts'
import { manualClock, seededRandom } from '../../machinery/index.ts'
import { type Pod, pods, type Service, services } from '../../resources/index.ts'
import { podsLabelled, thatMaySelect } from './by-label.ts'
import type { Cached } from './controller.ts'

/** Caches filled once from lists. */
async function cachesOf(lists: Readonly<Record<string, readonly object[]>>): Promise<Cached> {
  const client = {
    list: async ({ plural }: { readonly plural: string }) => ({
      metadata: { resourceVersion: '1' },
      items: lists[plural],
    }),
    watch: async function* () {
      await new Promise(() => {})
    },
  }
  const parts = { client: client as never, clock: manualClock(), random: seededRandom(1) }
  const informers = createInformers(parts, new AbortController().signal)
  await Promise.all([informers.of(pods).synced(), informers.of(services).synced()])
  return (resource) => informers.of(resource)
}
const object = (name: string, namespace: string, labels?: object, spec: object = {}) => ({
  metadata: { name, namespace, uid: `${namespace}/${name}`, resourceVersion: '1', ...(labels && { labels }) },
  spec,
})
const namesOf = (list: readonly { readonly metadata: { readonly name: string } }[]) =>
  list.map(({ metadata }) => metadata.name).sort()

test('pods are found by the label that the fewest have, in their namespace alone', async () => {
  const cached = await cachesOf({
    pods: [
      object('a', 'one', { app: 'web', tier: 'front' }),
      object('b', 'one', { app: 'web' }),
      object('c', 'one', { app: 'web' }),
      object('d', 'two', { app: 'web', tier: 'front' }),
      object('e', 'one'),
    ],
    services: [],
  })
  const found = (namespace: string, labels: Readonly<Record<string, string>> | undefined) =>
    namesOf(podsLabelled(cached, namespace, labels) as readonly Pod[])
  assert.deepEqual(found('one', { app: 'web', tier: 'front' }), ['a'])
  assert.deepEqual(found('one', { app: 'web' }), ['a', 'b', 'c'])
  assert.deepEqual(found('one', { app: 'none' }), [])
  assert.deepEqual(found('one', {}), ['a', 'b', 'c', 'e'])
  assert.deepEqual(found('two', undefined), ['d'])
})

test('what may select an object is found by one of its pairs, or selects everything', async () => {
  const selecting = (name: string, selector?: object) => object(name, 'one', undefined, selector && { selector })
  const cached = await cachesOf({
    pods: [],
    services: [
      selecting('web', { app: 'web' }),
      selecting('front', { tier: 'front', app: 'web' }),
      selecting('other', { app: 'other' }),
      selecting('all'),
      { ...object('elsewhere', 'two', undefined, { selector: { app: 'web' } }) },
    ],
  })
  const found = (labels?: object) =>
    namesOf(
      thatMaySelect(
        cached(services),
        ({ spec }: Service) => spec.selector,
        object('pod', 'one', labels) as unknown as Pod,
      ),
    )
  assert.deepEqual(found({ app: 'web', tier: 'front' }), ['all', 'front', 'web'])
  assert.deepEqual(found({ app: 'web' }), ['all', 'web'])
  assert.deepEqual(found(), ['all'])
})
