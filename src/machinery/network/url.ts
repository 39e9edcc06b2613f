/** URLs taken apart as Go does, with its words for those that are none. */
/** The parts of a URL. */
export interface UrlParts {
  readonly scheme: string
  readonly opaque: string
  readonly user: string | undefined
  readonly host: string
  readonly path: string
  readonly rawPath: string
  readonly query: string | undefined
  readonly fragment: string | undefined
}

/** A text that is no URL; the message is Go's. */
export class UrlProblem extends Error {}

const decoder = new TextDecoder()

/** Resolves `%XX`. Throws UrlProblem for a broken escape, naming it as Go does. */
export function unescapePart(
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

function authorityOf(authority: string): Pick<UrlParts, 'user' | 'host'> {
  const sign = authority.lastIndexOf('@')
  const host = hostOf(authority.slice(sign + 1))
  if (sign < 0) return { user: undefined, host }
  const user = authority.slice(0, sign)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) throw new UrlProblem('net/url: invalid userinfo')
  return { user: unescapePart(user), host }
}

function pathPart(text: string): Pick<UrlParts, 'path' | 'rawPath'> {
  const path = unescapePart(text)
  return { path, rawPath: text }
}

/** Takes a URL apart. `viaRequest` is the form in which only absolute URIs and paths are allowed. */
export function urlPartsOf(whole: string, { viaRequest }: { readonly viaRequest: boolean }): UrlParts {
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
  let authority: Pick<UrlParts, 'user' | 'host'> = { user: undefined, host: '' }
  if ((scheme !== '' || (!viaRequest && !rest.startsWith('///'))) && rest.startsWith('//')) {
    const slash = rest.indexOf('/', 2)
    authority = authorityOf(slash === -1 ? rest.slice(2) : rest.slice(2, slash))
    rest = slash === -1 ? '' : rest.slice(slash)
  }
  return { ...none, ...authority, scheme, ...pathPart(rest), query }
}
