/** How much a part of the cluster logs, and whether that was said of it alone. */
export interface LogLevel {
  /** `controllers`, `controllers/namespace-controller`. */
  readonly part: string
  readonly level: number
  readonly isOwn: boolean
}

/** How much each part logs, to be changed while it runs: a part's own level, else that of what it belongs to, else all parts'. */
export class LogLevels {
  readonly #common: () => number
  readonly #parts = new Set<string>()
  readonly #own = new Map<string, number>()

  constructor(common: () => number) {
    this.#common = common
  }

  /** Makes a part known; parts of a part are named behind a slash. */
  add(part: string): void {
    this.#parts.add(part)
  }

  has(part: string): boolean {
    return this.#parts.has(part)
  }

  of(part: string): number {
    const own = this.#own.get(part)
    if (own !== undefined) return own
    const slash = part.lastIndexOf('/')
    return slash < 0 ? this.#common() : this.of(part.slice(0, slash))
  }

  /** Gives a part a level of its own, or with undefined takes it away again. */
  set(part: string, level: number | undefined): void {
    if (level === undefined) this.#own.delete(part)
    else this.#own.set(part, level)
  }

  /** Every known part, in order of name. */
  list(): readonly LogLevel[] {
    return [...this.#parts].sort().map((part) => ({ part, level: this.of(part), isOwn: this.#own.has(part) }))
  }
}

/**
 * What `PUT /debug/flags/v` comes to, whose body is a number; an empty one takes the part's own level away. Kubernetes: the words
 * are klog's.
 */
export function putLevel(
  levels: LogLevels,
  part: string,
  body: string,
): { readonly code: number; readonly text: string } {
  const text = body.trim()
  if (text !== '' && !/^\d{1,2}$/.test(text))
    return { code: 400, text: `failed to set klog.logging.verbosity to ${JSON.stringify(text)}: not a number\n` }
  levels.set(part, text === '' ? undefined : Number(text))
  return { code: 200, text: `successfully set klog.logging.verbosity to ${levels.of(part)}\n` }
}
