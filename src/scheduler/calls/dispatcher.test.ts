import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../client/index.ts'
import { Metrics, manualClock } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { dispatchedCalls } from './dispatcher.ts'

const podThat = (uid: string, status: object = {}) =>
  ({ metadata: { name: uid, namespace: 'default', uid }, spec: {}, status }) as unknown as Pod
const refused = (message: string) =>
  ({ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }) as const

/** Calls whose ends the test brings about. */
function dispatching() {
  const clock = manualClock()
  const metrics = new Metrics()
  const made: { readonly what: string; readonly body: any; end(error?: Error): void }[] = []
  const making =
    (what: string) =>
    (_of: unknown, { name }: { name: string }, ...rest: any[]) =>
      new Promise<void>((resolve, reject) => {
        const body = rest.find((one) => typeof one === 'object')
        made.push({
          what: `${what} ${name}`,
          body: body.body ?? body,
          end: (error) => (error ? reject(error) : resolve()),
        })
      })
  const client = { post: making('bind'), patch: making('patch') } as unknown as Client
  const numberOf = (series: string) =>
    metrics
      .text()
      .split('\n')
      .find((line) => line.startsWith(`scheduler_${series} `))
      ?.split(' ')
      .at(-1)
  return { calls: dispatchedCalls(client, clock, metrics), clock, made, numberOf }
}

test('a binding takes the place of what a pod was to be told, and calls are measured', async () => {
  const { calls, made, clock, numberOf } = dispatching()
  const pod = podThat('a')
  const status = calls.patchStatus(pod, { condition: refused('no room') })
  const binding = calls.bind(pod, 'n')
  assert.equal(numberOf('pending_async_api_calls{call_type="pod_binding"}'), '1')
  assert.equal(numberOf('pending_async_api_calls{call_type="pod_status_patch"}'), '0')
  await status
  assert.deepEqual(
    made.map(({ what }) => what),
    ['bind a'],
  )
  assert.equal(numberOf('pending_async_api_calls{call_type="pod_binding"}'), '0')
  await calls.patchStatus(pod, { condition: refused('too late') })
  clock.advance(3)
  made[0]!.end()
  await binding
  assert.equal(numberOf('async_api_call_execution_total{call_type="pod_binding",result="success"}'), '1')
  assert.equal(
    numberOf('async_api_call_execution_duration_seconds_sum{call_type="pod_binding",result="success"}'),
    '0.003',
  )
  const failing = calls.bind(podThat('b'), 'n')
  await Promise.resolve()
  made[1]!.end(new Error('no'))
  await assert.rejects(failing, /^Error: no$/)
  assert.equal(numberOf('async_api_call_execution_total{call_type="pod_binding",result="error"}'), '1')
})

test('a pod is told in one call what came up for it, and nothing that it says already', async () => {
  const { calls, made } = dispatching()
  const pod = podThat('a')
  const first = calls.patchStatus(pod, { condition: refused('one'), nominatedNodeName: 'n' })
  const second = calls.patchStatus(pod, { condition: refused('two') })
  await first
  assert.equal(made.length, 1)
  assert.equal(made[0]!.body.status.conditions[0].message, 'two')
  assert.equal(made[0]!.body.status.nominatedNodeName, 'n')
  // It is seen as it will be.
  assert.equal(calls.synced(pod).status?.nominatedNodeName, 'n')
  const third = calls.patchStatus(pod, { nominatedNodeName: '' })
  assert.equal(calls.synced(podThat('a', { nominatedNodeName: 'n' })).status?.nominatedNodeName, undefined)
  made[0]!.end()
  await second
  await Promise.resolve()
  assert.equal(made[1]!.body.status.nominatedNodeName, null)
  made[1]!.end()
  await third
  await calls.patchStatus(podThat('a', { conditions: [refused('two')] }), { condition: refused('two') })
  assert.equal(made.length, 2)
  assert.equal(calls.synced(pod), pod)
})
