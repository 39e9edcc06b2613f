import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInformers } from '../../client/index.ts'
import { manualClock, seededRandom } from '../../machinery/index.ts'
import { type PodDisruptionBudget, podDisruptionBudgets, replicaSets } from '../../resources/index.ts'
import { replicaSetOf } from '../runtime/fixtures.ts'
import { disruptionController } from './controller.ts'

const budget = (name: string, app: string, spec: object = { maxUnavailable: '10%' }) =>
  ({
    metadata: { name, namespace: 'default', uid: name, resourceVersion: '1' },
    spec: { selector: { matchLabels: { app } }, ...spec },
  }) as unknown as PodDisruptionBudget

test('a budget is looked at for the wanted number of pods it may cover, and for nothing else about their owner', async () => {
  const items = [budget('web', 'web'), budget('other', 'other'), budget('fixed', 'web', { minAvailable: 1 })]
  const client = {
    list: async () => ({ metadata: { resourceVersion: '1' }, items }),
    watch: async function* () {
      await new Promise(() => {})
    },
  }
  const parts = { client: client as never, clock: manualClock(), random: seededRandom(1) }
  const informers = createInformers(parts, new AbortController().signal)
  await informers.of(podDisruptionBudgets).synced()
  const watch = disruptionController.watches.find(({ resource }) => resource === replicaSets)!
  const set = replicaSetOf('a', { replicas: 3 })
  assert.deepEqual(
    watch.wake(set, (resource) => informers.of(resource)),
    [{ namespace: 'default', name: 'web' }],
  )
  assert.equal(watch.matters!({ ...set, status: { ...set.status, readyReplicas: 1 } }, set), false)
  assert.equal(watch.matters!(replicaSetOf('a', { replicas: 4 }), set), true)
})
