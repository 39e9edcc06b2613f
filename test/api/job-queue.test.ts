/** Jobs that wait for others, and queues that let suspended Jobs start: what users of them see. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingText } from '../../src/cli/why/finding.ts'
import { explanationOf } from '../../src/cli/why/why.ts'
import { startCluster, type TestCluster } from '../../src/index.ts'
import { type Job, type JobQueue, jobQueues, jobs } from '../../src/resources/index.ts'
import { until } from '../fixtures/until.ts'

const namespace = 'default'
const jobThat = (name: string, metadata: object = {}, behaviour: Readonly<Record<string, string>> = {}) =>
  ({
    metadata: { name, namespace, ...metadata },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { annotations: { 'simulated.coxswain.io/exit-after': '0s', ...behaviour } },
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'c', image: 'app', resources: { requests: { cpu: '1' } } }],
        },
      },
    },
  }) as never
const after = (names: string) => ({ annotations: { 'coxswain.dev/after': names } })
const inQueue = (name: string) => ({ labels: { 'coxswain.dev/queue-name': name } })
const forEver = { 'simulated.coxswain.io/exit-after': '1h' }
const reader =
  ({ client }: TestCluster) =>
  (name: string): Promise<Job> =>
    client.get(jobs, { namespace, name })
const conditionOf = ({ status }: Job, type: string) => status?.conditions?.find((one) => one.type === type)
const isSo = (type: string) => (job: Job) => conditionOf(job, type)?.status === 'True'
async function why(cluster: TestCluster, name: string): Promise<string> {
  const finding = await explanationOf('job')!({ client: cluster.client, nowMs: cluster.clock.now() }, namespace, name)
  return findingText(finding!)
}

test('Jobs run one after the other, pass failure on, and never wait in a circle', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { client } = cluster
  const read = reader(cluster)
  await client.create(jobs, jobThat('last', after('middle')))
  await client.create(jobs, jobThat('middle', after('first, other')))
  await assert.rejects(
    client.create(jobs, jobThat('first', after('last'))),
    /jobs\.batch "first" is forbidden: it would wait for itself: first waits for last waits for middle waits for first/,
  )
  await until(() => read('last'), isSo('WaitingForJobs'))
  assert.match(
    await why(cluster, 'last'),
    /waits for other Jobs[\s\S]*Job\/default\/middle[\s\S]*Job\/default\/first does not exist/,
  )
  await client.create(jobs, jobThat('first'))
  await client.create(jobs, jobThat('other'))
  const last = await until(() => read('last'), isSo('Complete'))
  const middle = await read('middle')
  assert.ok(middle.status.completionTime! <= last.status.startTime!)

  await client.create(jobs, jobThat('after-bad', after('bad')))
  await client.create(jobs, jobThat('bad', {}, { 'simulated.coxswain.io/exit-code': '1' }))
  const failed = await until(() => read('after-bad'), isSo('Failed'))
  assert.equal(conditionOf(failed, 'Failed')?.reason, 'PredecessorFailed')
  assert.match(
    await why(cluster, 'after-bad'),
    /failed: PredecessorFailed[\s\S]*Job\/default\/bad failed: BackoffLimitExceeded/,
  )
})

test('a queue lets Jobs start as its quota allows, and the others say why they wait', async () => {
  await using cluster = await startCluster({ nodes: [{ name: 'a', cpus: 8 }] })
  const { client } = cluster
  const read = reader(cluster)
  await client.create(jobs, jobThat('one', inQueue('team'), forEver))
  const waiting = await until(
    () => read('one'),
    (job) => conditionOf(job, 'QuotaReserved')?.reason === 'QueueNotFound',
  )
  assert.equal(waiting.spec.suspend, true)
  assert.match(await why(cluster, 'one'), /waits in the queue team: QueueNotFound[\s\S]*JobQueue\/team does not exist/)
  const queue = { apiVersion: 'queue.coxswain.dev/v1alpha1', kind: 'JobQueue', metadata: { name: 'team' } }
  // The kind is made known by the first Job that names a queue.
  await until(
    () => client.create(jobQueues, { ...queue, spec: { nominalQuota: { cpu: 1 } } } as never).catch(() => undefined),
    (made) => made !== undefined,
  )
  await until(
    () => read('one'),
    ({ spec, status }) => spec.suspend === false && status.active === 1,
  )
  await client.create(jobs, jobThat('two', inQueue('team'), forEver))
  await until(
    () => read('two'),
    (job) => conditionOf(job, 'QuotaReserved')?.reason === 'InsufficientQuota',
  )
  const queueNow = (): Promise<JobQueue> => client.get(jobQueues, { name: 'team' })
  await until(queueNow, ({ status }) => status?.admittedJobs === 1 && status.pendingJobs === 1)
  const text = await why(cluster, 'two')
  assert.match(text, /waits in the queue team: InsufficientQuota/)
  assert.match(text, /JobQueue\/team has a quota of 1 cpu; 1 Jobs use 1 cpu, 1 pods, 1 wait/)
  await client.delete(jobs, { namespace, name: 'one' }, { propagationPolicy: 'Background' })
  const admitted = await until(
    () => read('two'),
    ({ spec }) => spec.suspend === false,
  )
  assert.equal(conditionOf(admitted, 'QuotaReserved')?.message, 'Admitted by queue team')
})
