import { StatusError } from '../../machinery/index.ts'

export type Encoding = 'json' | 'yaml' | 'protobuf'
/** How a reply is to look: its encoding, and whether objects go out whole, as table rows, or as metadata only. */
export interface ReplyForm {
  readonly encoding: Encoding
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly pretty: boolean
}

const encodings: Readonly<Record<string, Encoding>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
  'application/*': 'json',
  '*/*': 'json',
  'text/html': 'json',
  'text/*': 'json',
}
export const contentTypes: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
}
const supportedText = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'

/** One media type of a header with its parameters, best first. */
export interface MediaRange {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
}

/** The ranges of an Accept header in order of quality, then of appearance. */
export function mediaRanges(header: string): readonly MediaRange[] {
  return header
    .split(',')
    .map((text, index) => {
      const [type = '', ...rest] = text.split(';').map((part) => part.trim())
      const parameters: Record<string, string> = {}
      for (const part of rest) {
        const [key = '', value = ''] = part.split('=')
        parameters[key] = value
      }
      return {
        type: type.toLowerCase(),
        parameters,
        quality: parameters.q === undefined ? 1 : Number(parameters.q),
        index,
      }
    })
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index)
}

const textText = 'application/json, application/yaml'

/**
 * The first form of the Accept header that this server can give; 406 when there is none. Whole custom resources have no
 * protobuf form, their metadata has.
 */
export function replyFormOf(accept: string | undefined, pretty: boolean, hasProtobuf = true): ReplyForm {
  if (accept === undefined || accept === '') return { encoding: 'json', pretty }
  for (const { type, parameters } of mediaRanges(accept)) {
    const encoding = encodings[type]
    if (encoding === undefined || (parameters.stream !== undefined && parameters.stream !== 'watch')) continue
    const { as, g: group, v: version } = parameters
    if (as === undefined) {
      if (encoding === 'protobuf' && !hasProtobuf) continue
      return { encoding, pretty }
    }
    if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue
    if (as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
      return { encoding, as, pretty }
  }
  const types = hasProtobuf ? supportedText : textText
  throw new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${types}`)
}

/** How a request's body is encoded; 415 names what is accepted. */
export function bodyEncodingOf(contentType: string | undefined, hasProtobuf = true): Encoding {
  const type = mediaRanges(contentType ?? '')[0]?.type ?? 'application/json'
  if (type === 'application/json' || type === 'application/yaml') return encodings[type]!
  if (type === 'application/vnd.kubernetes.protobuf' && hasProtobuf) return 'protobuf'
  throw new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${hasProtobuf ? supportedText : textText}`,
  )
}

const patchTypes = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const

/** Kubernetes: the media type alone decides what kind of patch it is. */
export function patchTypeOf(
  contentType: string | undefined,
  allowed: readonly string[] = Object.values(patchTypes),
): 'json' | 'merge' | 'strategic' | 'apply' {
  const type = (contentType ?? '').split(';')[0]!.trim()
  const found = patchTypes[type as keyof typeof patchTypes]
  if (found === undefined || !allowed.includes(found)) {
    const names = Object.entries(patchTypes)
      .filter(([, kind]) => allowed.includes(kind))
      .map(([name]) => name)
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${names.join(', ')}`,
    )
  }
  return found
}
