import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { type KeyUsage, readCertificateRequest, signatureDigests } from '../../machinery/index.ts'
import { certify } from './authority.ts'
import type { KeyPair } from './key-pair.ts'

const minuteMs = 60_000
/** Kubernetes: certificates begin a little in the past, and end the earlier for it unless they are short anyway. */
const backdateMs = 5 * minuteMs
const shortMs = 8 * 60 * minuteMs
const lifeMsMin = 10 * minuteMs
const lifeMsMax = 365 * 24 * 60 * minuteMs

const keyUsages: Readonly<Record<string, KeyUsage>> = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'contentCommitment',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'cert sign': 'keyCertSign',
  'crl sign': 'cRLSign',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
}
const purposeOf: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
}

/** What a CertificateSigningRequest asks for. */
export interface SigningWish {
  /** Base64 of the request in PEM. */
  readonly request: string
  readonly usages?: readonly string[]
  readonly expirationSeconds?: number
}

/** The certificate that an authority gives for a request, in PEM. Throws when the request is not signed by its own key. */
export function signRequest(authority: KeyPair, wish: SigningWish, nowMs: number): string {
  const request = readCertificateRequest(wish.request)
  const digest = signatureDigests[request.algorithm]
  const key = createPublicKey({ key: Buffer.from(request.publicKey), format: 'der', type: 'spki' })
  if (digest === undefined || !verify(digest, request.signed, key, request.signature))
    throw new Error('unable to verify certificate request signature')
  const endMs = Date.parse(new X509Certificate(authority.cert).validTo)
  if (nowMs >= endMs)
    throw new Error(
      `refusing to sign a certificate that expired in the past: NotAfter=${new Date(endMs).toISOString()}`,
    )
  const askedMs = wish.expirationSeconds === undefined ? lifeMsMax : wish.expirationSeconds * 1000
  const lifeMs = Math.min(Math.max(askedMs, lifeMsMin), lifeMsMax)
  const notAfterMs = nowMs + lifeMs - (lifeMs < shortMs ? 0 : backdateMs)
  const usages = wish.usages ?? []
  const unknown = usages.filter((one) => keyUsages[one] === undefined && purposeOf[one] === undefined)
  if (unknown.length > 0) throw new Error(`unrecognized usage values: ${JSON.stringify(unknown)}`)
  const { subject, publicKey, alternativeNames } = request
  return certify(
    authority,
    {
      ...{ subject, publicKey },
      keyUsages: usages.flatMap((one) => keyUsages[one] ?? []),
      purposes: [...new Set(usages.flatMap((one) => purposeOf[one] ?? []))],
      ...(alternativeNames === undefined ? {} : { alternativeNames }),
    },
    { fromMs: nowMs - backdateMs, toMs: notAfterMs },
  )
}
