import type { Client } from '../../client/index.ts'
import type { Clock, Metrics } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { type ApiCall, CallQueue, type CallType, relevance } from './call-queue.ts'
import { callBinding, callStatusPatch, type PodCalls, type StatusWish, statusChange, withStatus } from './pod-calls.ts'

/** Calls under way at once; the others wait, and may come to nothing meanwhile. */
const underWayMax = 256
const firstBucket = 0.001
const bucketCount = 15

interface StatusCall extends ApiCall {
  readonly type: 'pod_status_patch'
  readonly pod: Pod
  readonly wish: StatusWish
}
type PodCall = StatusCall | (ApiCall & { readonly type: 'pod_binding' })

/**
 * Calls that are queued, merged and left out as Kubernetes' scheduler does it behind SchedulerAsyncAPICalls: whoever decides
 * waits for none of them.
 */
export function dispatchedCalls(client: Client, clock: Clock, metrics: Metrics): PodCalls {
  const queue = new CallQueue<ApiCall<CallType>>(relevance)
  const measures = callMeasures(metrics, queue)
  let underWay = 0

  function pump(): void {
    while (underWay < underWayMax) {
      const entry = queue.pop()
      if (entry === undefined) return
      underWay++
      void execute(entry)
    }
  }
  async function execute({ call, settle }: NonNullable<ReturnType<typeof queue.pop>>): Promise<void> {
    const startedMs = clock.monotonic()
    let failure: { readonly error: unknown } | undefined
    try {
      await call.execute()
    } catch (error) {
      failure = { error }
    }
    measures.executed(call.type, failure === undefined ? 'success' : 'error', (clock.monotonic() - startedMs) / 1000)
    underWay--
    queue.finalize(call.uid)
    settle('executed', failure?.error)
    pump()
  }
  const added = (call: PodCall) =>
    new Promise<void>((resolve, reject) => {
      queue.add(call as never, (outcome, error) =>
        outcome === 'executed' && error !== undefined ? reject(error) : resolve(),
      )
      // What else is decided in this turn may make the call needless.
      queueMicrotask(pump)
    })

  function bindingCall(pod: Pod, nodeName: string): PodCall {
    return {
      type: 'pod_binding',
      uid: pod.metadata.uid,
      isNoOp: false,
      after() {
        return this
      },
      execute: () => callBinding(client, pod, nodeName),
    }
  }
  function statusCall(pod: Pod, wish: StatusWish): StatusCall {
    return {
      type: 'pod_status_patch',
      uid: pod.metadata.uid,
      pod,
      wish,
      get isNoOp() {
        return statusChange(pod, wish, 0) === undefined
      },
      after: (earlier) => statusCall(pod, { ...(earlier as StatusCall).wish, ...wish }) as never,
      execute: () => callStatusPatch(client, pod, wish, clock.now()),
    }
  }
  const isStatusCall = (call: ApiCall): call is StatusCall => call.type === 'pod_status_patch'

  return {
    bind: (pod, nodeName) => added(bindingCall(pod, nodeName)),
    patchStatus: (pod, wish) => added(statusCall(pod, wish)),
    synced(pod) {
      const { uid } = pod.metadata
      const call = queue.last(uid)
      if (call === undefined || !isStatusCall(call)) return pod
      const { wish } = call
      queue.replace(uid, (one) => (isStatusCall(one) ? statusCall(pod, one.wish) : one))
      return withStatus(pod, wish, clock.now())
    },
  }
}

function callMeasures(metrics: Metrics, queue: CallQueue<ApiCall<CallType>>) {
  const total = metrics.counter(
    'scheduler_async_api_call_execution_total',
    'Total number of API calls executed by the async dispatcher.',
  )
  const duration = metrics.histogram(
    'scheduler_async_api_call_execution_duration_seconds',
    'Duration in seconds for executing API call in the async dispatcher.',
    Array.from({ length: bucketCount }, (_, index) => firstBucket * 2 ** index),
  )
  metrics.readings(
    'scheduler_pending_async_api_calls',
    'gauge',
    'Number of API calls currently pending in the async queue.',
    () => {
      const counts = queue.counts()
      return Object.keys(relevance).map((call_type) => ({ labels: { call_type }, value: counts.get(call_type) ?? 0 }))
    },
  )
  return {
    executed(call_type: CallType, result: 'success' | 'error', seconds: number): void {
      total.inc({ call_type, result })
      duration.observe(seconds, { call_type, result })
    },
  }
}
