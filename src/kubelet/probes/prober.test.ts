import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, instance, podWith, sandbox, startMs } from '../../../test/fixtures/kubelet.ts'
import { manualClock } from '../../machinery/index.ts'
import type { Container, Pod } from '../../resources/index.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { podViewOf } from '../sync/containers.ts'
import { createProber, probedAddress } from './prober.ts'

/** A prober over one container, whose exec probes answer what the test says; times count from the container's start. */
function setUp(rest: Partial<Container>, answers: (kind: string) => number | Promise<number> | 'broken') {
  const clock = manualClock(startMs + 1000)
  const told: string[] = []
  let changes = 0
  const prober = createProber({
    clock,
    userAgent: 'test',
    settings: { nodeIps: ['192.0.2.9'] },
    record: (_, type, reason, message) => void told.push(`${type} ${reason}: ${message}`),
    countProbe: () => {},
    onChange: () => changes++,
    runtime: {
      async execSync(_, [kind = '']) {
        const answer = await answers(kind)
        if (answer === 'broken') throw new Error('cannot run')
        return { exitCode: answer, stdout: Buffer.from(answer === 0 ? '' : 'bad'), stderr: Buffer.from('') }
      },
    },
  })
  const pod = podWith({ containers: [container('main', rest)] })
  const show = (containers: readonly ObservedContainer[], as: Pod = pod) =>
    prober.update(as, podViewOf({ sandboxes: [sandbox()], containers }, 'uid-1'))
  /** Second by second, so that every answer is taken in before the next timer. */
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds * 10; second++) {
      clock.advance(100)
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    }
  }
  return { prober, pod, show, pass, told, changes: () => changes }
}
const exec = (kind: string) => ({ exec: { command: [kind] } })
const running = () => instance('main', 'running')

test('prober finds readiness after its initial delay', async () => {
  const { prober, show, pass } = setUp(
    { readinessProbe: { ...exec('r'), initialDelaySeconds: 5, periodSeconds: 2 } },
    () => 0,
  )
  show([running()])
  await pass(4)
  assert.deepEqual([...prober.results], [])
  await pass(2)
  assert.deepEqual([...prober.results], [['main-0', { readiness: true }]])
  prober.stop()
})

test('prober counts failures in a row up to the threshold, and tells of each', async () => {
  let answer = 0
  const { prober, show, pass, told } = setUp(
    { readinessProbe: { ...exec('r'), periodSeconds: 1, failureThreshold: 3 } },
    () => answer,
  )
  show([running()])
  await pass(1)
  answer = 1
  await pass(2)
  assert.equal(prober.results.get('main-0')?.readiness, true)
  await pass(1)
  assert.equal(prober.results.get('main-0')?.readiness, false)
  assert.equal(told[0], 'Warning Unhealthy: Readiness probe failed: bad')
  prober.stop()
})

test('prober goes on after a try that took longer than its period', async () => {
  const slow = Promise.withResolvers<number>()
  const answers: (number | Promise<number>)[] = [0, slow.promise]
  const { prober, show, pass } = setUp(
    { readinessProbe: { ...exec('r'), periodSeconds: 1, failureThreshold: 1 } },
    () => answers.shift() ?? 1,
  )
  show([running()])
  await pass(4)
  assert.deepEqual(prober.results.get('main-0'), { readiness: true })
  slow.resolve(0)
  await pass(1)
  assert.deepEqual([answers.length, prober.results.get('main-0')], [0, { readiness: false }])
  prober.stop()
})

test('prober throws away what it could not run', async () => {
  const { prober, show, pass, told } = setUp(
    { livenessProbe: { ...exec('l'), periodSeconds: 1, failureThreshold: 1 } },
    () => 'broken',
  )
  show([running()])
  await pass(5)
  assert.deepEqual([[...prober.results], told], [[], []])
  prober.stop()
})

test('prober rests after a failed liveness probe until another instance is there', async () => {
  let answer = 1
  const { prober, show, pass, told } = setUp(
    { livenessProbe: { ...exec('l'), periodSeconds: 1, failureThreshold: 1 } },
    () => answer,
  )
  show([running()])
  await pass(5)
  assert.deepEqual([prober.results.get('main-0'), told.length], [{ liveness: false }, 1])
  answer = 0
  const second = instance('main', 'running', { restarts: 1, startedAtMs: startMs, createdAtMs: startMs + 2000 })
  show([second, instance('main', 'exited 137')])
  await pass(2)
  assert.deepEqual(prober.results.get('main-1'), { liveness: true })
  prober.stop()
})

test('prober holds liveness and readiness until startup has succeeded, then probes readiness at once', async () => {
  let started = 1
  const asked: string[] = []
  const { prober, show, pass } = setUp(
    {
      startupProbe: { ...exec('startup'), periodSeconds: 1, failureThreshold: 60 },
      readinessProbe: { ...exec('readiness'), periodSeconds: 30 },
      livenessProbe: { ...exec('liveness'), periodSeconds: 30 },
    },
    (kind) => {
      asked.push(kind)
      return kind === 'startup' ? started : 0
    },
  )
  show([running()])
  await pass(3)
  assert.deepEqual(new Set(asked), new Set(['startup']))
  started = 0
  await pass(2)
  assert.deepEqual(prober.results.get('main-0'), { startup: true, readiness: true, liveness: true })
  prober.stop()
})

test('prober goes on with readiness alone when the pod is being deleted', async () => {
  const asked: string[] = []
  const { prober, pod, show, pass, told } = setUp(
    {
      livenessProbe: { ...exec('liveness'), periodSeconds: 1 },
      readinessProbe: { ...exec('readiness'), periodSeconds: 1, failureThreshold: 1 },
    },
    (kind) => {
      asked.push(kind)
      return 1
    },
  )
  show([running()], { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:01Z' } })
  await pass(3)
  assert.deepEqual([new Set(asked), prober.results.get('main-0')], [new Set(['readiness']), { readiness: false }])
  assert.equal(
    told.every((text) => text.includes('Readiness')),
    true,
  )
  prober.stop()
})

test('a pod is probed at its newest sandbox, whatever its status still says', () => {
  const view = (...ips: string[]) => podViewOf({ sandboxes: [{ ...sandbox(), ips }], containers: [] }, 'uid-1')
  const pod = podWith({ containers: [container('main', {})] })
  const told: Pod = { ...pod, status: { ...pod.status, podIP: '10.0.0.1' } }
  const onHost: Pod = { ...pod, spec: { ...pod.spec, hostNetwork: true } }
  assert.deepEqual(
    [
      probedAddress(told, view('10.0.0.2'), []),
      probedAddress(told, view(), []),
      probedAddress(pod, view('10.0.0.2'), []),
      probedAddress(onHost, view(), ['192.0.2.9']),
    ],
    ['10.0.0.2', '10.0.0.1', '10.0.0.2', '192.0.2.9'],
  )
})
