/** URLs as Go reads them: `url()`, `isURL()` and their parts. */
import type { FunctionDeclaration } from '../check/declarations.ts'
import { member, plain } from '../library/declare.ts'
import { boolType, listOf, mapOf, stringType, structType } from '../types/type.ts'
import { mapFrom } from '../values/map.ts'
import { CelError, noSuchOverload, ObjectValue, type Value } from '../values/value.ts'

const urlType = structType('kubernetes.URL')

interface Parts {
  readonly scheme: string
  readonly opaque: string
  readonly user: string | undefined
  readonly host: string
  readonly path: string
  readonly rawPath: string
  readonly query: string | undefined
  readonly fragment: string | undefined
}

/** A URL taken apart. */
export class UrlValue extends ObjectValue {
  readonly type = urlType
  readonly parts: Parts
  readonly text: string
  constructor(parts: Parts, text: string) {
    super()
    this.parts = parts
    this.text = text
  }

  equals(other: Value): boolean | CelError {
    return other instanceof UrlValue ? this.text === other.text : noSuchOverload
  }
}

class UrlProblem extends Error {}

const decoder = new TextDecoder()

/** Resolves `%XX`. Throws for a broken escape, naming it as Go does. */
function unescapePart(
  text: string,
  { plusIsSpace = false, host = false }: { readonly plusIsSpace?: boolean; readonly host?: boolean } = {},
): string {
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text)
  if (bad !== null) throw new UrlProblem(`invalid URL escape ${JSON.stringify(text.slice(bad.index, bad.index + 3))}`)
  if (host) {
    const escaped = /%(?!25)[0-7][0-9a-fA-F]/.exec(text)
    if (escaped !== null) throw new UrlProblem(`invalid URL escape ${JSON.stringify(escaped[0])}`)
    const character = /[^\u0080-\uffffA-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%]/.exec(text)
    if (character !== null) throw new UrlProblem(`invalid character ${JSON.stringify(character[0])} in host name`)
  }
  const plain = plusIsSpace ? text.replaceAll('+', ' ') : text
  if (!plain.includes('%')) return plain
  const bytes: number[] = []
  const encoder = new TextEncoder()
  for (let at = 0; at < plain.length; at++) {
    if (plain[at] === '%') {
      bytes.push(Number.parseInt(plain.slice(at + 1, at + 3), 16))
      at += 2
    } else bytes.push(...encoder.encode(plain[at]))
  }
  return decoder.decode(Uint8Array.from(bytes))
}

function schemeOf(text: string): readonly [string, string] {
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (/[a-zA-Z]/.test(character)) continue
    if (/[0-9+\-.]/.test(character)) {
      if (at === 0) return ['', text]
      continue
    }
    if (character === ':') {
      if (at === 0) throw new UrlProblem('missing protocol scheme')
      return [text.slice(0, at).toLowerCase(), text.slice(at + 1)]
    }
    return ['', text]
  }
  return ['', text]
}

function checkPort(port: string): void {
  if (port !== '' && !/^:\d*$/.test(port)) throw new UrlProblem(`invalid port ${JSON.stringify(port)} after host`)
}

function hostOf(host: string): string {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']')
    if (end < 0) throw new UrlProblem("missing ']' in host")
    checkPort(host.slice(end + 1))
    return unescapePart(host, { host: true })
  }
  const colon = host.lastIndexOf(':')
  if (colon !== -1) checkPort(host.slice(colon))
  return unescapePart(host, { host: true })
}

function authorityOf(authority: string): Pick<Parts, 'user' | 'host'> {
  const sign = authority.lastIndexOf('@')
  const host = hostOf(authority.slice(sign + 1))
  if (sign < 0) return { user: undefined, host }
  const user = authority.slice(0, sign)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) throw new UrlProblem('net/url: invalid userinfo')
  return { user: unescapePart(user), host }
}

function pathPart(text: string): Pick<Parts, 'path' | 'rawPath'> {
  const path = unescapePart(text)
  return { path, rawPath: text }
}

/** Takes a URL apart. `viaRequest` is the form in which only absolute URIs and paths are allowed. */
function partsOf(whole: string, { viaRequest }: { readonly viaRequest: boolean }): Parts {
  if (/[\u0000-\u001f\u007f]/.test(whole)) throw new UrlProblem('net/url: invalid control character in URL')
  if (whole === '' && viaRequest) throw new UrlProblem('empty url')
  const hash = viaRequest ? -1 : whole.indexOf('#')
  const text = hash === -1 ? whole : whole.slice(0, hash)
  const fragment = hash === -1 ? undefined : unescapePart(whole.slice(hash + 1))
  const none = { opaque: '', user: undefined, host: '', fragment }
  if (text === '*') return { ...none, scheme: '', path: '*', rawPath: '*', query: undefined }
  const [scheme, afterScheme] = schemeOf(text)
  const mark = afterScheme.indexOf('?')
  let rest = mark === -1 ? afterScheme : afterScheme.slice(0, mark)
  const query = mark === -1 ? undefined : afterScheme.slice(mark + 1)
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...none, scheme, opaque: rest, path: '', rawPath: '', query }
    if (viaRequest) throw new UrlProblem('invalid URI for request')
    if ((rest.split('/')[0] ?? '').includes(':')) throw new UrlProblem('first path segment in URL cannot contain colon')
  }
  let authority: Pick<Parts, 'user' | 'host'> = { user: undefined, host: '' }
  if ((scheme !== '' || (!viaRequest && !rest.startsWith('///'))) && rest.startsWith('//')) {
    const slash = rest.indexOf('/', 2)
    authority = authorityOf(slash === -1 ? rest.slice(2) : rest.slice(2, slash))
    rest = slash === -1 ? '' : rest.slice(slash)
  }
  return { ...none, ...authority, scheme, ...pathPart(rest), query }
}

const encoder = new TextEncoder()

function escapePath(path: string): string {
  return [...encoder.encode(path)]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      return /[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]]/.test(character) && !/[[\]]/.test(character)
        ? character
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}

/** The path as it was written when that is a valid writing of it, or its default writing. */
function escapedPath({ path, rawPath }: Parts): string {
  if (rawPath !== '' && /^(?:[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]]|%[0-9a-fA-F]{2})*$/.test(rawPath)) return rawPath
  return path === '*' ? '*' : escapePath(path)
}

function hostname(host: string): string {
  const bracketed = /^\[(.*)\](?::\d*)?$/.exec(host)
  if (bracketed !== null) return bracketed[1]!
  const colon = host.lastIndexOf(':')
  return colon !== -1 && /^\d*$/.test(host.slice(colon + 1)) ? host.slice(0, colon) : host
}

function port(host: string): string {
  return /^(?:\[.*\]|[^:]*):(\d*)$/.exec(host)?.[1] ?? ''
}

/** Kubernetes: pairs that cannot be read, and those with a semicolon, are passed over. */
function queryValues(query: string): Value {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue
    const sign = pair.indexOf('=')
    try {
      const key = unescapePart(sign === -1 ? pair : pair.slice(0, sign), { plusIsSpace: true })
      const value = sign === -1 ? '' : unescapePart(pair.slice(sign + 1), { plusIsSpace: true })
      values.set(key, [...(values.get(key) ?? []), value])
    } catch (error) {
      if (!(error instanceof UrlProblem)) throw error
    }
  }
  return mapFrom(values)
}

function urlText(parts: Parts): string {
  const { scheme, opaque, user, host, query, fragment } = parts
  const lead = scheme === '' ? '' : `${scheme}:`
  const tail = `${query === undefined ? '' : `?${query}`}${fragment === undefined || fragment === '' ? '' : `#${fragment}`}`
  if (opaque !== '') return `${lead}${opaque}${tail}`
  const path = escapedPath(parts)
  const authority =
    scheme !== '' || host !== '' || user !== undefined
      ? host !== '' || path !== '' || user !== undefined
        ? '//'
        : ''
      : ''
  return `${lead}${authority}${user === undefined ? '' : `${user}@`}${host}${path}${tail}`
}

/** Why a text is no URL of a request, or undefined. */
export function urlProblem(text: string): string | undefined {
  try {
    partsOf(text, { viaRequest: true })
    return undefined
  } catch (error) {
    if (error instanceof UrlProblem) return `parse ${JSON.stringify(text)}: ${error.message}`
    throw error
  }
}

function urlOf(text: string): Value {
  const problem = urlProblem(text)
  if (problem !== undefined) return new CelError(`URL parse error during conversion from string: ${problem}`)
  try {
    const parts = partsOf(text, { viaRequest: false })
    return new UrlValue(parts, urlText(parts))
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error
    return new CelError(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${error.message}`,
    )
  }
}

const part = (name: string, id: string, read: (parts: Parts) => string): FunctionDeclaration => ({
  name,
  overloads: [member(id, [urlType], stringType, ([url]) => read((url as UrlValue).parts))],
})

/** The functions of URLs. */
export const urlFunctions: readonly FunctionDeclaration[] = [
  { name: 'url', overloads: [plain('string_to_url', [stringType], urlType, ([text]) => urlOf(text as string))] },
  part('getScheme', 'url_get_scheme', ({ scheme }) => scheme),
  part('getHost', 'url_get_host', ({ host }) => host),
  part('getHostname', 'url_get_hostname', ({ host }) => hostname(host)),
  part('getPort', 'url_get_port', ({ host }) => port(host)),
  part('getEscapedPath', 'url_get_escaped_path', escapedPath),
  {
    name: 'getQuery',
    overloads: [
      member('url_get_query', [urlType], mapOf(stringType, listOf(stringType)), ([url]) =>
        queryValues((url as UrlValue).parts.query ?? ''),
      ),
    ],
  },
  {
    name: 'isURL',
    overloads: [plain('is_url_string', [stringType], boolType, ([text]) => urlProblem(text as string) === undefined)],
  },
]
