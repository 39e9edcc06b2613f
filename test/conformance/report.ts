/** One spec of a run. */
export interface SpecResult {
  readonly name: string
  /** Unfinished: the run was ended before the spec was. */
  readonly status: 'passed' | 'failed' | 'unfinished'
  readonly seconds: number
  /** Why it failed, in the suite's first words. */
  readonly reason: string
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const plain = (text: string) =>
  text.replace(/&(?:#(x?)([0-9a-fA-F]+)|(\w+));/g, (whole, hex, code, name) =>
    code === undefined ? (entities[name] ?? whole) : String.fromCodePoint(Number.parseInt(code, hex === 'x' ? 16 : 10)),
  )
const attribute = (tag: string, name: string) => plain(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '')

/** The specs that ran, as the suite's JUnit file says; those left out are left out. */
export function readJunit(xml: string): readonly SpecResult[] {
  const cases = xml.matchAll(/<testcase\b((?:"[^"]*"|[^">])*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)
  return [...cases].flatMap(([, head = '', body = '']) => {
    const name = attribute(head, 'name').replace(/^\[It\] /, '')
    const state = attribute(head, 'status')
    const hasPassed = state === 'passed'
    const [, failure, text = ''] = /<(?:failure|error)\b((?:"[^"]*"|[^">])*)>([^<]*)/.exec(body) ?? []
    const reason = failure === undefined ? state : attribute(failure, 'message') || plain(text)
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

/** Figures per SIG, then every failure with the beginning of its reason. */
export function reportOf(results: readonly SpecResult[]): string {
  const sigs = [...new Set(results.map(sigOf))].sort()
  const count = (sig: string | undefined, status: SpecResult['status']) =>
    results.filter((one) => one.status === status && (sig === undefined || sigOf(one) === sig)).length
  const row = (title: string, passed: string, failed: string) =>
    `${title.padEnd(24)}${passed.padStart(8)}${failed.padStart(8)}`
  const rows = [...sigs, undefined].map((sig) =>
    row(sig ?? 'all', String(count(sig, 'passed')), String(count(sig, 'failed'))),
  )
  const failures = results.filter(({ status }) => status === 'failed').sort((a, b) => (a.name < b.name ? -1 : 1))
  const listed = failures.flatMap(({ name, reason }) => [`FAILED ${name}`, ...firstLines(reason)])
  const unfinished = results.filter(({ status }) => status === 'unfinished').map(({ name }) => `UNFINISHED ${name}`)
  listed.push(...unfinished.sort())
  return `${[row('SIG', 'passed', 'failed'), ...rows, ...(listed.length === 0 ? [] : ['', ...listed])].join('\n')}\n`
}

function firstLines(reason: string): readonly string[] {
  const lines = reason.split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '')
    .slice(0, 3)
    .map((line) => `       ${line.slice(0, 300)}`)
}
