import { backoffDelay, type Clock, type Log } from '../machinery/index.ts'

const backoff = { initialMs: 200, maxMs: 30_000 }
const healthyAfterMs = 60_000

/** Runs a component until the signal aborts, starting it again with back-off when it fails. */
export async function keepRunning(
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const startedMs = clock.monotonic()
    // Each life has its own signal, so that what a failed one left behind ends with it.
    const life = new AbortController()
    const onAbort = () => life.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await run(life.signal)
      if (signal.aborted) return
      throw new Error('ended by itself')
    } catch (error) {
      life.abort(error)
      if (signal.aborted) return
      failures = clock.monotonic() - startedMs > healthyAfterMs ? 1 : failures + 1
      const delayMs = backoffDelay(failures, backoff)
      log.error(`${name} failed; it is started again`, error, { delayMs })
      await clock.sleep(delayMs, signal).catch(() => {})
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
