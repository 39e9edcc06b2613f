import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, instance, podWith, sandbox, startMs } from '../../../test/fixtures/kubelet.ts'
import type { PodStatus } from '../../resources/index.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { podViewOf } from './containers.ts'
import { planPod } from './plan.ts'
import { instancesToReset } from './restart-all.ts'
import { podStatusOf } from './status.ts'

const rules = [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }]
const spec = {
  restartPolicy: 'Never' as const,
  initContainers: [container('init'), container('side', { restartPolicy: 'Always' })],
  containers: [container('main'), container('source', { restartPolicy: 'Never', restartPolicyRules: rules as never })],
}
const viewOf = (...containers: readonly ObservedContainer[]) =>
  podViewOf({ sandboxes: [sandbox()], containers }, 'uid-1')
const around = [instance('init', 'exited 0'), instance('side', 'running'), instance('main', 'running')]
const statusOf = (status: PodStatus, view: ReturnType<typeof viewOf>) =>
  podStatusOf({
    pod: podWith(spec, { status }),
    view,
    probes: new Map(),
    problems: new Map(),
    messages: new Map(),
    terminating: false,
    runtimeName: 'fake',
    hostIps: ['172.30.0.2'],
    nowMs: startMs + 60_000,
  })
const restarting = ({ conditions }: PodStatus) =>
  conditions?.find(({ type }) => type === 'AllContainersRestarting')?.status
const short = ({ initContainerStatuses = [], containerStatuses = [] }: PodStatus) =>
  [...initContainerStatuses, ...containerStatuses].map(
    ({ name, state, lastState, restartCount }) =>
      `${name} ${state?.waiting?.reason ?? Object.keys(state ?? {})[0]} ${lastState?.terminated?.reason ?? '-'} ${restartCount}`,
  )

test('when one container ends with a code of its rule, all of the pod are to go, it last', () => {
  const pod = podWith(spec)
  const ids = (...containers: readonly ObservedContainer[]) =>
    instancesToReset(pod, viewOf(...containers)).map(({ id }) => id)
  assert.deepEqual(ids(...around, instance('source', 'exited 42')), ['init-0', 'side-0', 'main-0', 'source-0'])
  assert.deepEqual(ids(...around, instance('source', 'exited 1')), [])
  assert.deepEqual(ids(...around, instance('source', 'running')), [])
})

test('a pod all of whose containers start anew says so, counts a restart of each, and begins with its init containers', () => {
  const before = statusOf({ phase: 'Running' }, viewOf(...around, instance('source', 'running')))
  assert.equal(restarting(before), 'False')
  const begun = statusOf(before, viewOf(...around, instance('source', 'exited 42')))
  assert.deepEqual([restarting(begun), begun.phase], ['True', 'Running'])
  const gone = statusOf(begun, viewOf())
  assert.deepEqual([restarting(gone), gone.phase], ['False', 'Running'])
  assert.deepEqual(
    short(gone),
    ['init', 'side', 'main', 'source'].map((name) => `${name} RestartingAllContainers RestartingAllContainers 1`),
  )
  const plan = planPod({
    pod: podWith(spec, { status: gone }),
    view: viewOf(),
    probes: new Map(),
    backoffs: new Map(),
    nowMs: startMs + 60_000,
  })
  assert.deepEqual(
    [plan.killPod, plan.start.map((one) => `${one.container.name} ${one.restartCount}`)],
    [false, ['init 1']],
  )
  const again = statusOf(gone, viewOf(instance('init', 'running', { restarts: 1 })))
  assert.deepEqual(short(again)[0], 'init running RestartingAllContainers 1')
})
