import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../machinery/index.ts'
import { jobMeasures } from './measures.ts'

const job = (status: object, completionMode?: string, spec: object = {}): any => ({
  spec: { completionMode, ...spec },
  status,
})

test('syncs, pods and ends of Jobs are counted once each', () => {
  const metrics = new Metrics()
  const measures = jobMeasures(metrics)
  const plan = { create: [undefined], remove: [], stop: [] } as never
  measures.synced(job({}), plan, 0.01, 'success')
  measures.synced(job({}), undefined, 0.01, 'error')
  const complete = {
    succeeded: 3,
    failed: 1,
    conditions: [{ type: 'Complete', status: 'True', reason: 'CompletionsReached' }],
  }
  measures.told(job({ succeeded: 1 }, 'Indexed'), complete as never)
  measures.told(job(complete, 'Indexed'), complete as never)
  const text = metrics.text()
  for (const line of [
    'job_controller_job_syncs_total{completion_mode="NonIndexed",result="success",action="pods_created"} 1',
    'job_controller_job_syncs_total{completion_mode="NonIndexed",result="error",action="reconciling"} 1',
    'job_controller_job_pods_finished_total{completion_mode="Indexed",result="succeeded"} 2',
    'job_controller_job_pods_finished_total{completion_mode="Indexed",result="failed"} 1',
    'job_controller_jobs_finished_total{completion_mode="Indexed",result="succeeded",reason="CompletionsReached"} 1',
  ])
    assert.ok(text.includes(`${line}\n`), line)
})

test('pods made anew, indexes that ended and Jobs that somebody else runs are told apart', () => {
  const metrics = new Metrics()
  const measures = jobMeasures(metrics)
  measures.created(job({}), 'succeeded')
  measures.created(job({ failed: 1 }), 'failed')
  measures.created(job({ terminating: 1 }, undefined, { podReplacementPolicy: 'Failed' }), 'succeeded')
  measures.released()
  measures.external('kueue.x-k8s.io/multikueue')
  const before = { completedIndexes: '0,2-3', failedIndexes: '' }
  measures.told(job(before, 'Indexed', { backoffLimitPerIndex: 1 }), {
    completedIndexes: '0,2-5',
    failedIndexes: '1',
  } as never)
  const text = metrics.text()
  for (const line of [
    'job_controller_job_pods_creation_total{reason="new",status="succeeded"} 1',
    'job_controller_job_pods_creation_total{reason="recreate_terminating_or_failed",status="failed"} 1',
    'job_controller_job_pods_creation_total{reason="recreate_failed",status="succeeded"} 1',
    'job_controller_terminated_pods_tracking_finalizer_total{event="delete"} 1',
    'job_controller_jobs_by_external_controller_total{controller_name="kueue.x-k8s.io/multikueue"} 1',
    'job_controller_job_finished_indexes_total{backoffLimit="perIndex",status="succeeded"} 2',
    'job_controller_job_finished_indexes_total{backoffLimit="perIndex",status="failed"} 1',
  ])
    assert.ok(text.includes(`${line}\n`), `${line}\n${text}`)
})
