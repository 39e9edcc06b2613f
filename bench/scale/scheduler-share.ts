import { setTimeout as sleep } from 'node:timers/promises'
import type { startCluster } from '../../src/index.ts'
import { DecisionJournal, Metrics, silentLog, systemClock, systemRandom } from '../../src/machinery/index.ts'
import { runScheduler } from '../../src/scheduler/index.ts'

/** What a second scheduler beside the first adds to the heap, once it knows all nodes and pods; it schedules nothing. */
export async function schedulerShareMb(
  { client, informers }: Awaited<ReturnType<typeof startCluster>>,
  heapMb: () => number,
): Promise<number> {
  const beforeMb = heapMb()
  const stop = new AbortController()
  const parts = { client, informers, clock: systemClock(), random: systemRandom(), record: () => {} }
  // It shares the caches with others in the process, as the first does: what counts is what it keeps besides.
  const running = runScheduler(
    { ...parts, log: silentLog, journal: new DecisionJournal(), metrics: new Metrics() },
    stop.signal,
  )
  await sleep(5000)
  const afterMb = heapMb()
  stop.abort(new Error('measured'))
  await running.catch(() => {})
  return afterMb - beforeMb
}
