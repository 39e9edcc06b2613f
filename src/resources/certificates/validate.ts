import {
  bytesOfBase64,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  legacyUnknown,
  notSupported,
  pemBlocks,
  readCertificateRequest,
  required,
  sameJson,
  tooLong,
} from '../../machinery/index.ts'
import type { CertificateSigningRequest } from '../generated/types.ts'

type Condition = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number]

const usages = [
  ...['signing', 'digital signature', 'content commitment', 'key encipherment', 'key agreement', 'data encipherment'],
  ...['cert sign', 'crl sign', 'encipher only', 'decipher only', 'any', 'server auth', 'client auth', 'code signing'],
  ...['email protection', 's/mime', 'ipsec end system', 'ipsec tunnel', 'ipsec user', 'timestamping', 'ocsp signing'],
  ...['microsoft sgc', 'netscape sgc'],
].sort()
const alwaysTrue = ['Approved', 'Denied', 'Failed']
const secondsMin = 600
const conditionsField = 'status.conditions'
const subdomainMax = 253
const signerLengthMax = 571

/** What is wrong with a new request. */
export const requestErrors = (request: CertificateSigningRequest) => errorsOf(request, undefined)

/** What is wrong with a change of the request itself, of its status, or of its approval. */
export function requestUpdateErrors(may: { readonly approve?: boolean; readonly sign?: boolean } = {}) {
  return (next: CertificateSigningRequest, previous: CertificateSigningRequest): readonly FieldError[] => [
    ...errorsOf(next, previous),
    ...alwaysTrue.flatMap((type) => conditionChangeErrors(type, next, previous, may.approve === true)),
    ...certificateChangeErrors(next, previous, may.sign === true),
  ]
}

function errorsOf(
  request: CertificateSigningRequest,
  previous: CertificateSigningRequest | undefined,
): readonly FieldError[] {
  const { spec, status } = request
  const errors: FieldError[] = []
  try {
    readCertificateRequest(spec.request ?? '')
  } catch (error) {
    errors.push(invalid('spec.request', spec.request ?? null, (error as Error).message))
  }
  const wanted: readonly string[] = spec.usages ?? []
  if (wanted.length === 0) errors.push(required('spec.usages'))
  if (!(previous?.spec.usages ?? []).some((one) => !usages.includes(one)))
    for (const [index, usage] of wanted.entries())
      if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, usages))
  const hadTwice = new Set(previous?.spec.usages).size !== (previous?.spec.usages ?? []).length
  if (!hadTwice)
    for (const [index, usage] of wanted.entries())
      if (wanted.indexOf(usage) < index) errors.push(duplicate(`spec.usages[${index}]`, usage))
  errors.push(...signerErrors(spec.signerName ?? '', previous))
  const seconds = spec.expirationSeconds
  if (seconds !== undefined && seconds < secondsMin)
    errors.push(
      invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'),
    )
  errors.push(...conditionErrors(request, previous))
  const isTouched = status?.certificate !== previous?.status?.certificate
  if (isTouched && certificateProblem(previous?.status?.certificate) === undefined) {
    const why = certificateProblem(status?.certificate)
    if (why !== undefined) errors.push(invalid('status.certificate', '<certificate data>', why))
  }
  return errors
}

function signerErrors(signer: string, previous: CertificateSigningRequest | undefined): readonly FieldError[] {
  const field = 'spec.signerName'
  if (signer === legacyUnknown && previous?.spec.signerName !== legacyUnknown)
    return [invalid(field, signer, 'the legacy signerName is not allowed via this API version')]
  return signerNameErrors(signer)
}

/** What is wrong with the name of a signer. */
export function signerNameErrors(signer: string, field = 'spec.signerName'): readonly FieldError[] {
  if (signer === '') return [required(field)]
  const [domain = '', path, ...more] = signer.split('/')
  if (path === undefined || more.length > 0)
    return [invalid(field, signer, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  const errors: FieldError[] = []
  if (domain.length > subdomainMax) errors.push(tooLong(field, subdomainMax))
  // Kubernetes: of several labels that are wrong the first is told.
  const firstWrong = (text: string, check: (label: string) => readonly string[]) => {
    const label = text.split('.').find((one) => check(one).length > 0)
    if (label === undefined) return
    for (const why of check(label))
      errors.push(invalid(field, text, `validating label ${JSON.stringify(label)}: ${why}`))
  }
  firstWrong(domain, dns1123LabelErrors)
  if (!domain.includes('.'))
    errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'))
  firstWrong(path, dns1123SubdomainErrors)
  if (signer.length > signerLengthMax) errors.push(tooLong(field, signerLengthMax))
  return errors
}

const conditionsOf = (request: CertificateSigningRequest | undefined): readonly Condition[] =>
  request?.status?.conditions ?? []
const typesOf = (request: CertificateSigningRequest | undefined) => conditionsOf(request).map(({ type }) => type)

/** What a request already has wrong may stay so. */
function conditionErrors(
  request: CertificateSigningRequest,
  previous: CertificateSigningRequest | undefined,
): readonly FieldError[] {
  const errors: FieldError[] = []
  const types = typesOf(request)
  const before = typesOf(previous)
  const mayBeBoth = before.includes('Approved') && before.includes('Denied')
  const mayRepeat = new Set(before).size !== before.length
  for (const [index, { type = '', status = '' }] of conditionsOf(request).entries()) {
    const field = `${conditionsField}[${index}]`
    if (type === '' && !before.includes('')) errors.push(required(`${field}.type`))
    const allowed = alwaysTrue.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (status === '') errors.push(required(`${field}.status`))
    else if (!allowed.includes(status)) errors.push(notSupported(`${field}.status`, status, allowed))
    const other = { Approved: 'Denied', Denied: 'Approved' }[type]
    if (other !== undefined && !mayBeBoth && types.slice(0, index).includes(other))
      errors.push(invalid(conditionsField, type, 'Approved and Denied conditions are mutually exclusive'))
    if (!mayRepeat && types.indexOf(type) < index) errors.push(duplicate(`${field}.type`, type))
  }
  return errors
}

function conditionChangeErrors(
  type: string,
  next: CertificateSigningRequest,
  previous: CertificateSigningRequest,
  mayApprove: boolean,
): readonly FieldError[] {
  const ofType = (request: CertificateSigningRequest) => conditionsOf(request).filter((one) => one.type === type)
  const [now, before] = [ofType(next), ofType(previous)]
  const refused = (what: string) => [
    forbiddenField(conditionsField, `updates may not ${what} a condition of type "${type}"`),
  ]
  if (now.length < before.length) return refused('remove')
  if (mayApprove || type === 'Failed') return []
  if (now.length > before.length) return refused('add')
  return sameJson(now, before) ? [] : refused('modify')
}

function certificateChangeErrors(
  next: CertificateSigningRequest,
  previous: CertificateSigningRequest,
  maySign: boolean,
): readonly FieldError[] {
  const before = previous.status?.certificate ?? ''
  if ((next.status?.certificate ?? '') === before) return []
  if (!maySign) return [forbiddenField('status.certificate', 'updates may not set certificate content')]
  return before === ''
    ? []
    : [forbiddenField('status.certificate', 'updates may not modify existing certificate content')]
}

function certificateProblem(base64: string | undefined): string | undefined {
  if (base64 === undefined || base64 === '') return undefined
  let blocks: ReturnType<typeof pemBlocks>
  try {
    blocks = pemBlocks(new TextDecoder().decode(bytesOfBase64(base64)))
  } catch {
    blocks = []
  }
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block'
  const other = blocks.find(({ type }) => type !== 'CERTIFICATE')
  if (other !== undefined) return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(other.type)}`
  if (blocks.some(({ hasHeaders }) => hasHeaders)) return 'no PEM block headers are permitted'
  return blocks.some(({ bytes }) => bytes.length === 0)
    ? 'found CERTIFICATE PEM block containing 0 certificates'
    : undefined
}
