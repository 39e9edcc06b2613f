import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../client/index.ts'
import { manualClock, seededRandom } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { createObjectWatches, objectsOf } from './object-watches.ts'

const pod = (uid: string, volumes: readonly object[]) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uid, namespace: 'n', uid, resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [], volumes },
    status: {},
  }) as unknown as Pod
const map = (revision: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm', namespace: 'n', uid: 'u', resourceVersion: revision },
  data: { revision },
})
const settled = async () => {
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
}

test('each ConfigMap and Secret of a pod’s volumes is named once', () => {
  const volumes = [
    { name: 'a', configMap: { name: 'm' } },
    { name: 'b', secret: { secretName: 's' } },
    { name: 'c', projected: { sources: [{ configMap: { name: 'm' } }, { secret: { name: 't' } }] } },
    { name: 'd', emptyDir: {} },
  ]
  assert.deepEqual(
    objectsOf(pod('p', volumes)).map(([of, name]) => `${of.plural}/${name}`),
    ['configmaps/m', 'secrets/s', 'secrets/t'],
  )
})

test('pods that show one object share its watch, hear of its changes, and end it together', async () => {
  let tell = (_: object) => {}
  const watches: string[] = []
  const client = {
    list: async (_of: unknown, query: { fieldSelector: string }) => {
      watches.push(query.fieldSelector)
      return { metadata: { resourceVersion: '1' }, items: [map('1')] }
    },
    async *watch(_of: unknown, _from: string, _query: unknown, signal: AbortSignal) {
      while (!signal.aborted) {
        const event = await new Promise<object | undefined>((resolve) => {
          tell = resolve
          signal.addEventListener('abort', () => resolve(undefined), { once: true })
        })
        if (event !== undefined) yield [event]
      }
      watches.push('ended')
    },
  } as unknown as Client
  const forgotten: string[] = []
  const stop = new AbortController()
  const objects = createObjectWatches(
    {
      client,
      clock: manualClock(),
      random: seededRandom(1),
      onChange: (of, namespace, name) => void forgotten.push(`${of.plural}/${namespace}/${name}`),
    },
    stop.signal,
  )
  const heard: string[] = []
  const volumes = [{ name: 'a', configMap: { name: 'm' } }]
  const one = objects.follow(pod('one', volumes), () => heard.push('one'))
  const two = objects.follow(pod('two', volumes), () => heard.push('two'))
  await settled()
  assert.deepEqual([heard, watches], [[], ['metadata.name=m']])
  tell({ type: 'MODIFIED', object: map('2') })
  await settled()
  assert.deepEqual([heard, forgotten], [['one', 'two'], ['configmaps/n/m']])
  one[Symbol.dispose]()
  tell({ type: 'MODIFIED', object: map('3') })
  await settled()
  assert.deepEqual(heard, ['one', 'two', 'two'])
  two[Symbol.dispose]()
  await settled()
  assert.deepEqual(watches, ['metadata.name=m', 'ended'])
  stop.abort()
})
