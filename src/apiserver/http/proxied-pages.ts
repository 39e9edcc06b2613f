import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import type { IncomingReply } from '../streams/connections.ts'

/** Where a proxied page is seen from. */
export interface ProxiedPlace {
  /** The path that stands before those of the page's own server. */
  readonly prefix: string
  /** The names that mean this server: the one asked for, and the page's own. */
  readonly hosts: readonly string[]
  readonly isHead: boolean
}

/** Kubernetes: these attributes hold addresses. */
const addressAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
}
/** What is within these is text, whatever it looks like. */
const textElements = new Set(['iframe', 'noembed', 'noframes', 'script', 'style', 'textarea', 'title', 'xmp'])
const notPassedOn = ['credentials', 'headers', 'methods', 'origin'].map((name) => `access-control-allow-${name}`)

/**
 * A reply as it must be to be seen through a proxy path: redirects and the links of HTML pages lead through it again.
 * Kubernetes: a page is held back until it is whole.
 */
export async function proxiedReply(answer: IncomingReply, place: ProxiedPlace): Promise<IncomingReply> {
  const headers: Record<string, string | readonly string[]> = { ...answer.headers }
  for (const name of notPassedOn) delete headers[name]
  const { location } = headers
  if (typeof location === 'string' && location !== '')
    return { ...answer, headers: { ...headers, location: proxiedAddress(location, place) } }
  const type = String(headers['content-type'] ?? '')
    .split(';')[0]!
    .trim()
  const coding = codings[String(headers['content-encoding'] ?? '')]
  if (type !== 'text/html' || coding === undefined || place.isHead) return { ...answer, headers }
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  const page = coding.read(Buffer.concat(chunks)).toString('utf8')
  const bytes = coding.write(Buffer.from(proxiedPage(page, place)))
  headers['content-length'] = String(bytes.length)
  return {
    status: answer.status,
    headers,
    body: (async function* () {
      yield bytes
    })(),
  }
}
const same = (bytes: Buffer) => bytes
const codings: Readonly<Record<string, { read(bytes: Buffer): Buffer; write(bytes: Buffer): Buffer }>> = {
  '': { read: same, write: same },
  gzip: { read: (bytes) => gunzipSync(bytes), write: (bytes) => gzipSync(bytes) },
  deflate: { read: (bytes) => inflateRawSync(bytes), write: (bytes) => deflateRawSync(bytes) },
}

/** An address of a page as it is through the proxy; those of other servers, and relative ones, stay. */
export function proxiedAddress(address: string, { prefix, hosts }: ProxiedPlace): string {
  const [, scheme = '', host = '', path = '', rest = ''] =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*:)?\/\/([^/?#]*))?([^?#]*)(.*)$/s.exec(address) ?? []
  if ((host !== '' && !hosts.includes(host)) || !path.startsWith('/')) return address
  const before = host !== '' && host === hosts[0] ? `${scheme}//${host}` : ''
  return before + (path.startsWith(prefix) ? path : joined(prefix, path)) + rest
}

/** As Go joins paths: without doubled slashes and dots, the slash at the end kept. */
function joined(prefix: string, path: string): string {
  const parts: string[] = []
  for (const part of `${prefix}/${path}`.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}${path.endsWith('/') ? '/' : ''}`
}

const tagPattern = /<([a-zA-Z][^\s/>]*)((?:"[^"]*"|'[^']*'|[^"'>])*)>/y
const attributePattern = /([^\s"'<>/=]+)(?:(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+))?/g

/** A page with its links leading through the proxy; all else is left as it is. */
export function proxiedPage(page: string, place: ProxiedPlace): string {
  let result = ''
  let at = 0
  const pass = (end: number) => {
    const to = end < 0 ? page.length : end
    result += page.slice(at, to)
    at = to
  }
  while (at < page.length) {
    pass(page.indexOf('<', at))
    if (at >= page.length) break
    if (page.startsWith('<!--', at)) {
      const end = page.indexOf('-->', at + 4)
      pass(end < 0 ? -1 : end + 3)
      continue
    }
    tagPattern.lastIndex = at
    const tag = tagPattern.exec(page)
    if (tag === null) {
      pass(at + 1)
      continue
    }
    const [whole, name = '', attributes = ''] = tag
    const element = name.toLowerCase()
    result += `<${name}${proxiedAttributes(attributes, addressAttributes[element] ?? [], place)}>`
    at += whole.length
    if (!textElements.has(element)) continue
    const close = new RegExp(`</${element}[\\s/>]`, 'ig')
    close.lastIndex = at
    pass(close.exec(page)?.index ?? -1)
  }
  return result
}

function proxiedAttributes(text: string, names: readonly string[], place: ProxiedPlace): string {
  if (names.length === 0) return text
  return text.replace(
    attributePattern,
    (whole, name: string, equals: string | undefined, value: string | undefined) => {
      if (equals === undefined || value === undefined || !names.includes(name.toLowerCase())) return whole
      const address = value.replace(/^(["'])(.*)\1$/s, '$2').replaceAll('&amp;', '&')
      const moved = proxiedAddress(address, place)
      return moved === address ? whole : `${name}${equals}"${moved.replaceAll('&', '&amp;').replaceAll('"', '&#34;')}"`
    },
  )
}
