import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, Pod } from '../../resources/index.ts'
import { type PodState, podThatIs, secondsLater, startMs } from '../runtime/fixtures.ts'
import { failureCountKey } from './index-failures.ts'
import { completionIndexKey, indexesText, parseIndexes } from './indexes.ts'
import { planJob } from './plan.ts'
import { failureTimes, trackingFinalizer } from './tally.ts'

function jobOf(spec: Partial<Job['spec']> = {}, status: Job['status'] = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: 'work',
      namespace: 'default',
      uid: 'job',
      resourceVersion: '1',
      creationTimestamp: secondsLater(0),
    },
    spec: {
      parallelism: 2,
      completions: 4,
      backoffLimit: 6,
      template: { spec: { containers: [], restartPolicy: 'Never' } },
      ...spec,
    },
    status,
  }
}
function podOf(
  state: PodState,
  name: string,
  {
    index,
    tracked = true,
    endedSeconds,
  }: { readonly index?: number; readonly tracked?: boolean; readonly endedSeconds?: number } = {},
): Pod {
  const pod = podThatIs(state, {
    name,
    ...(index === undefined ? {} : { annotations: { [completionIndexKey]: String(index) } }),
  })
  const ended =
    endedSeconds === undefined
      ? {}
      : {
          containerStatuses: [
            {
              name: 'main',
              restartCount: 0,
              ready: false,
              image: '',
              imageID: '',
              state: { terminated: { exitCode: 1, finishedAt: secondsLater(endedSeconds) } },
            },
          ],
        }
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(tracked ? { finalizers: [trackingFinalizer] } : {}) },
    status: { ...pod.status, ...ended },
  }
}
const said = (job: Job, pods: readonly Pod[], atSeconds = 1000) => {
  const { create, remove, stop, release, status, events, againInMs } = planJob(job, pods, startMs + atSeconds * 1000)
  const names = (list: readonly Pod[]) => list.map(({ metadata }) => metadata.name)
  return {
    create: create.map((index) => index ?? -1),
    remove: names(remove),
    stop: names(stop),
    release: names(release),
    counts: [status.active ?? 0, status.succeeded ?? 0, status.failed ?? 0],
    noted: status.uncountedTerminatedPods ?? {},
    conditions: (status.conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value} ${reason}`),
    events: events.map(({ reason }) => reason),
    againInMs,
  }
}
const nothing = {
  create: [],
  remove: [],
  stop: [],
  release: [],
  counts: [0, 0, 0],
  noted: {},
  conditions: [],
  events: [],
  againInMs: undefined,
}
const over = (reason: string) => [`FailureTarget=True ${reason}`, `Failed=True ${reason}`]
const done = ['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached']

const cases: readonly {
  readonly name: string
  readonly job: Job
  readonly pods: readonly Pod[]
  readonly expected: Partial<ReturnType<typeof said>>
}[] = [
  {
    name: 'begins with as many pods as may run at once',
    job: jobOf(),
    pods: [],
    expected: { create: [-1, -1], counts: [2, 0, 0] },
  },
  {
    name: 'runs no more than are still needed',
    job: jobOf({}, { succeeded: 3 }),
    pods: [],
    expected: { create: [-1], counts: [1, 3, 0] },
  },
  {
    name: 'notes an ended pod before it lets it go',
    job: jobOf(),
    pods: [podOf('succeeded', 'a'), podOf('ready', 'b')],
    expected: { create: [-1], release: ['a'], counts: [2, 0, 0], noted: { succeeded: ['uid-a'] } },
  },
  {
    name: 'counts a noted pod once it is free',
    job: jobOf({}, { uncountedTerminatedPods: { succeeded: ['uid-a'] } }),
    pods: [podOf('succeeded', 'a', { tracked: false }), podOf('ready', 'b')],
    expected: { create: [-1], counts: [2, 1, 0] },
  },
  {
    name: 'says first that it will complete',
    job: jobOf({}, { succeeded: 3 }),
    pods: [podOf('succeeded', 'a')],
    expected: { release: ['a'], counts: [0, 3, 0], noted: { succeeded: ['uid-a'] }, conditions: done.slice(0, 1) },
  },
  {
    name: 'completes when every pod is counted',
    job: jobOf({}, { succeeded: 3, uncountedTerminatedPods: { succeeded: ['uid-a'] } }),
    pods: [podOf('succeeded', 'a', { tracked: false })],
    expected: { counts: [0, 4, 0], conditions: done, events: ['Completed'] },
  },
  {
    name: 'waits after a failure',
    job: jobOf({ parallelism: 1 }, { failed: 1 }),
    pods: [podOf('failed', 'a', { tracked: false, endedSeconds: 995 })],
    expected: { counts: [0, 0, 1], againInMs: 5000 },
  },
  {
    name: 'waits twice as long after the second failure',
    job: jobOf({ parallelism: 1 }, { failed: 2 }),
    pods: [
      podOf('failed', 'a', { tracked: false, endedSeconds: 900 }),
      podOf('failed', 'b', { tracked: false, endedSeconds: 995 }),
    ],
    expected: { counts: [0, 0, 2], againInMs: 15_000 },
  },
  {
    name: 'fails beyond its limit, stopping what runs',
    job: jobOf({ backoffLimit: 1 }, { failed: 2 }),
    pods: [podOf('ready', 'b')],
    expected: { stop: ['b'], counts: [1, 0, 2], conditions: over('BackoffLimitExceeded').slice(0, 1) },
  },
  {
    name: 'has failed when nothing runs any more',
    job: jobOf({ backoffLimit: 1 }, { failed: 2 }),
    pods: [],
    expected: { counts: [0, 0, 2], conditions: over('BackoffLimitExceeded'), events: ['BackoffLimitExceeded'] },
  },
  {
    name: 'fails at its deadline',
    job: jobOf({ activeDeadlineSeconds: 10 }, { startTime: secondsLater(0) }),
    pods: [],
    expected: { conditions: over('DeadlineExceeded'), events: ['DeadlineExceeded'] },
  },
  {
    name: 'rests while suspended',
    job: jobOf({ suspend: true }, { startTime: secondsLater(0) }),
    pods: [podOf('ready', 'a')],
    expected: { remove: ['a'], conditions: ['Suspended=True JobSuspended'], events: ['Suspended'] },
  },
  {
    name: 'removes what is too much, unready first',
    job: jobOf({ parallelism: 1 }),
    pods: [podOf('ready', 'a'), podOf('unready', 'b')],
    expected: { remove: ['b'], counts: [1, 0, 0] },
  },
  {
    name: 'is done with one success when it has no number',
    job: { ...jobOf({ parallelism: 2 }), spec: { parallelism: 2, template: jobOf().spec.template } },
    pods: [podOf('succeeded', 'a', { tracked: false })],
    expected: { counts: [0, 1, 0], conditions: done, events: ['Completed'] },
  },
  {
    name: 'gives each index to one pod',
    job: jobOf({ completionMode: 'Indexed', parallelism: 3 }, { completedIndexes: '1' }),
    pods: [podOf('ready', 'a', { index: 0 })],
    expected: { create: [2, 3], counts: [3, 1, 0] },
  },
  {
    name: 'releases pods that ended after it did',
    job: jobOf({}, { conditions: [{ type: 'Complete', status: 'True' }] }),
    pods: [podOf('succeeded', 'a')],
    expected: { release: ['a'], conditions: ['Complete=True undefined'] },
  },
]
for (const { name, job, pods, expected } of cases) {
  test(`job ${name}`, () => {
    const isCountless = job.spec.completions === undefined
    const status = isCountless ? { ...job.status, succeeded: 1 } : job.status
    assert.deepEqual(said({ ...job, status }, pods), { ...nothing, ...expected })
  })
}

test('indexes are read and written as ranges', () => {
  assert.deepEqual([...parseIndexes('0,2-4,9', 6)], [0, 2, 3, 4])
  const texts = [[], [3], [1, 2], [0, 1, 2, 5, 7, 8]].map((indexes) => indexesText(new Set(indexes)))
  assert.deepEqual(texts, ['', '3', '1,2', '0-2,5,7,8'])
})

const policyOf = (...rules: object[]) => ({ podFailurePolicy: { rules } }) as Partial<Job['spec']>
const onExit = (action: string, operator: string, ...values: number[]) => ({
  action,
  onExitCodes: { operator, values },
})

test('a pod failure policy says what a failure means: the Job’s end, nothing, or one more', () => {
  const pod = podOf('failed', 'a', { endedSeconds: 990 })
  const failing = said(jobOf(policyOf(onExit('Ignore', 'In', 7), onExit('FailJob', 'In', 1))), [pod])
  assert.deepEqual(failing.conditions, ['FailureTarget=True PodFailurePolicy'])
  const { status } = planJob(jobOf(policyOf(onExit('FailJob', 'NotIn', 7))), [pod], startMs)
  assert.equal(
    status.conditions?.[0]?.message,
    'Container main for pod default/a failed with exit code 1 matching FailJob rule at index 0',
  )
  const ignored = said(jobOf({ backoffLimit: 0, ...policyOf(onExit('Ignore', 'In', 1)) }), [pod])
  assert.deepEqual([ignored.release, ignored.noted, ignored.conditions], [['a'], {}, []])
  const counted = said(jobOf({ backoffLimit: 0, ...policyOf(onExit('Count', 'In', 1)) }), [pod])
  assert.deepEqual(counted.conditions, ['FailureTarget=True BackoffLimitExceeded'])
  const disrupted = {
    ...pod,
    status: { ...pod.status, conditions: [{ type: 'DisruptionTarget', status: 'True' as const }] },
  }
  const pattern = { action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }
  assert.deepEqual(said(jobOf(policyOf(pattern)), [disrupted]).conditions, ['FailureTarget=True PodFailurePolicy'])
})

test('a success policy ends a Job before all of its indexes are done', () => {
  const ended = podOf('succeeded', 'a', { index: 1 })
  const job = (rule: object) => jobOf({ completionMode: 'Indexed', successPolicy: { rules: [rule] } })
  const met = ['SuccessCriteriaMet=True SuccessPolicy', 'Complete=True SuccessPolicy']
  const active = podOf('ready', 'b', { index: 0 })
  const { conditions, remove } = said(job({ succeededIndexes: '1' }), [ended, active])
  assert.deepEqual([conditions, remove], [met.slice(0, 1), ['b']])
  assert.deepEqual(said(job({ succeededCount: 1 }), [ended]).conditions, met)
  assert.deepEqual(said(job({ succeededIndexes: '0-2', succeededCount: 1 }), [ended]).conditions, met)
  assert.deepEqual(said(job({ succeededIndexes: '0-1' }), [ended]).conditions, [])
})

test('where each index has a limit of its own, an index fails alone and its failed pod stays until another follows', () => {
  const failing = (name: string, index: number, failures: number, endedSeconds = 900) => {
    const pod = podOf('failed', name, { index, endedSeconds })
    const annotations = { ...pod.metadata.annotations, [failureCountKey]: String(failures) }
    return { ...pod, metadata: { ...pod.metadata, annotations } }
  }
  const spec = {
    completionMode: 'Indexed',
    backoffLimitPerIndex: 1,
    backoffLimit: 2 ** 31 - 1,
    parallelism: 4,
  } as const
  const first = said(jobOf(spec), [failing('a', 0, 0)])
  assert.deepEqual([first.create, first.release], [[0, 1, 2, 3], []])
  const plan = planJob(jobOf(spec), [failing('a', 0, 0)], startMs + 1_000_000)
  assert.deepEqual(plan.failures.get(0), { counted: 1, ignored: 0 })
  const followed = said(jobOf(spec), [failing('a', 0, 0), podOf('ready', 'b', { index: 0 })])
  assert.deepEqual([followed.release, followed.create], [['a'], [1, 2, 3]])
  const soon = said(jobOf({ ...spec, parallelism: 1 }), [failing('a', 0, 0, 995)])
  assert.deepEqual([soon.create, soon.againInMs], [[], 5000])

  const lost = planJob(jobOf(spec), [failing('a', 0, 0), failing('b', 0, 1)], startMs + 1_000_000)
  assert.equal(lost.status.failedIndexes, '0')
  assert.deepEqual(lost.create, [1, 2, 3])
  const never = planJob(jobOf({ ...spec, ...policyOf(onExit('FailIndex', 'In', 1)) }), [failing('a', 2, 0)], startMs)
  assert.equal(never.status.failedIndexes, '2')

  const all = { completions: 1, ...spec }
  assert.deepEqual(said(jobOf(all), [failing('b', 0, 1)]).conditions, ['FailureTarget=True FailedIndexes'])
  const tooMany = said(jobOf({ ...spec, maxFailedIndexes: 0 }), [failing('b', 0, 1)])
  assert.deepEqual(tooMany.conditions, ['FailureTarget=True MaxFailedIndexesExceeded'])
})

test('what is stopped since the Job must fail leaves the failed indexes as they were', () => {
  const spec = { completionMode: 'Indexed', backoffLimitPerIndex: 0, maxFailedIndexes: 1, parallelism: 4 } as const
  const target = { type: 'FailureTarget', status: 'True', reason: 'MaxFailedIndexesExceeded' }
  const job = jobOf(spec, { failedIndexes: '0,1', conditions: [target] })
  const stopped = [2, 3].map((index) => podOf('terminating', `p${index}`, { index }))
  assert.equal(planJob(job, stopped, startMs).status.failedIndexes, '0,1')
})

test('conditions of a Job say when they were looked at', () => {
  const { status } = planJob(jobOf({ suspend: true }), [], startMs)
  const [condition] = status.conditions ?? []
  assert.deepEqual([condition?.type, condition?.lastProbeTime], ['Suspended', secondsLater(0)])
})

test('a pod that is told to go counts as failed, and is waited for after, though it be gone', () => {
  const going = podOf('terminating', 'a')
  const times = failureTimes(jobOf(), [going], new Map())
  assert.deepEqual([...times], [['uid-a', startMs]])
  const later = planJob(jobOf(), [], startMs + 4000, undefined, failureTimes(jobOf(), [], times))
  assert.deepEqual([later.create, later.againInMs], [[], 6000])
  const success = podOf('succeeded', 'b', { endedSeconds: 5 })
  assert.equal(failureTimes(jobOf(), [success], times).size, 0)
})

test('a Job waits for those it names, and fails with them before it has started', () => {
  const waits = { waitsFor: [{ name: 'first', says: 'is not complete' }], failed: undefined }
  const done = { waitsFor: [], failed: undefined }
  const held = planJob(jobOf(), [], startMs, waits)
  assert.deepEqual(held.create, [])
  assert.deepEqual(held.events, [
    { type: 'Normal', reason: 'JobsNotComplete', message: 'waits for Job first, which is not complete' },
  ])
  const waiting = jobOf({}, held.status)
  assert.deepEqual(planJob(waiting, [], startMs, waits).events, [], 'it is said once')
  const started = planJob(waiting, [], startMs, done)
  assert.equal(started.create.length, 2)
  assert.equal(started.status.conditions?.find(({ type }) => type === 'WaitingForJobs')?.status, 'False')
  const later = planJob(jobOf({}, started.status), [], startMs, { waitsFor: waits.waitsFor, failed: 'first' })
  assert.equal(later.create.length, 2, 'what it waited for is of no concern any more')
  const failed = planJob(waiting, [], startMs, { waitsFor: [], failed: 'first' })
  assert.deepEqual(
    failed.status.conditions?.filter(({ type }) => type === 'Failed').map(({ reason, message }) => [reason, message]),
    [['PredecessorFailed', 'Job first, which this one waits for, failed']],
  )
})
