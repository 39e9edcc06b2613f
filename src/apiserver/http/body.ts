import { gunzipSync } from 'node:zlib'
import {
  badRequest,
  CborError,
  decodeCbor,
  JsonSyntaxError,
  parseJsonStrict,
  parseYaml,
} from '../../machinery/index.ts'
import { decodeProtobuf, type ResourceDefinition } from '../../resources/index.ts'
import { BodyTooLargeError, type WireRequest } from '../../wire/index.ts'
import type { ReadBody } from '../registry/draft.ts'
import { unrecognized } from '../registry/refused-bodies.ts'
import { firstUnknownInCbor } from './cbor-findings.ts'
import { Configurations } from './configurations.ts'
import { bodyEncodingOf, cborApply, type Encoding, type Offers } from './negotiate.ts'
import { RepeatedBodies } from './repeated-bodies.ts'

/** Kubernetes: larger bodies are refused with 413. */
export const bodyBytesMax = 3 << 20

/** What a request about a resource carries, read as its Content-Type says; 400 and 413 when it cannot be. */
export async function bodyOf(
  request: WireRequest,
  verb: string,
  definition: ResourceDefinition<any>,
  offers: Offers,
  subresource = '',
): Promise<{ body?: ReadBody | unknown }> {
  if (verb === 'get' || verb === 'list' || verb === 'watch') return {}
  const raw = await request.body(bodyBytesMax)
  const bytes = request.headers['content-encoding'] === 'gzip' ? unzipped(raw) : raw
  const before = `${definition.kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${definition.kind}: `
  if (bytes.length === 0) {
    if (verb === 'delete' || verb === 'deletecollection') return {}
    if (verb === 'create' || verb === 'update')
      throw unrecognized(definition.kind, 'unexpected end of JSON input', bytes)
  }
  const contentType = request.headers['content-type']
  if (verb === 'patch') {
    if ((contentType ?? '').split(';')[0]!.trim() === cborApply)
      return { body: { value: readCbor(bytes, 'error decoding YAML: '), findings: [] } }
    const apply = contentType?.startsWith('application/apply-patch') === true
    const isStrategic = contentType?.startsWith('application/strategic-merge-patch') === true
    return { body: apply ? configurations.read(bytes, request.url) : readPatch(bytes, isStrategic) }
  }
  const encoding = bodyEncodingOf(contentType, offers)
  const isNewPod = verb === 'create' && definition.group === '' && definition.plural === 'pods' && subresource === ''
  if (isNewPod && encoding === 'json')
    return { body: readJson(bytes, definition.kind, (source) => newPods.read(decoder.decode(source))) }
  const read = readAs(encoding, bytes, before, definition.kind)
  return { body: verb === 'create' || verb === 'update' ? read : read.value }
}

function readAs(encoding: Encoding, bytes: Uint8Array, before: string, kind: string): ReadBody {
  if (encoding === 'protobuf') return { value: decodeProtobuf(bytes), findings: [] }
  if (encoding === 'yaml') return readYaml(bytes)
  if (encoding === 'cbor') return { value: readCbor(bytes, before), findings: [], worded: firstUnknownInCbor }
  return readJson(bytes, kind)
}

function unzipped(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: bodyBytesMax })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new BodyTooLargeError()
    throw badRequest(`the body cannot be unzipped: ${(error as Error).message}`, error)
  }
}

const newPods = new RepeatedBodies()
const decoder = new TextDecoder()

function readJson(bytes: Uint8Array, kind: string, read: (bytes: Uint8Array) => ReadBody = parseJsonStrict): ReadBody {
  try {
    return read(bytes)
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw unrecognized(kind, error.message, bytes)
    throw error
  }
}

/** Kubernetes: of strategic patches alone it does not say that a patch was being read. */
function readPatch(bytes: Uint8Array, isStrategic: boolean): ReadBody {
  try {
    return parseJsonStrict(bytes)
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      throw badRequest(`${isStrategic ? '' : 'error decoding patch: '}${error.message}`, error)
    throw error
  }
}

function readCbor(bytes: Uint8Array, before: string): unknown {
  try {
    return decodeCbor(bytes)
  } catch (error) {
    if (error instanceof CborError) throw badRequest(`${before}${error.message}`, error)
    throw error
  }
}

function readYaml(bytes: Uint8Array): ReadBody {
  return yamlOf(new TextDecoder().decode(bytes))
}

function yamlOf(text: string): ReadBody {
  const json = asJson(text)
  if (json !== undefined) return json
  const { value, duplicates } = parseYaml(text)
  return { value, findings: duplicates }
}

/** YAML that is JSON, read as such, which is faster: most programs send it. What the two may read differently is left to YAML. */
function asJson(text: string): ReadBody | undefined {
  if (!text.startsWith('{') || unlikeYaml.test(text)) return undefined
  try {
    const read = parseJsonStrict(text)
    return read.findings.length === 0 ? { value: read.value, findings: [] } : undefined
  } catch {
    return undefined
  }
}
const configurations = new Configurations(yamlOf, asJson)
const unlikeYaml = /\t|\\u[dD]|"<<"|[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]/
