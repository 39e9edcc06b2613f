import type { Clock } from '../../machinery/index.ts'

/** Sends a review to a server outside and gives back the one it answers with. Rejects when there is no good answer. */
export type PostReview = (review: object) => Promise<any>

/** Kubernetes: a server that does not answer is asked so often, each time after half as long again. */
const triesMax = 5
const firstPauseMs = 500
const growth = 1.5

/** Asks until there is an answer, a few times. Rejects with the last failure. */
export async function askPatiently(
  post: PostReview,
  review: object,
  clock: Clock,
  firstMs = firstPauseMs,
): Promise<any> {
  for (let attempt = 1, pauseMs = firstMs; ; attempt++, pauseMs *= growth) {
    try {
      return await post(review)
    } catch (error) {
      if (attempt === triesMax) throw error
      await clock.sleep(pauseMs)
    }
  }
}

/** Answers that are good for a while, the oldest of too many forgotten first. */
export class AnswerCache<T> {
  readonly #clock: Clock
  readonly #countMax: number
  readonly #answers = new Map<string, { readonly answer: T; readonly endMs: number }>()

  constructor(clock: Clock, countMax: number) {
    this.#clock = clock
    this.#countMax = countMax
  }

  get(key: string): T | undefined {
    const known = this.#answers.get(key)
    if (known === undefined || known.endMs > this.#clock.monotonic()) return known?.answer
    this.#answers.delete(key)
    return undefined
  }

  set(key: string, answer: T, lifeMs: number): void {
    this.#answers.delete(key)
    this.#answers.set(key, { answer, endMs: this.#clock.monotonic() + lifeMs })
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > this.#countMax && oldest !== undefined) this.#answers.delete(oldest)
  }
}
