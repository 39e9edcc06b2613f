/** URLs as Go reads them: `url()`, `isURL()` and their parts. */
import { type UrlParts, UrlProblem, unescapePart, urlPartsOf } from '../../network/url.ts'
import type { FunctionDeclaration } from '../check/declarations.ts'
import { member, plain } from '../library/declare.ts'
import { boolType, listOf, mapOf, stringType, structType } from '../types/type.ts'
import { mapFrom } from '../values/map.ts'
import { CelError, noSuchOverload, ObjectValue, type Value } from '../values/value.ts'

const urlType = structType('kubernetes.URL')

/** A URL taken apart. */
export class UrlValue extends ObjectValue {
  readonly type = urlType
  readonly parts: UrlParts
  readonly text: string
  constructor(parts: UrlParts, text: string) {
    super()
    this.parts = parts
    this.text = text
  }

  equals(other: Value): boolean | CelError {
    return other instanceof UrlValue ? this.text === other.text : noSuchOverload
  }
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
function escapedPath({ path, rawPath }: UrlParts): string {
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

function urlText(parts: UrlParts): string {
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
    urlPartsOf(text, { viaRequest: true })
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
    const parts = urlPartsOf(text, { viaRequest: false })
    return new UrlValue(parts, urlText(parts))
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error
    return new CelError(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${error.message}`,
    )
  }
}

const part = (name: string, id: string, read: (parts: UrlParts) => string): FunctionDeclaration => ({
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
