import type { Client } from '../../client/index.ts'
import type { Clock, Metrics } from '../../machinery/index.ts'
import { pods } from '../../resources/index.ts'

/** Kubernetes' names of the calls that its scheduler makes beside its work. */
type CallType = 'pod_binding' | 'pod_status_patch'
const firstBucket = 0.001
const bucketCount = 15

/** A client whose bindings and changes of a pod's status are measured (Kubernetes: behind SchedulerAsyncAPICalls). */
export function tellingCalls(client: Client, metrics: Metrics, clock: Clock): Client {
  const total = metrics.counter(
    'scheduler_async_api_call_execution_total',
    'Total number of API calls executed by the async dispatcher.',
  )
  const seconds = metrics.histogram(
    'scheduler_async_api_call_execution_duration_seconds',
    'Duration in seconds for executing API call in the async dispatcher.',
    Array.from({ length: bucketCount }, (_, index) => firstBucket * 2 ** index),
  )
  const pending: Record<CallType, number> = { pod_binding: 0, pod_status_patch: 0 }
  metrics.readings(
    'scheduler_pending_async_api_calls',
    'gauge',
    'Number of API calls currently pending in the async queue.',
    () => Object.entries(pending).map(([call_type, value]) => ({ labels: { call_type }, value })),
  )
  async function told<T>(call_type: CallType, call: Promise<T>): Promise<T> {
    const startedMs = clock.monotonic()
    pending[call_type]++
    let result = 'error'
    try {
      const answer = await call
      result = 'success'
      return answer
    } finally {
      pending[call_type]--
      total.inc({ call_type, result })
      seconds.observe((clock.monotonic() - startedMs) / 1000, { call_type, result })
    }
  }
  return {
    ...client,
    post<R>(...[of, name, subresource, body]: Parameters<Client['post']>): Promise<R> {
      const call = client.post<R>(of, name, subresource, body)
      return (of as unknown) === pods && subresource === 'binding' ? told('pod_binding', call) : call
    },
    patch: (of, name, patch, subresource) => {
      const call = client.patch(of, name, patch, subresource)
      return (of as unknown) === pods && subresource === 'status' ? told('pod_status_patch', call) : call
    },
  }
}
