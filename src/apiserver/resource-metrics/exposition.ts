/** One sample of Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** When it was measured, where that is said. */
  readonly atMs: number | undefined
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+(-?\d+))?$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

/** The samples of a text whose names are wanted; lines that cannot be read are passed over. */
export function* samplesOf(text: string, wanted: ReadonlySet<string>): Iterable<Sample> {
  for (const one of text.split('\n')) {
    if (one === '' || one.startsWith('#')) continue
    const [, name = '', labels = '', value = '', at] = line.exec(one) ?? []
    if (!wanted.has(name)) continue
    const number = Number(value)
    if (Number.isNaN(number)) continue
    yield { name, labels: labelsOf(labels), value: number, atMs: at === undefined ? undefined : Number(at) }
  }
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(label))
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  return labels
}
