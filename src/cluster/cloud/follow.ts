import type { CloudApi, Instance } from '../../cloud/index.ts'
import type { Clock } from '../../machinery/index.ts'

const retryMs = 1000

/** A cloud that is followed: whoever subscribes hears of every change. */
export interface FollowedCloud {
  subscribe(listener: () => void): Disposable
  /** Follows until the signal aborts; a cloud that cannot be reached is tried again. */
  run(signal: AbortSignal): Promise<void>
}

/** Follows a cloud for all who want to know. */
export function followCloud(api: CloudApi, clock: Clock, complain: (error: unknown) => void): FollowedCloud {
  const listeners = new Set<() => void>()
  return {
    subscribe(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    async run(signal) {
      let seen = 0
      let complained = false
      while (!signal.aborted) {
        try {
          const revision = await api.changed(seen, signal)
          // A cloud that was made anew counts from the beginning.
          seen = revision
          complained = false
          for (const listener of [...listeners]) listener()
        } catch (error) {
          if (signal.aborted) return
          if (!complained) complain(error)
          complained = true
          seen = 0
          await clock.sleep(retryMs, signal).catch(() => {})
        }
      }
    },
  }
}

/** What an instance is called among provider ids. */
export const providerName = 'cox'
export const providerIdOf = ({ zone, id }: Instance): string => `${providerName}://${zone}/${id}`
