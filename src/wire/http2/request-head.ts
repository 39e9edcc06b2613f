import { fieldOverhead } from './header-reader.ts'

/** What a request begins with. */
export interface RequestHead {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Names in lower case; the authority as `host`. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** As `content-length` says, of which bodies must be. */
  readonly bodyBytes: number | undefined
  /** How large the fields are together, as HTTP/2 counts them. */
  readonly sizeBytes: number
}

const pseudoNames: ReadonlySet<string> = new Set([':method', ':scheme', ':path', ':authority'])
/** Those are about one connection of HTTP/1.1. */
const forbidden: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'],
])
/** Of these the first one counts, as in HTTP/1.1. */
const single: ReadonlySet<string> = new Set([
  ...['authorization', 'content-length', 'content-type', 'expect', 'from', 'host', 'if-modified-since'],
  ...['if-unmodified-since', 'max-forwards', 'proxy-authorization', 'referer', 'user-agent'],
])
const namePattern = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const valuePattern = /[\0\r\n]/
const digits = /^\d+$/

/** Fields are taken one by one; beyond a size they are counted only. */
export class HeadDraft {
  readonly #sizeMax: number
  #size = 0
  #pseudo: Record<string, string> = {}
  #headers: Record<string, string> = {}
  #isMalformed = false
  #isBehindPseudo = false

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  take(name: string, value: string): void {
    this.#size += name.length + value.length + fieldOverhead
    if (this.#size > this.#sizeMax || this.#isMalformed) return
    if (name.charCodeAt(0) === 58) {
      if (this.#isBehindPseudo || !pseudoNames.has(name) || this.#pseudo[name] !== undefined) this.#isMalformed = true
      this.#pseudo[name] = value
      return
    }
    this.#isBehindPseudo = true
    if (!isAllowed(name, value)) {
      this.#isMalformed = true
      return
    }
    const before = this.#headers[name]
    if (before === undefined) this.#headers[name] = value
    else if (!single.has(name)) this.#headers[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`
    else if (name === 'content-length' && before !== value) this.#isMalformed = true
  }

  /** The request that the fields are; undefined when they are none. */
  request(): RequestHead | undefined {
    const { ':method': method, ':scheme': scheme, ':path': url, ':authority': authority } = this.#pseudo
    if (this.#isMalformed || method === undefined || method === '') return undefined
    const isTunnel = method === 'CONNECT'
    const isTooLarge = this.#size > this.#sizeMax
    if (!isTooLarge && !isTunnel && (scheme === undefined || url === undefined || url === '')) return undefined
    const length = this.#headers['content-length']
    if (length !== undefined && !digits.test(length)) return undefined
    return {
      method,
      url: url ?? '/',
      headers: { host: authority ?? this.#headers.host, ...this.#headers },
      bodyBytes: length === undefined ? undefined : Number(length),
      sizeBytes: this.#size,
    }
  }

  /** Whether the fields may stand behind a body. */
  get isTrailer(): boolean {
    return !this.#isMalformed && Object.keys(this.#pseudo).length === 0
  }
}

function isAllowed(name: string, value: string): boolean {
  if (!namePattern.test(name) || valuePattern.test(value)) return false
  return !forbidden.has(name) && (name !== 'te' || value === 'trailers')
}
