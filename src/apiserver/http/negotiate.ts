import { mediaRanges, StatusError } from '../../machinery/index.ts'

export type Encoding = 'json' | 'yaml' | 'protobuf' | 'cbor'
/** Which encodings besides JSON and YAML there are of what is asked for. */
export interface Offers {
  /** Custom resources have none. */
  readonly protobuf: boolean
  /** Whether the gate CBORServingAndStorage is on. */
  readonly cbor: boolean
  /** A stream of events is asked for, of which there is no YAML. */
  readonly stream?: boolean
}
const usualOffers: Offers = { protobuf: true, cbor: false }
/** The versions of meta.k8s.io in which tables and partial objects can be had. */
export type MetaVersion = 'v1' | 'v1beta1'
/** How a reply is to look: its encoding, and whether objects go out whole, as table rows, or as metadata only. */
export interface ReplyForm {
  readonly encoding: Encoding
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  /** The version of that form; v1 when it is not stated. */
  readonly version?: MetaVersion
  readonly pretty: boolean
}

const encodings: Readonly<Record<string, Encoding>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
  'application/cbor': 'cbor',
  'application/*': 'json',
  '*/*': 'json',
  'text/html': 'json',
  'text/*': 'json',
}
export const contentTypes: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
  cbor: 'application/cbor',
}
/** What a stream of events is called in each encoding. */
export const streamTypes: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/json',
  protobuf: 'application/vnd.kubernetes.protobuf;stream=watch',
  cbor: 'application/cbor-seq',
}

/** The media types there are, as refusals list them. */
function supportedText({ protobuf, cbor, stream = false }: Offers): string {
  const types = [
    `application/json${stream ? ';stream=watch' : ''}`,
    ...(stream ? [] : ['application/yaml']),
    ...(protobuf ? [`application/vnd.kubernetes.protobuf${stream ? ';stream=watch' : ''}`] : []),
    ...(cbor ? [stream ? streamTypes.cbor : contentTypes.cbor] : []),
  ]
  return types.join(', ')
}

/** Kubernetes: built-in resources are asked for as one of the types their paths have, before it is looked at in what form. */
export function checkAccepted(accept: string | undefined, verb: string, { cbor }: Offers): void {
  if (accept === undefined || accept === '') return
  const types = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
  if (cbor) types.push(contentTypes.cbor)
  if (verb === 'list' || verb === 'watch') {
    types.push('application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch')
    if (cbor) types.push(streamTypes.cbor)
  }
  const asked = mediaRanges(accept).map(({ type }) => type)
  if (!asked.some((type) => type === '*/*' || types.includes(type))) throw notRepresented(types)
}

/** Kubernetes: a path has no such form at all. */
export function notRepresented(types: readonly string[]): StatusError {
  const why = `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`
  return new StatusError(406, 'NotAcceptable', why, {})
}

/** There is no such form of what was asked for: 406, with what there is. */
export function notAcceptable(offers: Offers = usualOffers): StatusError {
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${supportedText(offers)}`)
}

/**
 * The first form of the Accept header that this server can give; 406 when there is none. Whole custom resources have no
 * protobuf form, their metadata has; tables are JSON or YAML.
 */
export function replyFormOf(accept: string | undefined, pretty: boolean, offers: Offers = usualOffers): ReplyForm {
  if (accept === undefined || accept === '') return { encoding: 'json', pretty }
  for (const { type, parameters } of mediaRanges(accept)) {
    const encoding = encodings[type]
    if (encoding === undefined || (parameters.stream !== undefined && parameters.stream !== 'watch')) continue
    if (encoding === 'cbor' && !offers.cbor) continue
    const { as, g: group, v: version } = parameters
    if (as === undefined) {
      if (encoding === 'protobuf' && !offers.protobuf) continue
      return streamable({ encoding, pretty }, offers)
    }
    if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue
    if (as === 'Table' && (encoding === 'protobuf' || encoding === 'cbor')) continue
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return streamable({ encoding, as, ...(version === 'v1' ? {} : { version }), pretty }, offers)
  }
  throw notAcceptable(offers)
}

/** Kubernetes: YAML is found to be acceptable before it is seen that there is no stream of it. */
function streamable(form: ReplyForm, offers: Offers): ReplyForm {
  if (offers.stream === true && form.encoding === 'yaml') throw notAcceptable(offers)
  return form
}

/** How a request's body is encoded; 415 names what is accepted. */
export function bodyEncodingOf(contentType: string | undefined, offers: Offers = usualOffers): Encoding {
  const type = mediaRanges(contentType ?? '')[0]?.type ?? 'application/json'
  if (type === 'application/json' || type === 'application/yaml') return encodings[type]!
  if (type === contentTypes.protobuf && offers.protobuf) return 'protobuf'
  if (type === contentTypes.cbor && offers.cbor) return 'cbor'
  throw new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${supportedText({ ...offers, stream: false })}`,
  )
}

const patchTypes = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const
/** An apply configuration in CBOR. */
export const cborApply = 'application/apply-patch+cbor'

/**
 * Kubernetes: the media type alone decides what kind of patch it is. Unlike Kubernetes, which says of built-in kinds no more than
 * that it was another one, a refusal names those that there are.
 */
export function patchTypeOf(
  contentType: string | undefined,
  allowed: readonly string[] = Object.values(patchTypes),
  cbor = false,
): 'json' | 'merge' | 'strategic' | 'apply' {
  const type = (contentType ?? '').split(';')[0]!.trim()
  if (cbor && type === cborApply) return 'apply'
  const found = patchTypes[type as keyof typeof patchTypes]
  if (found === undefined || !allowed.includes(found)) {
    const names = Object.entries(patchTypes)
      .filter(([, kind]) => allowed.includes(kind))
      .map(([name]) => name)
    if (cbor) names.push(cborApply)
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${names.join(', ')}`,
    )
  }
  return found
}
