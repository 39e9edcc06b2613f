import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, instance, podWith, sandbox } from '../../../test/fixtures/kubelet.ts'
import { manualClock } from '../../machinery/index.ts'
import type { PodSpec } from '../../resources/index.ts'
import { podViewOf } from '../sync/containers.ts'
import { killContainers } from './kill.ts'

/** Kills a pod whose containers take the given seconds to stop; answers with what happened when, in seconds. */
async function killed(
  spec: Partial<PodSpec>,
  stopSeconds: Record<string, number>,
  graceSeconds: number,
  hookSeconds = 0,
) {
  const clock = manualClock()
  const happened: string[] = []
  const note = (text: string) => void happened.push(`${clock.monotonic() / 1000} ${text}`)
  const pod = podWith(spec)
  const names = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ name }) => name)
  const view = podViewOf(
    { sandboxes: [sandbox()], containers: names.map((name) => instance(name, 'running')) },
    'uid-1',
  )
  const done = killContainers(
    {
      clock,
      record: () => {},
      complain: (about) => note(`complaint: ${about}`),
      runtime: {
        async stopContainer(id: string, grace: number) {
          const name = id.replace(/-\d+$/, '')
          note(`stop ${name} ${grace}`)
          const needs = stopSeconds[name] ?? 0
          if (needs > 0) await clock.sleep(Math.min(needs, grace) * 1000)
          note(`${name} ended`)
        },
        async execSync(id: string) {
          note(`hook ${id.replace(/-\d+$/, '')}`)
          await clock.sleep(hookSeconds * 1000)
          return { exitCode: 0, stdout: new Uint8Array(0), stderr: new Uint8Array(0) }
        },
      } as never,
    },
    pod,
    view,
    graceSeconds,
  )
  let ended = false
  void done.then(() => (ended = true))
  for (let step = 0; step < 1000 && !ended; step++) {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve()
    if (!ended) clock.advance(1000)
  }
  await done
  return happened
}
const sidecar = (name: string) => container(name, { restartPolicy: 'Always' })
const hooked = container('main', { lifecycle: { preStop: { exec: { command: ['x'] } } } })

test('kill stops main containers together', async () => {
  assert.deepEqual(await killed({ containers: [container('a'), container('b')] }, { a: 2, b: 1 }, 30), [
    '0 stop a 30',
    '0 stop b 30',
    '1 b ended',
    '2 a ended',
  ])
})
test('kill stops sidecars after them, last first, within the same grace', async () => {
  const spec = { initContainers: [sidecar('s1'), sidecar('s2')] }
  assert.deepEqual(await killed(spec, { main: 5, s2: 3 }, 30), [
    '0 stop main 30',
    '5 main ended',
    '5 stop s2 25',
    '8 s2 ended',
    '8 stop s1 22',
    '8 s1 ended',
  ])
})
test('kill gives what is left after the hook to the signal', async () => {
  assert.deepEqual(await killed({ containers: [hooked] }, {}, 30, 10), [
    '0 hook main',
    '10 stop main 20',
    '10 main ended',
  ])
})
test('kill leaves two seconds when the hook takes all', async () => {
  assert.deepEqual(await killed({ containers: [hooked] }, {}, 5, 60), [
    '0 hook main',
    '5 complaint: preStop hook of main',
    '5 stop main 2',
    '5 main ended',
  ])
})
test('kill without grace skips the hook', async () => {
  assert.deepEqual(await killed({ containers: [hooked] }, {}, 0), ['0 stop main 0', '0 main ended'])
})
