import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, manualClock } from '../machinery/index.ts'
import { measuredRuntime } from './measured-runtime.ts'
import { kubeletMeasures } from './measures.ts'
import { type Runtime, RuntimeError } from './runtime/runtime.ts'

test('calls of the runtime are counted under the names of CRI, and only what failed as failed', async () => {
  const clock = manualClock()
  const metrics = new Metrics()
  const own = {
    calls: 0,
    async runSandbox() {
      this.calls++
      await clock.advance(300)
      throw new Error('no room')
    },
    async execSync() {
      throw new RuntimeError('timeout', 'too slow')
    },
    async listImages() {
      return []
    },
    async releaseImage() {},
  }
  const measures = kubeletMeasures(metrics, () => clock.monotonic())
  const runtime = measuredRuntime(own as unknown as Runtime, clock, measures)
  await assert.rejects(runtime.runSandbox({ runtimeHandler: 'runc' } as never), /no room/)
  await assert.rejects(runtime.execSync('c', ['true'], 1), RuntimeError)
  assert.deepEqual(await runtime.listImages(), [])
  assert.equal(own.calls, 1)
  const lines = metrics.text().split('\n')
  const values = (name: string) => lines.filter((line) => line.startsWith(name)).map((line) => line.slice(name.length))
  assert.deepEqual(values('kubelet_runtime_operations_total'), [
    '{operation_type="run_podsandbox"} 1',
    '{operation_type="exec_sync"} 1',
    '{operation_type="list_images"} 1',
  ])
  assert.deepEqual(values('kubelet_runtime_operations_errors_total'), ['{operation_type="run_podsandbox"} 1'])
  assert.deepEqual(values('kubelet_run_podsandbox_errors_total'), ['{runtime_handler="runc"} 1'])
  assert.deepEqual(
    lines.find((line) => line.startsWith('kubelet_run_podsandbox_duration_seconds_sum')),
    'kubelet_run_podsandbox_duration_seconds_sum{runtime_handler="runc"} 0.3',
  )
})

test('sizes of pulled images are told in classes', () => {
  const metrics = new Metrics()
  const measures = kubeletMeasures(metrics, () => 0)
  const sizes = [0, 1, 10 * 2 ** 20, 2 ** 30 - 1, 2 ** 30, 200 * 2 ** 30]
  for (const bytes of sizes) measures.imagePulled(bytes, 2)
  const classes = [...metrics.text().matchAll(/pull_duration_seconds_count\{image_size_in_bytes="(.*?)"\} 1/g)]
  assert.deepEqual(
    classes.map(([, name]) => name),
    ['N/A', '0-10MB', '10MB-100MB', '500MB-1GB', '1GB-5GB', 'GT100GB'],
  )
})
