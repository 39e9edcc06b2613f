import {
  createEncoder,
  createProtobufDecoder,
  jsonWithin,
  ProtobufError,
  unwrapEnvelope,
  watchEventMessage,
  wrapEnvelope,
} from '../machinery/index.ts'
import { builtInSchema } from './schema.ts'

/** What a body says it is. */
export interface Typed {
  /** Left out by what discovery says of the core group. */
  readonly apiVersion?: string
  readonly kind: string
}

/** Kinds that travel under any group and version, with that of their meaning. */
const anywhere: Readonly<Record<string, string>> = {
  DeleteOptions: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
  WatchEvent: 'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent',
  Status: 'io.k8s.apimachinery.pkg.apis.meta.v1.Status',
  // Kubernetes: of the core group, they travel without a version.
  APIResourceList: 'io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList',
  APIVersions: 'io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions',
}

/** The schema's name for the type of a kind, lists and options included; undefined for kinds that are not built in. */
export function typeNameOf({ apiVersion = '', kind }: Typed): string | undefined {
  const slash = apiVersion.lastIndexOf('/')
  const of = { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1), kind }
  return builtInSchema.typeOfKind(of)?.name ?? anywhere[kind]
}

const encode = createEncoder(builtInSchema)
const decode = createProtobufDecoder(builtInSchema, (bytes) => decodeProtobuf(bytes))

/** The protobuf message of an object in its JSON form, without an envelope. */
export function encodeMessage(type: string, object: object): Uint8Array<ArrayBuffer> {
  return encode(type, object)
}

/** The object in its JSON form that a protobuf message holds, without apiVersion and kind. Throws ProtobufError. */
export function decodeMessage(type: string, bytes: Uint8Array): any {
  return decode(type, bytes)
}

/** An object as `application/vnd.kubernetes.protobuf`. Throws ProtobufError for kinds that are not built in. */
export function encodeProtobuf(object: Typed): Uint8Array<ArrayBuffer> {
  const type = typeNameOf(object)
  const { apiVersion = '', kind } = object
  if (type === undefined) throw new ProtobufError(`no protobuf for ${apiVersion}, Kind=${kind}`)
  return wrapEnvelope(apiVersion, kind, encode(type, object))
}

/** The message of a watch event whose object is already encoded; length and envelope are the caller's. */
export function encodeWatchEvent(type: string, object: Uint8Array): Uint8Array<ArrayBuffer> {
  return watchEventMessage(type, object)
}

/** The object within an envelope, in its JSON form. Throws ProtobufError when the bytes are no envelope of a known kind. */
export function decodeProtobuf(bytes: Uint8Array): any {
  const { apiVersion, kind, raw, contentType } = unwrapEnvelope(bytes)
  if (contentType === 'application/json') return jsonWithin(raw)
  const type = typeNameOf({ apiVersion, kind })
  if (type === undefined)
    throw new ProtobufError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`)
  const object = decode(type, raw)
  // Kubernetes: kind and version travel in the envelope only, and come first in JSON.
  return builtInSchema.type(type)?.typeMeta === true ? { kind, apiVersion, ...object } : object
}
