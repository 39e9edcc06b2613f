import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isActive, isReady } from '../../src/machinery/index.ts'
import { controllerRevisions, cronJobs, daemonSets, jobs, pods, statefulSets } from '../../src/resources/index.ts'
import { at, named, quietWorld, template, workload } from './quiet-world.ts'

const { world, until, rest, podsOf, imagesOf, isUp, eventsOf, setImage } = await quietWorld()

test('a statefulset grows, updates and shrinks in order', async () => {
  await world.client.create(statefulSets, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    ...named('db'),
    spec: workload('db', 3, {
      serviceName: 'db',
      template: template('db', 'v1', { 'simulated.coxswain.io/ready-delay': '2s' }),
    }),
  } as any)
  await until(() => isUp('db', 3), 'three pods')
  const born = podsOf('db').toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1))
  assert.deepEqual(
    born.map(({ metadata, spec }) => [metadata.name, spec.hostname, spec.subdomain]),
    ['db-0', 'db-1', 'db-2'].map((name) => [name, name, 'db']),
  )
  const order: string[] = []
  using _ = world.informers.of(pods).subscribe((next, previous) => {
    if (next === undefined && previous?.metadata.labels?.app === 'db') order.push(previous.metadata.name)
  })
  await setImage(statefulSets, 'db', 'v2')
  await until(() => imagesOf('db').join() === 'v2,v2,v2' && isUp('db', 3), 'the new version')
  await rest()
  const status = world.informers.of(statefulSets).get(at('db'))!.status
  assert.deepEqual(
    [order, status.currentRevision === status.updateRevision, status.currentReplicas, status.availableReplicas],
    [['db-2', 'db-1', 'db-0'], true, 3, 3],
  )
  assert.deepEqual(
    world.informers
      .of(controllerRevisions)
      .list('default')
      .filter(({ metadata }) => metadata.name.startsWith('db-'))
      .map(({ revision }) => revision)
      .toSorted(),
    [1, 2],
  )
  await world.client.patch(statefulSets, at('db'), { type: 'merge', body: { spec: { replicas: 1 } } })
  await until(() => podsOf('db').length === 1, 'one pod')
  assert.deepEqual(order.slice(3), ['db-2', 'db-1'])
})

test('a daemonset has one pod on every node, and replaces them one by one', async () => {
  await world.client.create(daemonSets, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    ...named('agent'),
    spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent') },
  } as any)
  await until(() => isUp('agent', 4), 'four daemons')
  assert.deepEqual(
    podsOf('agent')
      .map(({ spec }) => spec.nodeName)
      .toSorted(),
    ['node-0', 'node-1', 'node-2', 'node-3'],
  )
  let fewest = 4
  await setImage(daemonSets, 'agent', 'v2')
  await world.run(
    120_000,
    () => {
      fewest = Math.min(fewest, podsOf('agent').filter((pod) => isReady(pod) && isActive(pod)).length)
    },
    () => imagesOf('agent').join() === 'v2,v2,v2,v2' && isUp('agent', 4),
  )
  await rest()
  const { numberAvailable, updatedNumberScheduled, desiredNumberScheduled } = world.informers
    .of(daemonSets)
    .get(at('agent'))!.status
  assert.deepEqual(
    [fewest, imagesOf('agent'), numberAvailable, updatedNumberScheduled, desiredNumberScheduled],
    [3, ['v2', 'v2', 'v2', 'v2'], 4, 4, 4],
  )
  await world.client.delete(daemonSets, at('agent'))
  await until(() => podsOf('agent').length === 0, 'no daemons')
})

test('jobs complete, fail, and go when their time is over', async () => {
  const job = (name: string, spec: object, annotations: Record<string, string> = {}) => {
    const one = template(name, 'v1', { 'simulated.coxswain.io/exit-after': '1s', ...annotations })
    return world.client.create(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      ...named(name),
      spec: { ...spec, template: { ...one, spec: { ...one.spec, restartPolicy: 'Never' } } },
    } as any)
  }
  await job('five', { completions: 5, parallelism: 2 })
  await job('indexed', { completions: 3, parallelism: 3, completionMode: 'Indexed' })
  await job('bad', { backoffLimit: 1 }, { 'simulated.coxswain.io/exit-code': '1' })
  const status = (name: string) => world.informers.of(jobs).get(at(name))?.status
  const ended = (name: string, type: string) =>
    status(name)?.conditions?.find((one) => one.type === type && one.status === 'True')
  await until(
    () => ['five', 'indexed'].every((name) => ended(name, 'Complete')) && ended('bad', 'Failed') !== undefined,
    'all jobs ended',
  )
  assert.deepEqual(
    [
      status('five')?.succeeded,
      status('indexed')?.completedIndexes,
      status('bad')?.failed,
      ended('bad', 'Failed')?.reason,
    ],
    [5, '0-2', 2, 'BackoffLimitExceeded'],
  )
  assert.deepEqual(
    podsOf('indexed')
      .map(({ spec }) => spec.hostname)
      .toSorted(),
    ['indexed-0', 'indexed-1', 'indexed-2'],
  )
  assert.ok(podsOf('five').every(({ metadata }) => metadata.finalizers === undefined))
  await job('brief', { ttlSecondsAfterFinished: 10 })
  await until(() => ended('brief', 'Complete') !== undefined, 'the brief job done')
  await until(() => status('brief') === undefined && podsOf('brief').length === 0, 'the brief job gone')
  assert.ok(eventsOf('five').includes('Completed: Job completed'))
})

test('a cron job whose time never comes says so', async () => {
  await world.client.create(cronJobs, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    ...named('never'),
    spec: {
      schedule: '59 23 31 2 *',
      jobTemplate: {
        spec: { template: { spec: { containers: [{ name: 'a', image: 'b' }], restartPolicy: 'Never' } } },
      },
    },
  } as any)
  const told =
    'InvalidSchedule: invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second'
  await until(() => eventsOf('never').includes(told), 'an event')
})

test('a cron job runs each minute, and keeps as many jobs as it should', async () => {
  const one = template('tick', 'v1', { 'simulated.coxswain.io/exit-after': '1s' })
  const jobTemplate = { spec: { template: { ...one, spec: { ...one.spec, restartPolicy: 'OnFailure' } } } }
  const spec = { schedule: '* * * * *', successfulJobsHistoryLimit: 2, jobTemplate }
  await world.client.create(cronJobs, { apiVersion: 'batch/v1', kind: 'CronJob', ...named('tick'), spec } as any)
  const made = () => eventsOf('tick').filter((text) => text.startsWith('SuccessfulCreate')).length
  await until(() => made() === 4, 'four jobs', 300)
  await rest()
  const status = world.informers.of(cronJobs).get(at('tick'))?.status
  const left = world.informers
    .of(jobs)
    .list('default')
    .filter(({ metadata }) => metadata.name.startsWith('tick-'))
  assert.deepEqual([left.length, status?.active, status?.lastSuccessfulTime !== undefined], [2, undefined, true])
  await world.client.delete(cronJobs, at('tick'))
  await until(() => podsOf('tick').length === 0, 'nothing left of it')
})
