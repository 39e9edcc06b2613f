import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeploymentStatus, ReplicaSetCondition } from '../../resources/index.ts'
import { deploymentOf, replicaSetOf, secondsLater, startMs } from '../runtime/fixtures.ts'
import { annotationsForNewSet, revisionAnnotation, setsToForget } from './revisions.ts'
import { deadlineInMs, rolloutStatus } from './status.ts'

const at = (seconds: number) => startMs + seconds * 1000
const progressing = (status: string, reason: string, updatedSeconds: number): DeploymentStatus => ({
  observedGeneration: 1,
  replicas: 10,
  updatedReplicas: 4,
  readyReplicas: 4,
  availableReplicas: 4,
  unavailableReplicas: 6,
  conditions: [
    {
      type: 'Progressing',
      status,
      reason,
      message: '',
      lastUpdateTime: secondsLater(updatedSeconds),
      lastTransitionTime: secondsLater(0),
    },
  ],
})
const cases = [
  {
    name: 'progresses when more are available',
    status: progressing('True', 'NewReplicaSetCreated', 0),
    set: { replicas: 10, available: 5 },
    said: {
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: 'ReplicaSet "new" is progressing.',
      lastUpdateTime: secondsLater(100),
      lastTransitionTime: secondsLater(0),
    },
  },
  {
    name: 'is complete when all are new and available',
    status: progressing('True', 'ReplicaSetUpdated', 0),
    set: { replicas: 10, available: 10 },
    said: {
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: 'ReplicaSet "new" has successfully progressed.',
      lastUpdateTime: secondsLater(100),
      lastTransitionTime: secondsLater(0),
    },
  },
  {
    name: 'stays as it is within the deadline',
    status: { ...progressing('True', 'ReplicaSetUpdated', 50), updatedReplicas: 10 },
    set: { replicas: 10, available: 4 },
    said: {
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: '',
      lastUpdateTime: secondsLater(50),
      lastTransitionTime: secondsLater(0),
    },
  },
  {
    name: 'times out after the deadline',
    deadline: 60,
    status: { ...progressing('True', 'ReplicaSetUpdated', 0), updatedReplicas: 10 },
    set: { replicas: 10, available: 4 },
    said: {
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'ReplicaSet "new" has timed out progressing.',
      lastUpdateTime: secondsLater(100),
      lastTransitionTime: secondsLater(100),
    },
  },
] as const
for (const { name, status, set, said, ...rest } of cases) {
  test(`deployment ${name}`, () => {
    const spec = 'deadline' in rest ? { progressDeadlineSeconds: rest.deadline } : {}
    const result = rolloutStatus(deploymentOf({ status, spec }), replicaSetOf('new', set), [], at(100))
    assert.deepEqual(
      result.conditions?.find(({ type }) => type === 'Progressing'),
      { type: 'Progressing', ...said },
    )
  })
}

test('deployment says what keeps its set from making pods, and stops saying it', () => {
  const failure: ReplicaSetCondition = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: 'FailedCreate',
    message: 'exceeded quota',
  }
  const set = replicaSetOf('new', { replicas: 10, available: 0 })
  const failing = rolloutStatus(deploymentOf(), { ...set, status: { ...set.status, conditions: [failure] } }, [], at(0))
  assert.deepEqual(
    failing.conditions?.find(({ type }) => type === 'ReplicaFailure'),
    { ...failure, lastUpdateTime: secondsLater(0), lastTransitionTime: secondsLater(0) },
  )
  const well = rolloutStatus(deploymentOf({ status: failing }), set, [], at(1))
  assert.equal(
    well.conditions?.some(({ type }) => type === 'ReplicaFailure'),
    false,
  )
})

test('deployment has no Progressing condition without a deadline', () => {
  const spec = { progressDeadlineSeconds: 2 ** 31 - 1 }
  const status = rolloutStatus(deploymentOf({ spec }), replicaSetOf('new', { replicas: 10 }), [], at(0))
  assert.deepEqual(
    status.conditions?.map(({ type }) => type),
    ['Available'],
  )
})

test('deployment looks again a second after its deadline, and never once it is complete', () => {
  const waiting = progressing('True', 'ReplicaSetUpdated', 0)
  assert.equal(deadlineInMs(deploymentOf(), waiting, at(100)), 501_000)
  const complete = { ...waiting, updatedReplicas: 10, availableReplicas: 10 }
  assert.equal(deadlineInMs(deploymentOf(), complete, at(100)), undefined)
})

test('revisions: the new set takes the deployment annotations, a number, and keeps its old numbers', () => {
  const deployment = deploymentOf({
    annotations: { team: 'a', [revisionAnnotation]: '7', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
  })
  assert.deepEqual(annotationsForNewSet(deployment, undefined, 1n), { team: 'a', [revisionAnnotation]: '1' })
  const before = { [revisionAnnotation]: '2', 'deployment.kubernetes.io/revision-history': '1' }
  assert.deepEqual(annotationsForNewSet(deployment, before, 5n), {
    team: 'a',
    [revisionAnnotation]: '5',
    'deployment.kubernetes.io/revision-history': '1,2',
  })
  assert.deepEqual(annotationsForNewSet(deployment, { [revisionAnnotation]: '5' }, 5n), {
    team: 'a',
    [revisionAnnotation]: '5',
  })
})

test('revisions beyond the limit are forgotten, oldest first, when they are empty', () => {
  const revision = (number: number, replicas = 0) =>
    replicaSetOf(`r${number}`, { replicas, annotations: { [revisionAnnotation]: String(number) } })
  const forgotten = setsToForget(deploymentOf({ spec: { revisionHistoryLimit: 1 } }), [
    revision(3),
    revision(1),
    revision(2, 1),
    revision(4),
  ])
  assert.deepEqual(
    forgotten.map(({ metadata }) => metadata.name),
    ['r1', 'r3'],
  )
})
