import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, instance, podWith, sandbox, startMs } from '../../../test/fixtures/kubelet.ts'
import type { PodSpec, PodStatus } from '../../resources/index.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { podViewOf } from './containers.ts'
import { finalStatusOf, podStatusOf, type StatusInput } from './status.ts'

interface Case {
  readonly name: string
  readonly spec?: Partial<PodSpec>
  readonly before?: PodStatus
  readonly metadata?: object
  readonly containers?: readonly ObservedContainer[]
  readonly input?: Partial<StatusInput>
  readonly final?: boolean
  readonly expected: readonly string[]
}
const sidecar = container('side', { restartPolicy: 'Always' })
const never = { restartPolicy: 'Never' as const }
const onFailure = { restartPolicy: 'OnFailure' as const }
const always = { restartPolicy: 'Always' as const }
const withInit = { initContainers: [container('init1'), container('init2')] }
const crash = { problems: new Map([['main', { reason: 'CrashLoopBackOff', message: 'back-off' }]]) }
const running = {
  name: 'main',
  state: { running: { startedAt: '2026-01-01T00:00:01Z' } },
  ready: true,
  restartCount: 2,
  image: 'main:1',
  imageID: 'x',
  containerID: 'fake://gone',
}

/** A status in short: phase and reason, then each container as `name state/last restarts flags`, then failing conditions. */
function short(status: PodStatus): string[] {
  const stateText = (state: Record<string, any> | undefined) => {
    if (state?.['running'] !== undefined) return 'running'
    if (state?.['terminated'] !== undefined) return `${state['terminated'].reason}(${state['terminated'].exitCode})`
    return state?.['waiting'] === undefined ? '-' : `waiting:${state['waiting'].reason ?? ''}`
  }
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map((one) =>
    [
      one.name,
      `${stateText(one.state)}/${stateText(one.lastState)}`,
      one.restartCount,
      ...(one.started === true ? ['started'] : []),
      ...(one.ready ? ['ready'] : []),
    ].join(' '),
  )
  const conditions = (status.conditions ?? []).map(({ type, status: value, reason, message }) =>
    [type, value, ...(reason === undefined ? [] : [reason]), ...(message === undefined ? [] : [`"${message}"`])].join(
      ' ',
    ),
  )
  const bad = conditions.filter((text) => !/^\w+ True$/.test(text))
  return [[status.phase, status.reason].filter((word) => word !== undefined).join(' '), ...containers, ...bad]
}
const unready = [
  'Ready False ContainersNotReady "containers with unready status: [main]"',
  'ContainersReady False ContainersNotReady "containers with unready status: [main]"',
]
const completed = ['Initialized True PodCompleted', 'Ready False PodCompleted', 'ContainersReady False PodCompleted']
const podFailed = ['Ready False PodFailed', 'ContainersReady False PodFailed']
const notInitialized = (names: string) =>
  `Initialized False ContainersNotInitialized "containers with incomplete status: [${names}]"`

const cases: readonly Case[] = [
  {
    name: 'waits for its containers at first',
    expected: ['Pending', 'main waiting:ContainerCreating/- 0', ...unready],
  },
  {
    name: 'is Running and ready',
    containers: [instance('main', 'running')],
    expected: ['Running', 'main running/- 0 started ready'],
  },
  {
    name: 'is not ready before the first readiness result',
    spec: { containers: [container('main', { readinessProbe: {} })] },
    containers: [instance('main', 'running')],
    expected: ['Running', 'main running/- 0 started', ...unready],
  },
  {
    name: 'is not started before the startup probe has succeeded',
    spec: { containers: [container('main', { startupProbe: {} })] },
    containers: [instance('main', 'running')],
    expected: ['Running', 'main running/- 0', ...unready],
  },
  {
    name: 'is ready by its probes',
    spec: { containers: [container('main', { startupProbe: {}, readinessProbe: {} })] },
    containers: [instance('main', 'running')],
    input: { probes: new Map([['main-0', { startup: true, readiness: true }]]) },
    expected: ['Running', 'main running/- 0 started ready'],
  },
  {
    name: 'stays Running in a crash loop, with the last run kept',
    spec: always,
    containers: [instance('main', 'exited 1', { restarts: 2 })],
    input: crash,
    expected: ['Running', 'main waiting:CrashLoopBackOff/Error(1) 2', ...unready],
  },
  {
    name: 'shows the run before as last',
    containers: [instance('main', 'running', { restarts: 1 }), instance('main', 'exited 3')],
    expected: ['Running', 'main running/Error(3) 1 started ready'],
  },
  {
    name: 'keeps the last run that the runtime has forgotten',
    before: {
      phase: 'Running',
      containerStatuses: [
        { ...running, containerID: 'fake://main-1', lastState: { terminated: { exitCode: 3, reason: 'Error' } } },
      ],
    },
    containers: [instance('main', 'running', { restarts: 1 })],
    expected: ['Running', 'main running/Error(3) 2 started ready'],
  },
  {
    name: 'succeeds under Never',
    spec: never,
    containers: [instance('main', 'exited 0')],
    expected: ['Succeeded', 'main Completed(0)/- 0', ...completed],
  },
  {
    name: 'fails under Never',
    spec: never,
    containers: [instance('main', 'exited 2')],
    expected: ['Failed', 'main Error(2)/- 0', ...podFailed],
  },
  {
    name: 'stays Running after a failure under OnFailure',
    spec: onFailure,
    containers: [instance('main', 'exited 2')],
    expected: ['Running', 'main Error(2)/- 0', ...unready],
  },
  {
    name: 'succeeds under OnFailure',
    spec: onFailure,
    containers: [instance('main', 'exited 0', { restarts: 1 })],
    expected: ['Succeeded', 'main Completed(0)/- 1', ...completed],
  },
  {
    name: 'takes 137 for Error, not for out of memory',
    spec: never,
    containers: [instance('main', 'exited 137')],
    expected: ['Failed', 'main Error(137)/- 0', ...podFailed],
  },
  {
    name: 'waits in its init phase with every container PodInitializing',
    spec: withInit,
    containers: [instance('init1', 'running')],
    expected: [
      'Pending',
      'init1 running/- 0',
      'init2 waiting:PodInitializing/- 0',
      'main waiting:PodInitializing/- 0',
      notInitialized('init1 init2'),
      ...unready,
    ],
  },
  {
    name: 'stays Pending while its first init container fails again and again',
    spec: withInit,
    containers: [instance('init1', 'exited 1', { restarts: 3 })],
    input: { problems: new Map([['init1', { reason: 'CrashLoopBackOff', message: 'x' }]]) },
    expected: [
      'Pending',
      'init1 waiting:CrashLoopBackOff/Error(1) 3',
      'init2 waiting:PodInitializing/- 0',
      'main waiting:PodInitializing/- 0',
      notInitialized('init1 init2'),
      ...unready,
    ],
  },
  {
    name: 'fails when an init container fails under Never',
    spec: { ...withInit, ...never },
    containers: [instance('init1', 'exited 1')],
    expected: [
      'Failed',
      'init1 Error(1)/- 0',
      'init2 waiting:PodInitializing/- 0',
      'main waiting:PodInitializing/- 0',
      notInitialized('init1 init2'),
      ...podFailed,
    ],
  },
  {
    name: 'counts a finished init container as ready',
    spec: { initContainers: [container('init1')] },
    containers: [instance('init1', 'exited 0'), instance('main', 'running')],
    expected: ['Running', 'init1 Completed(0)/- 0 ready', 'main running/- 0 started ready'],
  },
  {
    name: 'is not ready while its sidecar is not',
    spec: { initContainers: [{ ...sidecar, readinessProbe: {} }] },
    containers: [instance('side', 'running'), instance('main', 'running')],
    expected: [
      'Running',
      'side running/- 0 started',
      'main running/- 0 started ready',
      'Ready False ContainersNotReady "containers with unready status: [side]"',
      'ContainersReady False ContainersNotReady "containers with unready status: [side]"',
    ],
  },
  {
    name: 'succeeds although its sidecar was killed',
    spec: { initContainers: [sidecar], ...never },
    containers: [instance('side', 'exited 137'), instance('main', 'exited 0')],
    expected: ['Succeeded', 'side Error(137)/- 0', 'main Completed(0)/- 0', ...completed],
  },
  {
    name: 'holds a terminal phase back while something runs',
    spec: { initContainers: [sidecar], ...never },
    before: { phase: 'Running' },
    containers: [instance('side', 'running'), instance('main', 'exited 0')],
    expected: ['Running', 'side running/- 0 started ready', 'main Completed(0)/- 0', ...unready],
  },
  {
    name: 'keeps a terminal phase and its words for good',
    before: { phase: 'Failed', reason: 'Evicted', message: 'm' },
    containers: [instance('main', 'running')],
    expected: ['Failed Evicted', 'main running/- 0 started ready', ...podFailed],
  },
  {
    name: 'fails by verdict',
    input: { verdict: { reason: 'DeadlineExceeded', message: 'too long' } },
    containers: [instance('main', 'exited 137')],
    expected: ['Failed DeadlineExceeded', 'main Error(137)/- 0', ...podFailed],
  },
  {
    name: 'does not fall back to Pending when the runtime lost a container',
    before: { phase: 'Running', containerStatuses: [running] },
    expected: ['Running', 'main waiting:ContainerCreating/ContainerStatusUnknown(137) 3', ...unready],
  },
  {
    name: 'never restarts in a status what Never forbids',
    spec: never,
    before: {
      phase: 'Running',
      containerStatuses: [{ ...running, state: { terminated: { exitCode: 4, reason: 'Error' } } }],
    },
    expected: ['Failed', 'main Error(4)/- 2', ...podFailed],
  },
  {
    name: 'waits for a readiness gate',
    spec: { readinessGates: [{ conditionType: 'example.com/gate' }] },
    containers: [instance('main', 'running')],
    expected: [
      'Running',
      'main running/- 0 started ready',
      'Ready False ReadinessGatesNotReady "corresponding condition of pod readiness gate "example.com/gate" does not exist."',
    ],
  },
  {
    name: 'takes what it never saw end for killed, and fails',
    final: true,
    metadata: { deletionTimestamp: '2026-01-01T00:00:30Z' },
    before: { phase: 'Pending' },
    expected: ['Failed', 'main ContainerStatusUnknown(137)/- 0', 'PodReadyToStartContainers False', ...podFailed],
  },
  {
    name: 'succeeds at the end when all had exited well',
    final: true,
    metadata: { deletionTimestamp: '2026-01-01T00:00:30Z' },
    before: { phase: 'Running' },
    containers: [instance('main', 'exited 0')],
    expected: ['Succeeded', 'main Completed(0)/- 0', 'PodReadyToStartContainers False', ...completed],
  },
]

for (const { name, expected, ...given } of cases)
  test(`pod status ${name}`, () => {
    const rest = { ...(given.before === undefined ? {} : { status: given.before }), metadata: given.metadata ?? {} }
    const input: StatusInput = {
      pod: podWith(given.spec ?? {}, rest),
      view: podViewOf({ sandboxes: [sandbox()], containers: given.containers ?? [] }, 'uid-1'),
      probes: new Map(),
      problems: new Map(),
      messages: new Map(),
      terminating: false,
      runtimeName: 'fake',
      hostIps: ['172.30.0.2'],
      nowMs: startMs + 60_000,
      ...given.input,
    }
    assert.deepEqual(short(given.final === true ? finalStatusOf(input) : podStatusOf(input)), expected)
  })

test('pod status keeps foreign conditions first and moves a transition time only on a flip', () => {
  const old = '2026-01-01T00:00:05Z'
  const conditions = [
    { type: 'Ready', status: 'False', lastTransitionTime: old },
    { type: 'DisruptionTarget', status: 'True', lastTransitionTime: old },
    { type: 'PodScheduled', status: 'True', lastTransitionTime: old },
  ]
  const status = podStatusOf({
    pod: podWith(
      {},
      { status: { phase: 'Pending', conditions, startTime: old, podIP: '10.0.0.9', podIPs: [{ ip: '10.0.0.9' }] } },
    ),
    view: podViewOf({ sandboxes: [sandbox()], containers: [instance('main', 'running')] }, 'uid-1'),
    probes: new Map(),
    problems: new Map(),
    messages: new Map(),
    terminating: false,
    runtimeName: 'fake',
    hostIps: ['172.30.0.2', 'fd00::2'],
    nowMs: startMs + 60_000,
  })
  const now = '2026-01-01T00:01:00Z'
  assert.deepEqual(
    {
      ...status,
      containerStatuses: status.containerStatuses?.map(({ containerID, state }) => ({ containerID, state })),
    },
    {
      observedGeneration: 1,
      phase: 'Running',
      conditions: [
        { type: 'DisruptionTarget', status: 'True', lastTransitionTime: old },
        { type: 'PodReadyToStartContainers', observedGeneration: 1, status: 'True', lastTransitionTime: now },
        { type: 'Initialized', observedGeneration: 1, status: 'True', lastTransitionTime: now },
        { type: 'Ready', observedGeneration: 1, status: 'True', lastTransitionTime: now },
        { type: 'ContainersReady', observedGeneration: 1, status: 'True', lastTransitionTime: now },
        { type: 'PodScheduled', observedGeneration: 1, status: 'True', lastTransitionTime: old },
      ],
      hostIP: '172.30.0.2',
      hostIPs: [{ ip: '172.30.0.2' }, { ip: 'fd00::2' }],
      podIP: '10.244.0.5',
      podIPs: [{ ip: '10.244.0.5' }],
      startTime: old,
      containerStatuses: [{ containerID: 'fake://main-0', state: { running: { startedAt: '2026-01-01T00:00:01Z' } } }],
      qosClass: 'BestEffort',
      resources: {},
    },
  )
})

const resources = (cpu: string, memory: string) => ({ cpu, memory })
const classes: readonly [name: string, spec: Partial<PodSpec>, expected: string][] = [
  ['nothing asked for', {}, 'BestEffort'],
  [
    'equal requests and limits',
    {
      containers: [
        container('a', { resources: { requests: resources('1', '1Gi'), limits: resources('1000m', '1024Mi') } }),
      ],
    },
    'Guaranteed',
  ],
  ['limits alone', { containers: [container('a', { resources: { limits: resources('1', '1Gi') } })] }, 'Guaranteed'],
  [
    'a container without',
    { containers: [container('a', { resources: { limits: resources('1', '1Gi') } }), container('b')] },
    'Burstable',
  ],
  ['requests alone', { containers: [container('a', { resources: { requests: { cpu: '1' } } })] }, 'Burstable'],
]
for (const [name, spec, expected] of classes)
  test(`qos class with ${name} is ${expected}`, async () => {
    const { qosClassOf } = await import('./qos.ts')
    assert.equal(qosClassOf(podWith(spec)), expected)
  })
