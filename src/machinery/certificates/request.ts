import { bytesOfBase64 } from '../protobuf/base64.ts'
import { type DerNode, derNode, derNodes, derObjectId, derSequence, derSet, hexOf } from './der.ts'
import { pemBlocks } from './pem.ts'

/** What somebody asks to be certified (PKCS #10, RFC 2986). */
export interface CertificateRequestView {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly dnsNames: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly ipAddresses: readonly Uint8Array[]
  readonly uris: readonly string[]
  /** The whole name, and the value of the extension with the alternative names, as they are. */
  readonly subject: Uint8Array
  readonly alternativeNames?: Uint8Array
  /** What was signed, with which algorithm (hexadecimal object identifier), and what came of it. */
  readonly signed: Uint8Array
  readonly algorithm: string
  readonly signature: Uint8Array
  /** The key it is for, which signed it (SubjectPublicKeyInfo). */
  readonly publicKey: Uint8Array
}

/** Digests by the object identifiers (hexadecimal) of signature algorithms; null where the algorithm brings its own. */
export const signatureDigests: Readonly<Record<string, string | null>> = {
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2b6570': null,
}

const commonNameId = '550403'
const organizationId = '55040a'
const extensionRequestId = '2a864886f70d01090e'
const alternativeNamesId = '551d11'
const attributesTag = 0xa0
const bitStringTag = 0x03
const octetStringTag = 0x04
const uppercaseStringTag = 0x1e

/** Reads what `spec.request` of a CertificateSigningRequest holds: base64 of PEM. Throws with Kubernetes' words. */
export function readCertificateRequest(request: string): CertificateRequestView {
  let block: ReturnType<typeof pemBlocks>[number] | undefined
  try {
    block = pemBlocks(new TextDecoder().decode(bytesOfBase64(request)))[0]
  } catch {
    // Said below.
  }
  if (block?.type !== 'CERTIFICATE REQUEST') throw new SyntaxError('PEM block type must be CERTIFICATE REQUEST')
  return certificateRequestOf(block.bytes)
}

/** The common name that is asked for. Throws like `readCertificateRequest`. */
export const requestedNameOf = (request: string): string => readCertificateRequest(request).commonName

function certificateRequestOf(der: Uint8Array): CertificateRequestView {
  const [body, algorithm, signature] = inside(derNode(der), derSequence)
  if (body === undefined || algorithm === undefined || signature?.tag !== bitStringTag) throw malformed()
  const [, subject, publicKey, ...rest] = inside(body, derSequence)
  const algorithmId = inside(algorithm, derSequence)[0]
  if (subject === undefined || publicKey?.tag !== derSequence || algorithmId?.tag !== derObjectId) throw malformed()
  const attributes = rest.find(({ tag }) => tag === attributesTag)
  return {
    ...namesOf(subject),
    ...alternativeNamesOf(attributes),
    subject: subject.whole,
    signed: body.whole,
    algorithm: hexOf(algorithmId.content),
    // The first byte says how many bits of the last are none: never any.
    signature: signature.content.subarray(1),
    publicKey: publicKey.whole,
  }
}

const malformed = () => new SyntaxError('asn1: structure error: not a certificate request')

function inside(node: DerNode | undefined, tag: number): readonly DerNode[] {
  if (node?.tag !== tag) throw malformed()
  return derNodes(node.content)
}

function namesOf(subject: DerNode): Pick<CertificateRequestView, 'commonName' | 'organizations'> {
  let commonName = ''
  const organizations: string[] = []
  for (const part of inside(subject, derSequence)) {
    for (const pair of inside(part, derSet)) {
      const [id, value] = inside(pair, derSequence)
      if (id === undefined || value === undefined) throw malformed()
      if (hexOf(id.content) === commonNameId) commonName = textOf(value)
      if (hexOf(id.content) === organizationId) organizations.push(textOf(value))
    }
  }
  return { commonName, organizations }
}

const textOf = ({ tag, content }: DerNode): string =>
  new TextDecoder(tag === uppercaseStringTag ? 'utf-16be' : 'utf-8').decode(content)

type AlternativeNames = Pick<
  CertificateRequestView,
  'dnsNames' | 'emailAddresses' | 'ipAddresses' | 'uris' | 'alternativeNames'
>

function alternativeNamesOf(attributes: DerNode | undefined): AlternativeNames {
  const extensions = (attributes === undefined ? [] : derNodes(attributes.content))
    .map((attribute) => inside(attribute, derSequence))
    .filter(([id]) => id !== undefined && hexOf(id.content) === extensionRequestId)
    .flatMap(([, values]) => inside(values, derSet))
    .flatMap((list) => inside(list, derSequence))
    .map((extension) => inside(extension, derSequence))
  const found = extensions.find(([id]) => id !== undefined && hexOf(id.content) === alternativeNamesId)
  const value = found?.at(-1)
  const names = value === undefined ? [] : namesIn(value)
  const texts = (tag: number) => names.filter((one) => one.tag === tag).map(textOf)
  return {
    emailAddresses: texts(0x81),
    dnsNames: texts(0x82),
    uris: texts(0x86),
    ipAddresses: names.filter(({ tag }) => tag === 0x87).map(({ content }) => content),
    ...(value === undefined ? {} : { alternativeNames: value.content }),
  }
}

function namesIn(value: DerNode): readonly DerNode[] {
  if (value.tag !== octetStringTag) throw malformed()
  return inside(derNode(value.content), derSequence)
}
