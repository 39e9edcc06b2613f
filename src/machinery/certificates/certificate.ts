import { der, derBits, derId, derNode, derNodes, derNumber, derSequence, derSet, derText, derTime } from './der.ts'

/** What a certificate says (RFC 5280), all but who signs it with what. */
export interface CertificateContent {
  /** Big-endian, positive, at most 20 bytes. */
  readonly serialNumber: Uint8Array
  /** Names as DER: `distinguishedName`, or what a request or a certificate has. */
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  /** Milliseconds since 1970, told to the second. */
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly isAuthority: boolean
  /** Of `keyUsageNames`; none leaves the extension out. */
  readonly keyUsages: readonly KeyUsage[]
  /** Object identifiers of what the key is for. */
  readonly purposes: readonly string[]
  /** Identifiers of the certified key and of the one that signs. */
  readonly subjectKeyId?: Uint8Array
  readonly authorityKeyId?: Uint8Array
  /** The value of the extension: `alternativeNames`, or what a request has. */
  readonly alternativeNames?: Uint8Array
}

/** The bits of KeyUsage in their order (RFC 5280 4.2.1.3). */
export const keyUsageNames = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof keyUsageNames)[number]

const extensionIds = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
}
const isTrue = der(0x01, Uint8Array.of(0xff))
/** Version 3, in its own tag. */
const version = der(0xa0, derNumber(Uint8Array.of(2)))

/** What has signed a certificate, as certificates name it. */
export const signatureAlgorithms = {
  ecdsaWithSha256: der(derSequence, derId('1.2.840.10045.4.3.2')),
  sha256WithRsa: der(derSequence, derId('1.2.840.113549.1.1.11'), der(0x05)),
} as const

/** The bytes that are signed (TBSCertificate). */
export function certificateBody(content: CertificateContent, algorithm: Uint8Array): Uint8Array {
  const { serialNumber, issuer, subject, notBeforeMs, notAfterMs, publicKey } = content
  return der(
    derSequence,
    version,
    derNumber(serialNumber),
    algorithm,
    issuer,
    der(derSequence, derTime(notBeforeMs), derTime(notAfterMs)),
    subject,
    publicKey,
    der(0xa3, der(derSequence, ...extensionsOf(content))),
  )
}

/** The certificate that a body and its signature are. */
export const signedCertificate = (body: Uint8Array, algorithm: Uint8Array, signature: Uint8Array): Uint8Array =>
  der(derSequence, body, algorithm, der(0x03, Uint8Array.of(0), signature))

function extensionsOf(content: CertificateContent): readonly Uint8Array[] {
  const { isAuthority, keyUsages, purposes, subjectKeyId, authorityKeyId, alternativeNames } = content
  const usages = derBits(keyUsageNames.map((name) => keyUsages.includes(name)))
  return [
    ...(keyUsages.length === 0 ? [] : [extension(extensionIds.keyUsage, usages, true)]),
    ...(purposes.length === 0
      ? []
      : [extension(extensionIds.extendedKeyUsage, der(derSequence, ...purposes.map(derId)))]),
    extension(extensionIds.basicConstraints, der(derSequence, ...(isAuthority ? [isTrue] : [])), true),
    ...(subjectKeyId === undefined ? [] : [extension(extensionIds.subjectKeyId, der(0x04, subjectKeyId))]),
    ...(authorityKeyId === undefined
      ? []
      : [extension(extensionIds.authorityKeyId, der(derSequence, der(0x80, authorityKeyId)))]),
    ...(alternativeNames === undefined ? [] : [extension(extensionIds.alternativeNames, alternativeNames)]),
  ]
}

const extension = (id: string, value: Uint8Array, critical = false): Uint8Array =>
  der(derSequence, derId(id), ...(critical ? [isTrue] : []), der(0x04, value))

/** A name of organizations and a common name. */
export function distinguishedName(commonName: string, organizations: readonly string[] = []): Uint8Array {
  const part = (id: string, text: string) => der(derSet, der(derSequence, derId(id), derText(text)))
  return der(derSequence, ...organizations.map((one) => part('2.5.4.10', one)), part('2.5.4.3', commonName))
}

/** The value of the extension that lists DNS names and addresses, these as their 4 or 16 bytes. */
export const alternativeNames = (names: readonly (string | Uint8Array)[]): Uint8Array =>
  der(derSequence, ...names.map((name) => (typeof name === 'string' ? derText(name, 0x82) : der(0x87, name))))

/** What a certificate's signer is known by. Throws when the bytes are no certificate. */
export function issuerFactsOf(certificate: Uint8Array): {
  readonly subject: Uint8Array
  readonly publicKey: Uint8Array
  readonly subjectKeyId?: Uint8Array
} {
  const [body] = derNodes(derNode(certificate).content)
  const [, , , , , subject, publicKey, ...rest] = derNodes(body?.content ?? new Uint8Array())
  if (subject === undefined || publicKey === undefined)
    throw new SyntaxError('asn1: structure error: not a certificate of version 3')
  const wanted = derId(extensionIds.subjectKeyId)
  const found = rest
    .filter(({ tag }) => tag === 0xa3)
    .flatMap(({ content }) => derNodes(derNode(content).content))
    .map(({ content }) => derNodes(content))
    .find(
      ([id]) =>
        id !== undefined && id.whole.length === wanted.length && id.whole.every((one, at) => one === wanted[at]),
    )
  const value = found?.at(-1)?.content
  return {
    subject: subject.whole,
    publicKey: publicKey.whole,
    ...(value === undefined ? {} : { subjectKeyId: derNode(value).content }),
  }
}
