import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import {
  alternativeNames,
  type CertificateContent,
  certificateBody,
  distinguishedName,
  ipBytes,
  issuerFactsOf,
  parseIp,
  signatureAlgorithms,
  signedCertificate,
} from '../../machinery/index.ts'
import type { KeyPair } from './key-pair.ts'

export interface CertificateRequest {
  readonly commonName: string
  readonly organizations?: readonly string[]
  /** DNS names and IP addresses; addresses are told apart by their form. */
  readonly names?: readonly string[]
  readonly usages: readonly ('server' | 'client')[]
  readonly days: number
}

const dayMs = 24 * 60 * 60_000
/** Certificates start a little in the past, so that a peer whose clock is behind accepts them. */
const backdateMs = 5 * 60_000
const serialNumberBytes = 15
const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const

/** A new self-signed certificate authority (P-256). */
export function createAuthority(commonName: string, nowMs: number, days: number): KeyPair {
  const { publicKey, privateKey } = newKeys()
  const name = distinguishedName(commonName)
  const cert = signed(privateKey, {
    ...{ issuer: name, subject: name, publicKey },
    notBeforeMs: nowMs - backdateMs,
    notAfterMs: nowMs + days * dayMs,
    isAuthority: true,
    keyUsages: ['digitalSignature', 'keyEncipherment', 'keyCertSign'],
    purposes: [],
    subjectKeyId: keyIdOf(publicKey),
    alternativeNames: alternativeNames([commonName]),
  })
  return { cert, key: pemOfKey(privateKey) }
}

/** A certificate of the authority for a new key (P-256). */
export function issueCertificate(authority: KeyPair, request: CertificateRequest, nowMs: number): KeyPair {
  const { publicKey, privateKey } = newKeys()
  const names = (request.names ?? []).map((name) => {
    const address = parseIp(name)
    return address === undefined ? name : ipBytes(address)
  })
  const cert = certify(
    authority,
    {
      subject: distinguishedName(request.commonName, request.organizations),
      publicKey,
      keyUsages: ['digitalSignature', 'keyEncipherment'],
      purposes: request.usages.map((usage) => purposes[usage]),
      ...(names.length === 0 ? {} : { alternativeNames: alternativeNames(names) }),
    },
    { fromMs: nowMs - backdateMs, toMs: nowMs + request.days * dayMs },
  )
  return { cert, key: pemOfKey(privateKey) }
}

/** A certificate of the authority, PEM; it ends no later than the authority does. */
export function certify(
  authority: KeyPair,
  content: Pick<CertificateContent, 'subject' | 'publicKey' | 'keyUsages' | 'purposes' | 'alternativeNames'>,
  time: { readonly fromMs: number; readonly toMs: number },
): string {
  const certificate = new X509Certificate(authority.cert)
  const issuer = issuerFactsOf(certificate.raw)
  return signed(createPrivateKey(authority.key), {
    ...content,
    issuer: issuer.subject,
    authorityKeyId: issuer.subjectKeyId ?? keyIdOf(issuer.publicKey),
    notBeforeMs: time.fromMs,
    notAfterMs: Math.min(time.toMs, Date.parse(certificate.validTo)),
    isAuthority: false,
  })
}

function signed(key: KeyObject, content: Omit<CertificateContent, 'serialNumber'>): string {
  const { ecdsaWithSha256, sha256WithRsa } = signatureAlgorithms
  const algorithm = key.asymmetricKeyType === 'rsa' ? sha256WithRsa : ecdsaWithSha256
  const body = certificateBody({ ...content, serialNumber: serialNumber() }, algorithm)
  const base64 = Buffer.from(signedCertificate(body, algorithm, sign('sha256', body, key))).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function newKeys(): { readonly publicKey: Uint8Array; readonly privateKey: KeyObject } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return { publicKey: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }), privateKey }
}

const pemOfKey = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString()

/** What a key is known by in certificates: 160 bits of a digest (RFC 7093, method 1, over the whole key with its algorithm). */
const keyIdOf = (publicKey: Uint8Array): Uint8Array => createHash('sha256').update(publicKey).digest().subarray(0, 20)

/** 120 random bits, never negative. */
function serialNumber(): Uint8Array {
  const bytes = randomBytes(serialNumberBytes)
  bytes[0]! &= 0x7f
  return bytes
}
