import 'reflect-metadata'
import { createPrivateKey, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { pemOf, serialNumber } from './authority.ts'
import type { KeyPair } from './key-pair.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const minuteMs = 60_000
/** Kubernetes: certificates begin a little in the past, and end the earlier for it unless they are short anyway. */
const backdateMs = 5 * minuteMs
const shortMs = 8 * 60 * minuteMs
const lifeMsMin = 10 * minuteMs
const lifeMsMax = 365 * 24 * 60 * minuteMs

const alternativeNamesId = '2.5.29.17'
const { KeyUsageFlags: flags, ExtendedKeyUsage: purposes } = x509
const keyUsages: Readonly<Record<string, x509.KeyUsageFlags>> = {
  signing: flags.digitalSignature,
  'digital signature': flags.digitalSignature,
  'content commitment': flags.nonRepudiation,
  'key encipherment': flags.keyEncipherment,
  'key agreement': flags.keyAgreement,
  'data encipherment': flags.dataEncipherment,
  'cert sign': flags.keyCertSign,
  'crl sign': flags.cRLSign,
  'encipher only': flags.encipherOnly,
  'decipher only': flags.decipherOnly,
}
const purposeOf: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': purposes.serverAuth,
  'client auth': purposes.clientAuth,
  'code signing': purposes.codeSigning,
  'email protection': purposes.emailProtection,
  's/mime': purposes.emailProtection,
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: purposes.timeStamping,
  'ocsp signing': purposes.ocspSigning,
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

/** The certificate that an authority gives for a request, in PEM. Rejects when the request is not signed by its own key. */
export async function signRequest(authority: KeyPair, wish: SigningWish, nowMs: number): Promise<string> {
  const request = new x509.Pkcs10CertificateRequest(Buffer.from(wish.request, 'base64').toString())
  if (!(await request.verify())) throw new Error('unable to verify certificate request signature')
  const issuer = new x509.X509Certificate(authority.cert)
  const endMs = issuer.notAfter.getTime()
  if (nowMs >= endMs)
    throw new Error(
      `refusing to sign a certificate that expired in the past: NotAfter=${issuer.notAfter.toISOString()}`,
    )
  const askedMs = wish.expirationSeconds === undefined ? lifeMsMax : wish.expirationSeconds * 1000
  const lifeMs = Math.min(Math.max(askedMs, lifeMsMin), lifeMsMax)
  const notAfterMs = nowMs + lifeMs - (lifeMs < shortMs ? 0 : backdateMs)
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    createPrivateKey(authority.key).export({ format: 'der', type: 'pkcs8' }),
    algorithm,
    false,
    ['sign'],
  )
  const usages = wish.usages ?? []
  const unknown = usages.filter((one) => keyUsages[one] === undefined && purposeOf[one] === undefined)
  if (unknown.length > 0) throw new Error(`unrecognized usage values: ${JSON.stringify(unknown)}`)
  const bits = usages.reduce((sum, one) => sum | (keyUsages[one] ?? 0), 0)
  const extended = [...new Set(usages.flatMap((one) => purposeOf[one] ?? []))]
  const names = request.getExtension(alternativeNamesId)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: request.subjectName.toJSON(),
    issuer: issuer.subject,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(Math.min(notAfterMs, endMs)),
    signingAlgorithm: algorithm,
    publicKey: request.publicKey,
    signingKey,
    extensions: [
      ...(bits === 0 ? [] : [new x509.KeyUsagesExtension(bits, true)]),
      ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(names === null ? [] : [names]),
    ],
  })
  return pemOf(certificate)
}
