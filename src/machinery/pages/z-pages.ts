import { type Clock, timestampOf } from '../clock/clock.ts'
import { StatusError } from '../status/status.ts'
import { yamlText } from '../yaml/yaml.ts'
import { mediaRanges } from './media-ranges.ts'

/** What a component says of itself. */
export interface SelfDescription {
  readonly component: string
  readonly startedMs: number
  readonly goVersion: string
  /** `major.minor`, of the binary and of what it behaves like. */
  readonly version: string
  /** Paths below its root. */
  readonly paths: () => readonly string[]
  /** What it was started with, under the names of Kubernetes' flags. */
  readonly flags: () => Readonly<Record<string, string>>
  /** The pages that there are. */
  readonly pages: readonly ('/statusz' | '/flagz')[]
}

/** A page as it goes out. */
export interface ZPage {
  readonly type: string
  readonly text: string
  readonly warning?: string
}

/** A component's description of itself, with the pages that its gates allow. */
export function describeSelf(
  component: string,
  {
    clock,
    version: { major, minor, goVersion },
    flags = () => ({}),
  }: {
    readonly clock: Clock
    readonly version: { readonly major: string; readonly minor: string; readonly goVersion: string }
    readonly flags?: SelfDescription['flags']
  },
  gates: { enabled(gate: string): boolean },
): Omit<SelfDescription, 'paths'> {
  const startedMs = clock.now()
  const pages = [
    ...(gates.enabled('ComponentStatusz') ? (['/statusz'] as const) : []),
    ...(gates.enabled('ComponentFlagz') ? (['/flagz'] as const) : []),
  ]
  return { component, startedMs, goVersion, version: `${major}.${minor}`, flags, pages }
}

const kinds = { '/statusz': 'Statusz', '/flagz': 'Flagz' } as const
const group = 'config.k8s.io'
const versions: ReadonlySet<string> = new Set(['v1alpha1', 'v1beta1'])
const deprecated = 'v1alpha1'

/** /statusz or /flagz in the form that is asked for; undefined for other paths, 406 for other forms. */
export function zPage(
  self: SelfDescription,
  path: string,
  accept: string | undefined,
  nowMs: number,
): ZPage | undefined {
  const page = self.pages.find((one) => one === path)
  if (page === undefined) return undefined
  if (accept === undefined || accept.trim() === '') return plain(self, page, nowMs)
  for (const { type, parameters } of mediaRanges(accept)) {
    const { g, v = '', as } = parameters
    if (as === undefined) {
      // Kubernetes: without a kind there is the text alone, which is for people.
      if (type === 'text/plain' || type === 'text/*' || type === '*/*') return plain(self, page, nowMs)
      continue
    }
    if (g !== group || as !== kinds[page] || !versions.has(v)) continue
    const wanted = type === 'application/*' || type === '*/*' ? 'application/json' : type
    if (wanted !== 'application/json' && wanted !== 'application/yaml') continue
    const object = {
      kind: as,
      apiVersion: `${group}/${v}`,
      metadata: { name: self.component },
      ...said(self, page, nowMs),
    }
    const text = wanted === 'application/json' ? `${JSON.stringify(object)}\n` : yamlText(object)
    if (v !== deprecated) return { type: wanted, text }
    const name = page.slice(1)
    const warning = `299 - "This version of the ${name} endpoint is deprecated. Please use a newer version."`
    return { type: wanted, text, warning }
  }
  throw new StatusError(
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml, text/plain',
  )
}

function said(self: SelfDescription, page: '/statusz' | '/flagz', nowMs: number): object {
  if (page === '/flagz') return { flags: sorted(self.flags()) }
  return {
    startTime: timestampOf(self.startedMs),
    uptimeSeconds: uptimeOf(self, nowMs),
    goVersion: self.goVersion,
    binaryVersion: self.version,
    emulationVersion: self.version,
    paths: foldersOf(self.paths()),
  }
}

function plain(self: SelfDescription, page: '/statusz' | '/flagz', nowMs: number): ZPage {
  const warning =
    'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.'
  const seconds = uptimeOf(self, nowMs)
  const two = (value: number) => String(value).padStart(2, '0')
  const lines =
    page === '/flagz'
      ? Object.entries(sorted(self.flags())).map(([name, value]) => `${name}=${value}`)
      : [
          '',
          `Started: ${unixDate(self.startedMs)}`,
          `Up: ${Math.floor(seconds / 3600)} hr ${two(Math.floor(seconds / 60) % 60)} min ${two(seconds % 60)} sec`,
          `Go version: ${self.goVersion}`,
          `Binary version: ${self.version}`,
          `Emulation version: ${self.version}`,
          `Paths: ${foldersOf(self.paths()).join(' ')}`,
        ]
  const text = `\n${self.component} ${page.slice(1)}\n${warning}\n${lines.map((line) => `${line}\n`).join('')}`
  return { type: 'text/plain; charset=utf-8', text }
}

function uptimeOf({ startedMs }: SelfDescription, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - startedMs) / 1000))
}

function sorted(flags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Kubernetes: the first parts of the paths, without those that are for machines. */
function foldersOf(paths: readonly string[]): readonly string[] {
  const others = new Set(['/apis', '/api', '/openid', '/openapi', '/.well-known', '/'])
  const folders = new Set(paths.map((path) => `/${path.split('/')[1] ?? ''}`))
  return [...folders].filter((folder) => !others.has(folder)).sort()
}

/** `Thu Jan  1 00:00:00 UTC 1970`, as date(1) says it. */
function unixDate(ms: number): string {
  const [, weekday, day, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms).toUTCString())!
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} UTC ${year}`
}
