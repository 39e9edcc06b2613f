import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../client/index.ts'
import { Metrics, manualClock } from '../../machinery/index.ts'
import { nodes, pods } from '../../resources/index.ts'
import { tellingCalls } from './told-calls.ts'

test('bindings and changes of statuses are told with how they ended, other calls are not', async () => {
  const clock = manualClock()
  const metrics = new Metrics()
  let fails = false
  let held: (() => void) | undefined
  const answer = async () => {
    await new Promise<void>((resolve) => {
      held = resolve
    })
    if (fails) throw new Error('no')
  }
  const client = tellingCalls({ post: answer, patch: answer } as unknown as Client, metrics, clock)
  const at = { name: 'a', namespace: 'default' }
  const body = { type: 'merge', body: {} } as const
  const numberOf = (series: string) =>
    metrics
      .text()
      .split('\n')
      .find((line) => line.startsWith(`scheduler_${series} `))
      ?.split(' ')
      .at(-1)
  const binding = client.post(pods, at, 'binding', {} as never)
  assert.equal(numberOf('pending_async_api_calls{call_type="pod_binding"}'), '1')
  clock.advance(3)
  held!()
  await binding
  assert.equal(numberOf('pending_async_api_calls{call_type="pod_binding"}'), '0')
  assert.equal(numberOf('async_api_call_execution_total{call_type="pod_binding",result="success"}'), '1')
  assert.equal(
    numberOf('async_api_call_execution_duration_seconds_sum{call_type="pod_binding",result="success"}'),
    '0.003',
  )
  fails = true
  const patch = client.patch(pods, at, body, 'status')
  held!()
  await assert.rejects(patch)
  assert.equal(numberOf('async_api_call_execution_total{call_type="pod_status_patch",result="error"}'), '1')
  fails = false
  const other = client.patch(nodes, { name: 'n' }, body, 'status')
  held!()
  await other
  assert.equal(numberOf('async_api_call_execution_total{call_type="pod_status_patch",result="success"}'), undefined)
})
