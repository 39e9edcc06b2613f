import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timestampOf } from '../../machinery/index.ts'
import type { CronJob, Job } from '../../resources/index.ts'
import { dueTime, excessHistory, observeJobs } from './plan.ts'
import { nextTimeMs, parseSchedule } from './schedule.ts'

const at = (text: string) => Date.parse(text)
const times = [
  { schedule: '*/15 * * * *', after: '2026-01-01T00:07:00Z', next: '2026-01-01T00:15:00Z' },
  { schedule: '0 0 * * *', after: '2026-01-01T00:00:00Z', next: '2026-01-02T00:00:00Z' },
  { schedule: '30 4 1,15 * 5', after: '2026-01-01T05:00:00Z', next: '2026-01-02T04:30:00Z' },
  { schedule: '0 12 * * mon-fri', after: '2026-01-02T13:00:00Z', next: '2026-01-05T12:00:00Z' },
  { schedule: '0 0 29 2 *', after: '2026-01-01T00:00:00Z', next: '2028-02-29T00:00:00Z' },
  { schedule: '0 0 30 2 *', after: '2026-01-01T00:00:00Z', next: undefined },
  { schedule: '@hourly', after: '2026-01-01T23:30:00Z', next: '2026-01-02T00:00:00Z' },
  { schedule: '@every 90s', after: '2026-01-01T00:00:00Z', next: '2026-01-01T00:01:30Z' },
  { schedule: '0 9 * * *', zone: 'America/New_York', after: '2026-01-01T00:00:00Z', next: '2026-01-01T14:00:00Z' },
  { schedule: '0 9 * * *', zone: 'America/New_York', after: '2026-07-01T00:00:00Z', next: '2026-07-01T13:00:00Z' },
  { schedule: '30 2 * * *', zone: 'Europe/Berlin', after: '2026-03-29T00:00:00Z', next: '2026-03-30T00:30:00Z' },
]
for (const { schedule, zone = 'UTC', after, next } of times) {
  test(`schedule ${schedule} in ${zone} after ${after}`, () => {
    const found = nextTimeMs(parseSchedule(schedule), zone, at(after))
    assert.equal(found === undefined ? undefined : timestampOf(found), next)
  })
}

function cronJobOf(spec: Partial<CronJob['spec']> = {}, status: CronJob['status'] = {}): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      name: 'tick',
      namespace: 'default',
      uid: 'tick',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:30Z',
    },
    spec: {
      schedule: '* * * * *',
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 0,
      jobTemplate: { spec: { template: { spec: { containers: [] } } } },
      ...spec,
    },
    status,
  }
}
const dues = [
  {
    name: 'nothing before its first time',
    cronJob: cronJobOf(),
    now: '2026-01-01T00:00:45Z',
    atTime: undefined,
    missed: 0,
  },
  {
    name: 'the newest of those missed',
    cronJob: cronJobOf(),
    now: '2026-01-01T00:03:05Z',
    atTime: '2026-01-01T00:03:00Z',
    missed: 3,
  },
  {
    name: 'nothing twice',
    cronJob: cronJobOf({}, { lastScheduleTime: '2026-01-01T00:03:00Z' }),
    now: '2026-01-01T00:03:05Z',
    atTime: undefined,
    missed: 0,
  },
  {
    name: 'nothing that is too late',
    cronJob: cronJobOf({ startingDeadlineSeconds: 3 }),
    now: '2026-01-01T00:03:05Z',
    atTime: undefined,
    missed: 0,
  },
]
for (const { name, cronJob, now, atTime, missed } of dues) {
  test(`a cron job has due: ${name}`, () => {
    const due = dueTime(cronJob, at(now))
    assert.deepEqual([due.atMs === undefined ? undefined : timestampOf(due.atMs), due.missed], [atTime, missed])
  })
}

test('a cron job that was away for a year finds its newest time without counting all', () => {
  const due = dueTime(cronJobOf(), at('2027-01-01T00:00:05Z'))
  assert.deepEqual([timestampOf(due.atMs!), due.missed > 100 && due.missed < 110], ['2027-01-01T00:00:00Z', true])
})

test('a cron job forgets ended jobs, remembers the newest success, and tells what it saw', () => {
  const job = (name: string, type: string | undefined, endedAt?: string): Job => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      resourceVersion: '1',
      creationTimestamp: endedAt ?? '2026-01-01T00:00:00Z',
    },
    spec: { template: { spec: { containers: [] } } },
    status: {
      ...(type === undefined ? {} : { conditions: [{ type, status: 'True' }] }),
      ...(endedAt === undefined ? {} : { completionTime: endedAt, startTime: endedAt }),
    },
  })
  const owned = [
    job('new', 'Complete', '2026-01-01T00:02:00Z'),
    job('old', 'Complete', '2026-01-01T00:01:00Z'),
    job('bad', 'Failed'),
    job('runs', undefined),
  ]
  const active = ['new', 'runs', 'lost'].map((name) => ({ name, uid: name }))
  const { status, told } = observeJobs(cronJobOf({}, { active }), owned)
  assert.deepEqual(status, { active: [{ name: 'runs', uid: 'runs' }], lastSuccessfulTime: '2026-01-01T00:02:00Z' })
  assert.deepEqual(
    told.map(({ reason, message }) => `${reason}: ${message}`),
    ['SawCompletedJob: Saw completed job: new, condition: Complete', 'MissingJob: Active job went missing: lost'],
  )
  assert.deepEqual(
    excessHistory(cronJobOf(), owned).map(({ metadata }) => metadata.name),
    ['old', 'bad'],
  )
})
