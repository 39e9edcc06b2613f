import type { Clock, Metrics } from '../../machinery/index.ts'

/** Where what was found out about tokens is kept. */
export interface KeptAnswers<Answer> {
  get(key: string): Answer | undefined
  set(key: string, answer: Answer): void
}
/** Told how what is known of tokens is used. */
export interface TokenCacheMeasures {
  /** A token is asked for; until it is told whether it was known. */
  asked(): (isKnown: boolean) => void
  /** Something is being found out, or waited for; until it is disposed of. */
  active(status: 'in_flight' | 'blocked'): Disposable
  fetched(isWell: boolean): void
}

/** Kubernetes' metrics of the tokens that are known, under its names. It says nothing of what they mean. */
export function tokenCacheMeasures(metrics: Metrics, clock: Clock): TokenCacheMeasures {
  const name = (rest: string) => `authentication_token_cache_${rest}`
  const seconds = metrics.histogram(
    name('request_duration_seconds'),
    '',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  )
  const total = metrics.counter(name('request_total'), '')
  const seriesOf = (status: string) => ({ total: total.series({ status }), seconds: seconds.series({ status }) })
  const [hits, misses] = [seriesOf('hit'), seriesOf('miss')]
  const fetches = metrics.counter(name('fetch_total'), '')
  const active = { in_flight: 0, blocked: 0 }
  const gauge = metrics.gauge(name('active_fetch_count'), '')
  return {
    asked() {
      const startedMs = clock.monotonic()
      return (isKnown) => {
        const series = isKnown ? hits : misses
        series.total.inc()
        series.seconds.observe((clock.monotonic() - startedMs) / 1000)
      }
    },
    active(status) {
      gauge.set(++active[status], { status })
      return { [Symbol.dispose]: () => gauge.set(--active[status], { status }) }
    },
    fetched: (isWell) => fetches.inc({ status: isWell ? 'ok' : 'error' }),
  }
}

/** Answers from what is kept; what is not is found out once for all who ask meanwhile. What fails is kept by nobody. */
export class TokenCache<Answer> {
  readonly #kept: KeptAnswers<Answer>
  readonly #measures: TokenCacheMeasures
  readonly #underWay = new Map<string, Promise<Answer>>()

  constructor(kept: KeptAnswers<Answer>, measures: TokenCacheMeasures) {
    this.#kept = kept
    this.#measures = measures
  }

  async get(key: string, find: () => Promise<Answer>): Promise<Answer> {
    const answered = this.#measures.asked()
    const known = this.#kept.get(key)
    if (known !== undefined) {
      answered(true)
      return known
    }
    using _ = this.#measures.active('blocked')
    try {
      return await this.#found(key, find)
    } finally {
      answered(false)
    }
  }

  #found(key: string, find: () => Promise<Answer>): Promise<Answer> {
    const underWay = this.#underWay.get(key)
    if (underWay !== undefined) return underWay
    const finding = this.#find(key, find).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, finding)
    return finding
  }

  async #find(key: string, find: () => Promise<Answer>): Promise<Answer> {
    using _ = this.#measures.active('in_flight')
    let isWell = false
    try {
      const answer = await find()
      this.#kept.set(key, answer)
      isWell = true
      return answer
    } finally {
      this.#measures.fetched(isWell)
    }
  }
}
