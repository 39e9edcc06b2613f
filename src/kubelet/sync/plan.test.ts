import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, instance, podWith, sandbox, startMs } from '../../../test/fixtures/kubelet.ts'
import type { PodSpec } from '../../resources/index.ts'
import type { ObservedContainer, ObservedSandbox } from '../runtime/runtime.ts'
import { podViewOf } from './containers.ts'
import { type PlanInput, planPod } from './plan.ts'

interface Case {
  readonly name: string
  readonly spec?: Partial<PodSpec>
  readonly metadata?: object
  readonly sandboxes?: readonly ObservedSandbox[]
  readonly containers?: readonly ObservedContainer[]
  readonly probes?: PlanInput['probes']
  readonly backoffs?: PlanInput['backoffs']
  readonly nowMs?: number
  /** `sandbox 1`, `start main 2`, `kill main: why`, `hold main 4000`, `kill pod`. */
  readonly expected: readonly string[]
}
const two = { containers: [container('a'), container('b')] }
const withInit = { initContainers: [container('i1'), container('i2')] }
const sidecar = container('side', { restartPolicy: 'Always' })
const withSidecar = { initContainers: [sidecar, container('i2')] }
const probed = { containers: [container('main', { livenessProbe: {}, startupProbe: {} })] }

const cases: readonly Case[] = [
  {
    name: 'makes sandbox and all containers at first',
    spec: two,
    sandboxes: [],
    expected: ['sandbox 0', 'start a 0', 'start b 0'],
  },
  {
    name: 'starts with the first init container',
    spec: withInit,
    sandboxes: [],
    expected: ['sandbox 0', 'start i1 0'],
  },
  {
    name: 'makes another sandbox when the first has ended',
    sandboxes: [sandbox({ ready: false })],
    containers: [instance('main', 'running')],
    expected: ['kill pod', 'sandbox 1', 'start main 1'],
  },
  {
    name: 'makes another sandbox when the first has no address',
    sandboxes: [sandbox({ ips: [] })],
    expected: ['kill pod', 'sandbox 1', 'start main 0'],
  },
  {
    name: 'takes a host network sandbox without address',
    spec: { hostNetwork: true },
    sandboxes: [sandbox({ ips: [] })],
    expected: ['start main 0'],
  },
  {
    name: 'makes no other sandbox for a pod that ran under Never',
    spec: { restartPolicy: 'Never' },
    sandboxes: [sandbox({ ready: false })],
    containers: [instance('main', 'exited 1')],
    expected: ['kill pod'],
  },
  {
    name: 'runs init containers again in another sandbox',
    spec: withInit,
    sandboxes: [sandbox({ id: 'sandbox-2', createdAtMs: startMs + 90_000 }), sandbox({ ready: false })],
    containers: [instance('i1', 'exited 0'), instance('i2', 'exited 0'), instance('main', 'exited 137')],
    expected: ['start i1 1'],
  },
  { name: 'leaves what runs alone', containers: [instance('main', 'running')], expected: [] },
  { name: 'starts what is missing', spec: two, containers: [instance('a', 'running')], expected: ['start b 0'] },
  { name: 'waits for an init container', spec: withInit, containers: [instance('i1', 'running')], expected: [] },
  {
    name: 'goes on to the next init container',
    spec: withInit,
    containers: [instance('i1', 'exited 0')],
    expected: ['start i2 0'],
  },
  {
    name: 'starts main containers after the last',
    spec: withInit,
    containers: [instance('i1', 'exited 0'), instance('i2', 'exited 0')],
    expected: ['start main 0'],
  },
  {
    name: 'takes a forgotten init container for done once a later one is there',
    spec: withInit,
    containers: [instance('i2', 'running')],
    expected: [],
  },
  {
    name: 'takes forgotten init containers for done once a main one is there',
    spec: withInit,
    containers: [instance('main', 'running')],
    expected: [],
  },
  {
    name: 'starts a failed init container again under Always',
    spec: withInit,
    containers: [instance('i1', 'exited 1')],
    expected: ['start i1 1'],
  },
  {
    name: 'ends the pod when an init container fails under Never',
    spec: { ...withInit, restartPolicy: 'Never' },
    containers: [instance('i1', 'exited 1')],
    expected: ['kill pod'],
  },
  {
    name: 'waits for the sidecar to run',
    spec: withSidecar,
    containers: [instance('side', 'created')],
    expected: ['start side 1'],
  },
  {
    name: 'goes on when the sidecar runs',
    spec: withSidecar,
    containers: [instance('side', 'running')],
    expected: ['start i2 0'],
  },
  {
    name: 'waits for the startup probe of the sidecar',
    spec: { initContainers: [{ ...sidecar, startupProbe: {} }] },
    containers: [instance('side', 'running')],
    expected: [],
  },
  {
    name: 'goes on when the startup probe of the sidecar has succeeded',
    spec: { initContainers: [{ ...sidecar, startupProbe: {} }] },
    containers: [instance('side', 'running')],
    probes: new Map([['side-0', { startup: true }]]),
    expected: ['start main 0'],
  },
  {
    name: 'starts a dead sidecar again beside running main containers',
    spec: { initContainers: [sidecar] },
    containers: [instance('side', 'exited 0'), instance('main', 'running')],
    expected: ['start side 1'],
  },
  {
    name: 'ends the pod when only its sidecar is left',
    spec: { initContainers: [sidecar], restartPolicy: 'Never' },
    containers: [instance('side', 'running'), instance('main', 'exited 0')],
    expected: ['kill pod'],
  },
  {
    name: 'starts again after exit 0 under Always',
    containers: [instance('main', 'exited 0')],
    expected: ['start main 1'],
  },
  {
    name: 'does not start again after exit 0 under OnFailure',
    spec: { restartPolicy: 'OnFailure' },
    containers: [instance('main', 'exited 0')],
    expected: ['kill pod'],
  },
  {
    name: 'starts again after a failure under OnFailure',
    spec: { restartPolicy: 'OnFailure' },
    containers: [instance('main', 'exited 1')],
    expected: ['start main 1'],
  },
  {
    name: 'keeps the others when one is done under Never',
    spec: { ...two, restartPolicy: 'Never' },
    containers: [instance('a', 'exited 1'), instance('b', 'running')],
    expected: [],
  },
  {
    name: 'counts on from the last restart',
    containers: [instance('main', 'exited 1', { restarts: 3 }), instance('main', 'exited 1', { restarts: 2 })],
    expected: ['start main 4'],
  },
  {
    name: 'holds a start back until its delay is over',
    containers: [instance('main', 'exited 1')],
    backoffs: new Map([['main', { delayMs: 10_000, updatedAtMs: startMs }]]),
    nowMs: startMs + 12_000,
    expected: ['hold main 4000'],
  },
  {
    name: 'starts when the delay is over',
    containers: [instance('main', 'exited 1')],
    backoffs: new Map([['main', { delayMs: 10_000, updatedAtMs: startMs }]]),
    nowMs: startMs + 16_000,
    expected: ['start main 1'],
  },
  {
    name: 'forgets the delay after ten healthy minutes',
    containers: [instance('main', 'exited 1', { finishedAtMs: startMs + 900_000 })],
    backoffs: new Map([['main', { delayMs: 300_000, updatedAtMs: startMs }]]),
    nowMs: startMs + 900_001,
    expected: ['start main 1'],
  },
  {
    name: 'replaces a container whose image changed',
    spec: { containers: [container('main', { image: 'main:2' })] },
    containers: [instance('main', 'running')],
    expected: ['kill main: Container main definition changed, will be restarted', 'start main 1'],
  },
  {
    name: 'replaces a container that failed its liveness probe',
    spec: probed,
    containers: [instance('main', 'running')],
    probes: new Map([['main-0', { liveness: false }]]),
    expected: ['kill main: Container main failed liveness probe, will be restarted', 'start main 1'],
  },
  {
    name: 'only ends it under Never',
    spec: { ...probed, restartPolicy: 'Never' },
    containers: [instance('main', 'running')],
    probes: new Map([['main-0', { startup: false }]]),
    expected: ['kill main: Container main failed startup probe'],
  },
  {
    name: 'does not take an old instance for the failed one',
    spec: probed,
    containers: [instance('main', 'running', { restarts: 1 }), instance('main', 'exited 137')],
    probes: new Map([['main-0', { liveness: false }]]),
    expected: [],
  },
  {
    name: 'starts ephemeral containers once',
    spec: {
      ephemeralContainers: [
        { name: 'debug', image: 'debug:1' },
        { name: 'old', image: 'old:1' },
      ],
    },
    containers: [instance('main', 'running'), instance('old', 'exited 0')],
    expected: ['start debug 0'],
  },
  {
    name: 'starts nothing in a pod being deleted',
    metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
    containers: [instance('main', 'exited 1')],
    expected: ['kill pod'],
  },
  {
    name: 'starts again by the container rule for its exit code',
    spec: {
      restartPolicy: 'Never',
      containers: [
        container('main', {
          restartPolicy: 'Never',
          restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
        }),
      ],
    },
    containers: [instance('main', 'exited 42')],
    expected: ['start main 1'],
  },
]

for (const { name, expected, ...input } of cases)
  test(`plan ${name}`, () => {
    const pod = podWith(input.spec ?? {}, { metadata: input.metadata ?? {} })
    const plan = planPod({
      pod,
      view: podViewOf({ sandboxes: input.sandboxes ?? [sandbox()], containers: input.containers ?? [] }, 'uid-1'),
      probes: input.probes ?? new Map(),
      backoffs: input.backoffs ?? new Map(),
      nowMs: input.nowMs ?? startMs + 60_000,
    })
    const steps = [
      ...(plan.killPod ? ['kill pod'] : []),
      ...(plan.createSandbox === undefined ? [] : [`sandbox ${plan.createSandbox.attempt}`]),
      ...plan.kill.map(({ container: { name: killed }, message }) => `kill ${killed}: ${message}`),
      ...plan.start.map(({ container: { name: started }, restartCount }) => `start ${started} ${restartCount}`),
      ...plan.held.map(({ container: { name: held }, waitMs }) => `hold ${held} ${waitMs}`),
    ]
    assert.deepEqual(steps, expected)
  })
