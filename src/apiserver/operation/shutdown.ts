import type { Clock } from '../../machinery/index.ts'

/** Unlike Kubernetes: requests under way get ten seconds to end, not sixty; who stops a cluster waits for it. */
const finishMaxMs = 10_000

/**
 * How the server goes down. Promises:
 * 1. From the first moment on it says that it is not ready, so that nobody new comes.
 * 2. Requests go on being served for the delay; then new ones are turned away, and those under way are finished.
 * 3. Watches end as if their time were over, so that their clients resume elsewhere from where they were.
 */
export class Shutdown {
  readonly #clock: Clock
  /** How each watch is ended. */
  readonly #watches = new Set<() => void>()
  #stage: 'serving' | 'leaving' | 'finishing' = 'serving'
  #underWay = 0
  #onIdle: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Empty while the server is not going down; what /readyz says otherwise. */
  get problem(): string {
    return this.#stage === 'serving' ? '' : 'process is shutting down'
  }
  /** Whether new requests are turned away. */
  get turnsAway(): boolean {
    return this.#stage === 'finishing'
  }

  /** Knows how a watch is ended, until it is disposed. */
  watch(end: () => void): Disposable {
    if (this.#stage === 'finishing') end()
    this.#watches.add(end)
    return { [Symbol.dispose]: () => void this.#watches.delete(end) }
  }

  /** Counts a request until it is disposed. */
  serve(): Disposable {
    this.#underWay++
    return {
      [Symbol.dispose]: () => {
        if (--this.#underWay === 0) this.#onIdle?.()
      },
    }
  }

  /** Resolves once nothing is under way, or too much time has gone; `last` runs before the delay. */
  async run(delayMs: number, last: () => Promise<void>): Promise<void> {
    if (this.#stage !== 'serving') return
    this.#stage = 'leaving'
    await last()
    if (delayMs > 0) await this.#clock.sleep(delayMs)
    this.#stage = 'finishing'
    for (const end of [...this.#watches]) end()
    if (this.#underWay === 0) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(finishMaxMs, resolve)
      this.#onIdle = () => {
        timer[Symbol.dispose]()
        resolve()
      }
    })
  }
}
