/** Label values by label name, in the order the metric declared them. */
export type LabelValues = Readonly<Record<string, string>>

/** A number that only grows. */
export interface Counter {
  inc(labels?: LabelValues, by?: number): void
  series(labels: LabelValues): CounterSeries
}
/** One series of a counter, found once: for what is counted on every call. */
export interface CounterSeries {
  inc(by?: number): void
}
/** One series of a histogram, found once: for what is measured on every call. */
export interface Series {
  observe(value: number): void
}
/** A value that was asked for when metrics were read. */
export interface Reading {
  readonly labels: LabelValues
  readonly value: number
}
/** A histogram that somebody else keeps, as it was when metrics were read. */
export interface HistogramReading {
  readonly labels: LabelValues
  readonly counts: readonly number[]
  readonly count: number
  readonly sum: number
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
  series(labels: LabelValues): Series
}

/** Metrics of one process, registered once under upstream's names, printed in Prometheus' text format 0.0.4. */
export class Metrics {
  readonly #families = new Map<string, Family>()
  readonly #whole: Metrics | undefined

  constructor(whole?: Metrics) {
    this.#whole = whole
  }

  /** Metrics of a part of the process, which tells its own alone; they are among those of the whole as well. */
  part(): Metrics {
    return new Metrics(this)
  }

  counter(name: string, help: string): Counter {
    const family = this.#family(name, 'counter', help)
    return {
      inc: (labels = {}, by = 1) => family.add(labels, by),
      series: (labels) => family.counterOf(labels),
    }
  }

  gauge(name: string, help: string): Gauge {
    const family = this.#family(name, 'gauge', help)
    return { set: (value, labels = {}) => family.set(labels, value), remove: (labels) => family.remove(labels) }
  }

  /** A gauge that is asked for its value when metrics are read. */
  gaugeOf(name: string, help: string, read: () => number): void {
    this.readings(name, 'gauge', help, () => [{ labels: {}, value: read() }])
  }

  /** A counter or gauge whose series are asked for when metrics are read. */
  readings(name: string, type: 'counter' | 'gauge', help: string, read: () => Iterable<Reading>): void {
    this.#family(name, type, help).read = read
  }

  /** A histogram whose series are asked for when metrics are read. */
  histogramReadings(
    name: string,
    help: string,
    buckets: readonly number[],
    read: () => Iterable<HistogramReading>,
  ): void {
    const family = this.#family(name, 'histogram', help)
    family.buckets = buckets
    family.readHistograms = read
  }

  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    const family = this.#family(name, 'histogram', help)
    family.buckets = buckets
    return {
      observe: (value, labels = {}) => family.observe(labels, value),
      series: (labels) => family.seriesOf(labels),
    }
  }

  /** The names of all metrics, in the order they were registered. */
  names(): readonly string[] {
    return [...this.#families.keys()]
  }

  /** All metrics as `text/plain; version=0.0.4`, or those of which `isWanted` says so by their name. */
  text(isWanted: (name: string) => boolean = () => true): string {
    let text = ''
    for (const [name, family] of this.#families) if (isWanted(name)) text += family.text()
    return text
  }

  #family(name: string, type: string, help: string): Family {
    let family = this.#families.get(name)
    if (family !== undefined) return family
    family = this.#whole === undefined ? new Family(name, type, help) : this.#whole.#family(name, type, help)
    this.#families.set(name, family)
    return family
  }
}

interface Kept {
  readonly labels: string
  value: number
  counts: number[]
  count: number
}

class Family {
  readonly #name: string
  readonly #type: string
  readonly #help: string
  readonly #series = new Map<string, Kept>()
  buckets: readonly number[] = []
  read: (() => Iterable<Reading>) | undefined
  readHistograms: (() => Iterable<HistogramReading>) | undefined

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
    this.#series.delete(labelText(labels))
  }

  observe(labels: LabelValues, value: number): void {
    this.#observe(this.#of(labels), value)
  }

  counterOf(labels: LabelValues): CounterSeries {
    const kept = this.#of(labels)
    return { inc: (by = 1) => void (kept.value += by) }
  }

  seriesOf(labels: LabelValues): Series {
    const kept = this.#of(labels)
    return { observe: (value) => this.#observe(kept, value) }
  }

  text(): string {
    const lines = [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} ${this.#type}`]
    for (const { labels, value } of this.read?.() ?? []) lines.push(this.#line(labelText(labels), value))
    for (const { labels, counts, count, sum } of this.readHistograms?.() ?? [])
      this.#histogramLines({ labels: labelText(labels), counts: [...counts], count, value: sum }, lines)
    for (const kept of this.#series.values()) {
      if (this.#type === 'histogram') this.#histogramLines(kept, lines)
      else lines.push(this.#line(kept.labels, kept.value))
    }
    return `${lines.join('\n')}\n`
  }

  #line(labels: string, value: number): string {
    const text = Number.isFinite(value) ? value : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN'
    return `${this.#name}${labels === '' ? '' : `{${labels}}`} ${text}`
  }

  #histogramLines({ labels, counts, count, value }: Kept, lines: string[]): void {
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

  #observe(kept: Kept, value: number): void {
    kept.value += value
    kept.count++
    const { buckets } = this
    let index = 0
    while (index < buckets.length && !(value <= buckets[index]!)) index++
    if (index < buckets.length) kept.counts[index] = (kept.counts[index] ?? 0) + 1
  }

  #of(labels: LabelValues): Kept {
    const key = labelText(labels)
    let kept = this.#series.get(key)
    if (kept === undefined) this.#series.set(key, (kept = { labels: key, value: 0, counts: [], count: 0 }))
    return kept
  }
}

function labelText(labels: LabelValues): string {
  let text = ''
  for (const name in labels) {
    const value = labels[name]!
    const escaped = special.test(value)
      ? value.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`))
      : value
    text += text === '' ? `${name}="${escaped}"` : `,${name}="${escaped}"`
  }
  return text
}
const special = /[\\"\n]/
