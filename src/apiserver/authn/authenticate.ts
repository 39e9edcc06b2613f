import { X509Certificate } from 'node:crypto'
import { type Clock, StatusError, unauthorized } from '../../machinery/index.ts'
import type { WireRequest } from '../../wire/index.ts'
import type { Identity } from '../request.ts'
import type { AnonymousChoice } from './jwt/configuration.ts'
import type { AuthenticateToken } from './tokens.ts'

export const anonymous: Identity = { name: 'system:anonymous', groups: ['system:unauthenticated'] }
/** The only paths that may be asked without credentials. */
const anonymousPaths = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/'])

export interface AuthenticationParts {
  readonly clock: Clock
  readonly authenticateToken: AuthenticateToken
  /** PEM of the authority that signs client certificates; read again for each request, it may be renewed. */
  readonly clientCa: () => string
  /** Who may come without credentials, where that is configured. */
  readonly anonymous?: AnonymousChoice | undefined
  /** Told in seconds how long the certificate of each request is still good. */
  readonly certificateLasts?: (seconds: number) => void
}

/** Who sent a request: client certificate first, then bearer token; 401 when neither is good. */
export function authenticator({
  clock,
  authenticateToken,
  clientCa,
  anonymous: choice,
  certificateLasts,
}: AuthenticationParts): (request: WireRequest, path: string) => Promise<Identity> {
  let ca: { readonly pem: string; readonly certificates: readonly X509Certificate[] } | undefined
  const signedByUs = new WeakMap<X509Certificate, { pem: string; trusted: boolean }>()
  function trusted(certificate: X509Certificate): boolean {
    const pem = clientCa()
    if (ca?.pem !== pem) ca = { pem, certificates: certificatesIn(pem) }
    const known = signedByUs.get(certificate)
    if (known?.pem === pem) return known.trusted
    const answer = ca.certificates.some((one) => certificate.checkIssued(one) && certificate.verify(one.publicKey))
    signedByUs.set(certificate, { pem, trusted: answer })
    return answer
  }
  return async (request, path) => {
    const certificate = request.peerCertificate
    if (certificate !== undefined && trusted(certificate)) {
      // Checked on every request: a resumed TLS session may be older than the certificate's end.
      const nowMs = clock.now()
      const { identity, fromMs, toMs } = saidBy(certificate)
      if (nowMs <= toMs && nowMs >= fromMs - 300_000) {
        certificateLasts?.((toMs - nowMs) / 1000)
        if (identity !== undefined) return impersonated(identity, request)
      } else throw new StatusError(401, 'Unauthorized', 'Unauthorized')
    }
    const token = bearerToken(request)
    if (token !== undefined) {
      const found = await authenticateToken(token)
      if (found === undefined) throw unauthorized()
      return impersonated(found.identity, request)
    }
    if (isOpen(path, choice)) return anonymous
    throw unauthorized()
  }
}

/** Whether a path may be asked without credentials. Kubernetes: without conditions every path may. */
function isOpen(path: string, choice: AnonymousChoice | undefined): boolean {
  if (choice === undefined)
    return anonymousPaths.has(path) || ['/livez/', '/readyz/', '/healthz/'].some((one) => path.startsWith(one))
  const { enabled = false, conditions = [] } = choice
  return enabled && (conditions.length === 0 || conditions.some((one) => one.path === path))
}

/** The identity a request asks to act as travels beside the real one until authorisation has agreed. */
export interface ImpersonatingIdentity extends Identity {
  readonly impersonates?: Identity
}

/** Kubernetes: whom somebody wants to be, as Go writes it. */
function goUser(uid: string, groups: readonly string[], extra: Readonly<Record<string, readonly string[]>>): string {
  const texts = (list: readonly string[]) => `[]string{${list.map((one) => JSON.stringify(one)).join(', ')}}`
  const inGroups = groups.length === 0 ? '[]string(nil)' : texts(groups)
  const members = Object.entries(extra).map(([name, values]) => `${JSON.stringify(name)}:${texts(values)}`)
  const type = 'map[string][]string'
  const more = members.length === 0 ? `${type}(nil)` : `${type}{${members.sort().join(', ')}}`
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${inGroups}, Extra:${more}}`
}

function impersonated(identity: Identity, request: WireRequest): ImpersonatingIdentity {
  const name = request.headers['impersonate-user']
  const groups = splitHeader(request.headers['impersonate-group'])
  const uid = request.headers['impersonate-uid']
  const extra: Record<string, readonly string[]> = {}
  for (const header in request.headers) {
    if (header.startsWith('impersonate-extra-'))
      extra[decodeURIComponent(header.slice('impersonate-extra-'.length))] = splitHeader(request.headers[header])
  }
  if (name === undefined) {
    if (groups.length > 0 || uid !== undefined || Object.keys(extra).length > 0) {
      const who = goUser(uid ?? '', groups, extra)
      throw new StatusError(400, 'BadRequest', `requested ${who} without impersonating a user name`)
    }
    return identity
  }
  return {
    ...identity,
    impersonates: {
      name,
      groups,
      ...(uid === undefined ? {} : { uid }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    },
  }
}

function splitHeader(value: string | undefined): readonly string[] {
  return value === undefined || value === '' ? [] : value.split(',').map((one) => one.trim())
}

function bearerToken(request: WireRequest): string | undefined {
  const header = request.headers.authorization
  if (header !== undefined) {
    const [scheme = '', token = ''] = header.split(' ')
    if (scheme.toLowerCase() !== 'bearer' || token === '') return undefined
    return token
  }
  // Kubernetes: browsers cannot set headers on WebSockets, so the token may travel as a subprotocol.
  const protocol = splitHeader(request.headers['sec-websocket-protocol']).find((one) =>
    one.startsWith('base64url.bearer.authorization.k8s.io.'),
  )
  return protocol === undefined
    ? undefined
    : Buffer.from(protocol.slice('base64url.bearer.authorization.k8s.io.'.length), 'base64url').toString()
}

/** What a certificate says of its holder, and from when to when. */
interface Said {
  readonly identity: Identity | undefined
  readonly fromMs: number
  readonly toMs: number
}
const said = new WeakMap<X509Certificate, Said>()

/** Read once per certificate, which is once per connection. */
function saidBy(certificate: X509Certificate): Said {
  let known = said.get(certificate)
  if (known === undefined) {
    const { validFrom, validTo } = certificate
    known = { identity: identityOf(certificate), fromMs: Date.parse(validFrom), toMs: Date.parse(validTo) }
    said.set(certificate, known)
  }
  return known
}

/** Kubernetes: CN is the user, every O a group. */
function identityOf(certificate: X509Certificate): Identity | undefined {
  const parts = certificate.subject
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  const name = parts.find(([key]) => key === 'CN')?.[1]
  if (name === undefined || name === '') return undefined
  const groups = parts.filter(([key]) => key === 'O').map(([, value]) => value)
  return {
    name,
    groups: [...groups, 'system:authenticated'],
    extra: {
      'authentication.kubernetes.io/credential-id': [
        `X509SHA256=${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`,
      ],
    },
  }
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  )
}
