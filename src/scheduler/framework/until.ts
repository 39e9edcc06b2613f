import type { Clock } from '../../machinery/index.ts'

/** What is waited for: whether it holds, and what says when that may have changed. */
export interface Awaited {
  /** Throws when it never will. */
  holds(): boolean
  follow(look: () => void): Disposable
}

/** Resolves when the condition holds, asked again with each change; rejects when it throws, with `late` after the time, and with the signal's reason. */
export function until(
  { holds, follow }: Awaited,
  { clock, timeoutMs, late }: { readonly clock: Clock; readonly timeoutMs: number; readonly late: string },
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const ends: Disposable[] = []
    const end = (settle: () => void) => {
      for (const one of ends) one[Symbol.dispose]()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => end(() => reject(signal.reason))
    const look = () => {
      try {
        if (holds()) end(resolve)
      } catch (error) {
        end(() => reject(error))
      }
    }
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    // Whoever is followed may tell at once, before there is anything to end.
    let isFollowing = false
    ends.push(
      clock.after(timeoutMs, () => end(() => reject(new Error(late)))),
      follow(() => {
        if (isFollowing) look()
      }),
    )
    isFollowing = true
    look()
  })
}
