import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../machinery/index.ts'
import { jobMeasures } from './measures.ts'

const job = (status: object, completionMode?: string): any => ({ spec: { completionMode }, status })

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
