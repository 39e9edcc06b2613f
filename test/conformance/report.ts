/** One spec of a run. */
export interface SpecResult {
  readonly name: string
  /** Skipped: the spec itself found that it is not for this cluster. Unfinished: the run was ended before the spec was. */
  readonly status: 'passed' | 'failed' | 'skipped' | 'unfinished'
  readonly seconds: number
  /** Why it failed or was skipped, in the suite's first words. */
  readonly reason: string
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const plain = (text: string) =>
  text.replace(/&(?:#(x?)([0-9a-fA-F]+)|(\w+));/g, (whole, hex, code, name) =>
    code === undefined ? (entities[name] ?? whole) : String.fromCodePoint(Number.parseInt(code, hex === 'x' ? 16 : 10)),
  )
const attribute = (tag: string, name: string) => plain(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '')

/** The specs that ran or found that they are not to, as the suite's JUnit file says; those not chosen are left out. */
export function readJunit(xml: string): readonly SpecResult[] {
  const cases = xml.matchAll(/<testcase\b((?:"[^"]*"|[^">])*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)
  return [...cases].flatMap(([, head = '', body = '']): SpecResult[] => {
    const name = attribute(head, 'name').replace(/^\[It\] /, '')
    const state = attribute(head, 'status')
    const hasPassed = state === 'passed'
    const [, failure, text = ''] = /<(?:failure|error)\b((?:"[^"]*"|[^">])*)>([^<]*)/.exec(body) ?? []
    const reason = failure === undefined ? state : attribute(failure, 'message') || plain(text)
    const [, refusal = ''] = /<skipped\b[^>]*\bmessage="skipped - ([^"]*)"/.exec(body) ?? []
    if (refusal !== '') return [{ name, status: 'skipped', seconds: 0, reason: plain(refusal).trim() }]
    if (['skipped', 'pending'].includes(state) || (!name.startsWith('[sig-') && hasPassed)) return []
    return [
      {
        name,
        status: hasPassed ? 'passed' : state === 'interrupted' ? 'unfinished' : 'failed',
        seconds: Number(attribute(head, 'time')),
        reason: hasPassed ? '' : reason.replace(/^\[\w+\] /, '').trim(),
      },
    ]
  })
}

const sigOf = ({ name }: SpecResult) => /^\[(sig-[\w-]+)\]/.exec(name)?.[1] ?? 'the suite itself'

/** Figures per SIG, then every failure and what specs had against this cluster, with the beginning of its reason. */
export function reportOf(results: readonly SpecResult[]): string {
  const sigs = [...new Set(results.map(sigOf))].sort()
  const columns = (['passed', 'failed', 'skipped'] as const).filter(
    (status) => status !== 'skipped' || results.some((one) => one.status === status),
  )
  const count = (sig: string | undefined, status: SpecResult['status']) =>
    results.filter((one) => one.status === status && (sig === undefined || sigOf(one) === sig)).length
  const row = (title: string, cells: readonly unknown[]) =>
    title.padEnd(24) + cells.map((cell) => String(cell).padStart(8)).join('')
  const rows = [...sigs, undefined].map((sig) =>
    row(
      sig ?? 'all',
      columns.map((status) => count(sig, status)),
    ),
  )
  const sorted = results.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const listed = (['failed', 'skipped', 'unfinished'] as const).flatMap((status) =>
    sorted
      .filter((one) => one.status === status)
      .flatMap(({ name, reason }) => [
        `${status.toUpperCase()} ${name}`,
        ...(status === 'unfinished' ? [] : firstLines(reason)),
      ]),
  )
  return `${[row('SIG', columns), ...rows, ...(listed.length === 0 ? [] : ['', ...listed])].join('\n')}\n`
}

function firstLines(reason: string): readonly string[] {
  const lines = reason.split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '')
    .slice(0, 3)
    .map((line) => `       ${line.slice(0, 300)}`)
}
