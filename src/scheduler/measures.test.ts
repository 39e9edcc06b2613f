import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics, manualClock } from '../machinery/index.ts'
import type { Pod } from '../resources/index.ts'
import { eventLabel, type QueueName, schedulerMeasures } from './measures.ts'
import { SchedulingQueue } from './queue/scheduling-queue.ts'

const pod = (name: string) => ({ metadata: { name, namespace: 'default', uid: name }, spec: {} }) as unknown as Pod

test('each move of a pod between the queues is counted with what moved it', () => {
  const clock = manualClock()
  const moves: string[] = []
  const queued = (queue: QueueName, event: string) => void moves.push(`${event} ${queue}`)
  const queue = new SchedulingQueue(clock, () => {}, undefined, queued)
  queue.add(pod('a'), false)
  queue.take()
  queue.failed('a', new Set(['Node/Add']), false)
  queue.wake('Node/Add')
  clock.advance(1_000)
  queue.take()
  queue.failed('a', new Set(), true)
  queue.add(pod('b'), true)
  queue.add(pod('b'), false)
  assert.deepEqual(moves, [
    'UnschedulablePodAdd active',
    'ScheduleAttemptFailure unschedulable',
    'NodeAdd backoff',
    'BackoffComplete active',
    'ScheduleAttemptFailure backoff',
    'UnschedulablePodAdd gated',
    'UnschedulablePodUpdate active',
  ])
})

test('changes are labelled as Kubernetes labels them', () => {
  for (const [change, label] of [
    ['Node/UpdateTaint', 'NodeUpdateNodeTaint'],
    ['AssignedPod/Delete', 'AssignedPodDelete'],
    ['PersistentVolumeClaim/Add', 'PersistentVolumeClaimAdd'],
  ] as const)
    assert.equal(eventLabel(change), label)
})

test('the scheduler tells of its work under Kubernetes’ names', () => {
  const metrics = new Metrics()
  const measures = schedulerMeasures(metrics, {
    queues: () => ({ active: 1, backoff: 2, unschedulable: 3, gated: 4 }),
    refused: () => [
      { profile: 'default-scheduler', by: new Set(['NodeName', 'NodeResourcesFit']) },
      { profile: 'default-scheduler', by: new Set(['NodeName']) },
    ],
    cache: () => ({ nodes: 5, pods: 6, assumed_pods: 7 }),
    bindings: () => 8,
  })
  measures.queued('gated', 'UnschedulablePodAdd')
  measures.attempted('unschedulable', 'default-scheduler')
  measures.attempted('scheduled', 'default-scheduler', 0.003)
  measures.searched(0.0005)
  measures.scheduled(2, 1.5, false)
  measures.scheduled(40, 100, true)
  measures.heldBack('Success', 0.1)
  measures.attemptedGroup('scheduled', 'default-scheduler', 1)
  measures.searchedGroup(1)
  measures.preempting()
  measures.victims(3)
  measures.handled('Node/Add', 0.0003)
  measures.hinted('NodeAffinity', 'Node/UpdateLabel', false, 0.00002)
  measures.evicted('success', 0.02)
  const text = metrics.text()
  for (const line of [
    'scheduler_pending_pods{queue="gated"} 4',
    'scheduler_queue_incoming_pods_total{queue="unschedulable",event="UnschedulablePodAdd"} 1',
    'scheduler_schedule_attempts_total{result="unschedulable",profile="default-scheduler"} 1',
    'scheduler_scheduling_attempt_duration_seconds_bucket{result="scheduled",profile="default-scheduler",le="0.004"} 1',
    'scheduler_pod_scheduling_attempts_bucket{le="2"} 1',
    'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="15+"} 1',
    'scheduler_preemption_attempts_total 1',
    'scheduler_preemption_victims_bucket{le="4"} 1',
    'scheduler_unschedulable_pods{plugin="NodeName",profile="default-scheduler"} 2',
    'scheduler_unschedulable_pods{plugin="NodeResourcesFit",profile="default-scheduler"} 1',
    'scheduler_cache_size{type="assumed_pods"} 7',
    'scheduler_goroutines{operation="binding"} 8',
    'scheduler_scheduling_algorithm_duration_seconds_bucket{le="0.001"} 1',
    'scheduler_pod_scheduled_after_flush_total 1',
    'scheduler_permit_wait_duration_seconds_count{result="Success"} 1',
    'scheduler_event_handling_duration_seconds_bucket{event="NodeAdd",le="0.0004"} 1',
    'scheduler_queueing_hint_execution_duration_seconds_count{plugin="NodeAffinity",event="NodeUpdateNodeLabel",hint="QueueSkip"} 1',
    'scheduler_preemption_goroutines_execution_total{result="success"} 1',
    'scheduler_podgroup_schedule_attempts_total{result="scheduled",profile="default-scheduler"} 1',
  ])
    assert.ok(text.includes(`${line}\n`), line)
})
