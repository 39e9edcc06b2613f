import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseYamlDocuments, seededRandom } from '../../machinery/index.ts'
import { type Job, type JobQueue, jobQueueDefinition } from '../../resources/index.ts'
import { planQueues, type QueuePlan } from './plan.ts'

let serial = 0
interface Like {
  readonly queue?: string
  readonly cpu?: string
  readonly pods?: number
  readonly runs?: boolean
  readonly namespace?: string
  readonly priority?: number
  readonly after?: string
  readonly status?: object
}
/** A Job of a queue; each is younger than the one before. */
function jobThat(name: string, { queue = 'q', cpu = '1', pods = 1, runs = false, ...more }: Like = {}): Job {
  const { namespace = 'ns', priority, after, status = {} } = more
  return {
    metadata: {
      name,
      namespace,
      uid: name,
      creationTimestamp: new Date(1_000_000 + serial++ * 1000).toISOString(),
      labels: { 'coxswain.dev/queue-name': queue },
      annotations: after === undefined ? {} : { 'coxswain.dev/after': after },
    },
    spec: {
      suspend: !runs,
      parallelism: pods,
      completions: pods,
      template: {
        spec: {
          containers: [{ name: 'c', resources: { requests: { cpu } } }],
          ...(priority === undefined ? {} : { priority }),
        },
      },
    },
    status,
  } as unknown as Job
}
const queueThat = (name: string, spec: JobQueue['spec'] = {}) => ({ metadata: { name }, spec }) as unknown as JobQueue
function planned(queues: readonly JobQueue[], jobs: readonly Job[]): QueuePlan {
  return planQueues({
    queues,
    jobs,
    findJob: (namespace, name) =>
      jobs.find((one) => one.metadata.name === name && one.metadata.namespace === namespace),
    namespaceLabels: (name) => ({ name }),
    priorityOf: () => 0,
  })
}
const admits = (plan: QueuePlan) => plan.admit.map(({ job }) => job.metadata.name)
const waits = (plan: QueuePlan) => plan.wait.map(({ job, reason }) => `${job.metadata.name}: ${reason}`)
const of = (cpu: string, more: JobQueue['spec'] = {}) => queueThat('q', { nominalQuota: { cpu }, ...more })

test('Jobs start while the quota lasts, the oldest first, and smaller ones behind pass by', () => {
  const plan = planned([of('4')], [jobThat('a', { cpu: '3' }), jobThat('b', { cpu: '2' }), jobThat('c')])
  assert.deepEqual(admits(plan), ['a', 'c'])
  assert.deepEqual(waits(plan), ['b: InsufficientQuota'])
  assert.equal(plan.wait[0]?.message, 'queue q: 2 of cpu asked for, and the rest of its 4 is in use')
  assert.deepEqual(plan.statuses[0]?.status, { pendingJobs: 1, admittedJobs: 2, used: { cpu: '4', pods: '2' } })
})

test('all pods that a Job runs at once count, less those that have succeeded', () => {
  const running = jobThat('a', { pods: 4, runs: true, status: { succeeded: 3 } })
  assert.deepEqual(admits(planned([of('4')], [running, jobThat('b', { pods: 3 })])), ['b'])
  assert.deepEqual(admits(planned([of('4')], [running, jobThat('b', { pods: 4 })])), [])
  const limited = queueThat('q', { nominalQuota: { pods: '2' } })
  assert.deepEqual(admits(planned([limited], [jobThat('a', { cpu: '99' }), jobThat('b'), jobThat('c')])), ['a', 'b'])
})

test('a strict queue lets nobody pass by', () => {
  const plan = planned(
    [of('4', { queueingStrategy: 'StrictFIFO' })],
    [jobThat('a', { cpu: '3' }), jobThat('b', { cpu: '2' }), jobThat('c')],
  )
  assert.deepEqual(admits(plan), ['a'])
  assert.deepEqual(waits(plan), ['b: InsufficientQuota', 'c: BehindOthers'])
})

test('namespaces take turns, and a higher priority goes before all', () => {
  const many = Array.from({ length: 5 }, (_, at) => jobThat(`a${at}`, { namespace: 'a' }))
  const late = [jobThat('b0', { namespace: 'b' }), jobThat('b1', { namespace: 'b' })]
  assert.deepEqual(admits(planned([of('4')], [...many, ...late])), ['a0', 'b0', 'a1', 'b1'])
  const urgent = jobThat('urgent', { namespace: 'a', priority: 5 })
  assert.deepEqual(admits(planned([of('2')], [...many, ...late, urgent])), ['urgent', 'b0'])
})

test('queues of a cohort lend what they do not use, within limits, and the one that borrows least goes first', () => {
  const team = (name: string, more: JobQueue['spec'] = {}) =>
    queueThat(name, { nominalQuota: { cpu: '4' }, cohort: 'all', ...more })
  const jobs = (queue: string, count: number) =>
    Array.from({ length: count }, (_, at) => jobThat(`${queue}${at}`, { queue, cpu: '2' }))
  const alone = planned([team('x'), team('y')], jobs('x', 5))
  assert.equal(admits(alone).length, 4)
  assert.equal(alone.admit[3]?.message, 'Admitted by queue x, borrowing cpu from its cohort')
  assert.deepEqual(alone.statuses.find(({ queue }) => queue.metadata.name === 'x')?.status.borrowed, { cpu: '4' })
  const limited = planned([team('x', { borrowingLimit: { cpu: '2' } }), team('y')], jobs('x', 5))
  assert.equal(admits(limited).length, 3)
  const both = admits(planned([team('x'), team('y'), team('z')], [...jobs('x', 6), ...jobs('y', 6)]))
  assert.deepEqual(both.map((name) => name[0]).toSorted(), ['x', 'x', 'x', 'y', 'y', 'y'])
  const weighted = admits(
    planned(
      [team('x', { fairSharing: { weight: 3 } }), team('y'), team('z', { nominalQuota: { cpu: '8' } })],
      [...jobs('y', 8), ...jobs('x', 8)],
    ),
  )
  assert.deepEqual([weighted.filter((name) => name[0] === 'x').length, weighted.length], [5, 8])
})

test('a Job says what else it waits for', () => {
  const first = jobThat('first', { runs: true })
  const complete = jobThat('done', { status: { conditions: [{ type: 'Complete', status: 'True' }] } })
  const plan = planned(
    [
      of('100'),
      queueThat('held', { stopPolicy: 'Hold' }),
      queueThat('own', { namespaceSelector: { matchLabels: { name: 'other' } } }),
    ],
    [
      first,
      complete,
      jobThat('a', { after: 'first' }),
      jobThat('b', { after: 'done' }),
      jobThat('c', { queue: 'none' }),
      jobThat('d', { queue: 'held' }),
      jobThat('e', { queue: 'own' }),
      jobThat('f', { cpu: '101' }),
    ],
  )
  assert.deepEqual(admits(plan), ['b'])
  assert.deepEqual(waits(plan), [
    'a: WaitingForJobs',
    'c: QueueNotFound',
    'd: QueueStopped',
    'e: NamespaceNotAllowed',
    'f: InsufficientQuota',
  ])
  assert.match(plan.wait.at(-1)!.message, /101 of cpu asked for, more than the 100 it can ever give/)
})

test('a queue that is drained stops its Jobs', () => {
  const plan = planned([of('4', { stopPolicy: 'HoldAndDrain' })], [jobThat('a', { runs: true }), jobThat('b')])
  assert.deepEqual([plan.stop.map(({ job }) => job.metadata.name), waits(plan)], [['a'], ['b: QueueStopped']])
})

test('no quota is ever exceeded, and nobody waits who could start, on random queues', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed)
    const pick = (count: number) => Math.floor(random.next() * count)
    const queues = ['x', 'y', 'z'].map((name) =>
      queueThat(name, { nominalQuota: { cpu: `${pick(8)}` }, ...(pick(2) === 0 ? { cohort: 'c' } : {}) }),
    )
    const jobs = Array.from({ length: pick(20) }, (_, at) =>
      jobThat(`j${at}`, {
        queue: ['x', 'y', 'z'][pick(3)]!,
        cpu: `${1 + pick(4)}`,
        namespace: `n${pick(2)}`,
        priority: pick(3),
      }),
    )
    const plan = planned(queues, jobs)
    const cpuOf = ({ spec }: Job) => Number((spec.template.spec.containers[0] as any).resources.requests.cpu)
    const quotaOf = (queue: JobQueue) => Number(queue.spec.nominalQuota!.cpu)
    const groups = [
      ...queues.filter(({ spec }) => !spec.cohort).map((one) => [one]),
      queues.filter(({ spec }) => spec.cohort),
    ]
    for (const group of groups) {
      const names = group.map(({ metadata }) => metadata.name)
      const isHere = (job: Job) => names.includes(job.metadata.labels!['coxswain.dev/queue-name']!)
      const used = plan.admit.filter(({ job }) => isHere(job)).reduce((sum, { job }) => sum + cpuOf(job), 0)
      const all = group.reduce((sum, queue) => sum + quotaOf(queue), 0)
      assert.ok(used <= all, `seed ${seed}: ${used} of ${all}`)
      for (const { job } of plan.wait.filter((one) => isHere(one.job)))
        assert.ok(used + cpuOf(job) > all, `seed ${seed}: ${job.metadata.name} could start`)
    }
    assert.equal(plan.admit.length + plan.wait.length, jobs.length)
  }
})

test('the kind that is documented is the one that is made known', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/jobqueue.yaml'), 'utf8')
  assert.deepEqual(parseYamlDocuments(text)[0]?.value, JSON.parse(JSON.stringify(jobQueueDefinition)))
})
