/** Label values by label name, in the order the metric declared them. */
export type LabelValues = Readonly<Record<string, string>>

/** A number that only grows. */
export interface Counter {
  inc(labels?: LabelValues, by?: number): void
}
/** A number that is what it is set to. */
export interface Gauge {
  set(value: number, labels?: LabelValues): void
  /** Forgets the value of these labels. */
  remove(labels: LabelValues): void
}
/** How often values fell below each bound, with their sum. */
export interface Histogram {
  observe(value: number, labels?: LabelValues): void
}

/** Metrics of one process, registered once under upstream's names, printed in Prometheus' text format 0.0.4. */
export class Metrics {
  readonly #families = new Map<string, Family>()

  counter(name: string, help: string): Counter {
    const family = this.#family(name, 'counter', help)
    return { inc: (labels = {}, by = 1) => family.add(labels, by) }
  }

  gauge(name: string, help: string): Gauge {
    const family = this.#family(name, 'gauge', help)
    return { set: (value, labels = {}) => family.set(labels, value), remove: (labels) => family.remove(labels) }
  }

  /** A gauge that is asked for its value when metrics are read. */
  gaugeOf(name: string, help: string, read: () => number): void {
    this.#family(name, 'gauge', help).read = read
  }

  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    const family = this.#family(name, 'histogram', help)
    family.buckets = buckets
    return { observe: (value, labels = {}) => family.observe(labels, value) }
  }

  /** All metrics as `text/plain; version=0.0.4`. */
  text(): string {
    return [...this.#families.values()].map((family) => family.text()).join('')
  }

  #family(name: string, type: string, help: string): Family {
    let family = this.#families.get(name)
    if (family === undefined) this.#families.set(name, (family = new Family(name, type, help)))
    return family
  }
}

interface Series {
  readonly labels: string
  value: number
  counts: number[]
  count: number
}

class Family {
  readonly #name: string
  readonly #type: string
  readonly #help: string
  readonly #series = new Map<string, Series>()
  buckets: readonly number[] = []
  read: (() => number) | undefined

  constructor(name: string, type: string, help: string) {
    this.#name = name
    this.#type = type
    this.#help = help
  }

  add(labels: LabelValues, by: number): void {
    this.#of(labels).value += by
  }

  set(labels: LabelValues, value: number): void {
    this.#of(labels).value = value
  }

  remove(labels: LabelValues): void {
    this.#series.delete(keyOf(labels))
  }

  observe(labels: LabelValues, value: number): void {
    const series = this.#of(labels)
    series.value += value
    series.count++
    const index = this.buckets.findIndex((bound) => value <= bound)
    if (index >= 0) series.counts[index] = (series.counts[index] ?? 0) + 1
  }

  text(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} ${this.#type}`]
    if (this.read !== undefined) lines.push(`${this.#name} ${this.read()}`)
    for (const { labels, value, counts, count } of this.#series.values()) {
      if (this.#type !== 'histogram') {
        lines.push(`${this.#name}${labels === '' ? '' : `{${labels}}`} ${value}`)
        continue
      }
      const before = labels === '' ? '' : `${labels},`
      let total = 0
      for (const [index, bound] of this.buckets.entries()) {
        total += counts[index] ?? 0
        lines.push(`${this.#name}_bucket{${before}le="${bound}"} ${total}`)
      }
      lines.push(`${this.#name}_bucket{${before}le="+Inf"} ${count}`)
      const braces = labels === '' ? '' : `{${labels}}`
      lines.push(`${this.#name}_sum${braces} ${value}`, `${this.#name}_count${braces} ${count}`)
    }
    return `${lines.join('\n')}\n`
  }

  #of(labels: LabelValues): Series {
    const key = keyOf(labels)
    let series = this.#series.get(key)
    if (series === undefined) this.#series.set(key, (series = { labels: key, value: 0, counts: [], count: 0 }))
    return series
  }
}

function keyOf(labels: LabelValues): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`))}"`)
    .join(',')
}
