import { ProtobufError, Reader } from './reader.ts'
import { BackwardWriter } from './writer.ts'

/** Kubernetes marks protobuf by these four bytes: `k8s` and a zero. */
const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0)

/** What an envelope says of the message within. */
export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Uint8Array
  readonly contentEncoding: string
  readonly contentType: string
}

/** Whether bytes begin as an envelope does. */
export const isEnvelope = (bytes: Uint8Array): boolean => magic.every((byte, at) => bytes[at] === byte)

/** Puts a message into runtime.Unknown, behind the magic bytes; a watch event's own envelope names no kind. */
export function wrapEnvelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new BackwardWriter()
  const field = (proto: number, write: () => void) => writeField(writer, proto, write)
  field(4, () => {})
  field(3, () => {})
  field(2, () => writer.bytes(raw))
  field(1, () => {
    field(2, () => writer.string(kind))
    field(1, () => writer.string(apiVersion))
  })
  writer.bytes(magic)
  return writer.take()
}

/** Takes an envelope apart. Throws ProtobufError when the bytes are none. */
export function unwrapEnvelope(bytes: Uint8Array): Envelope {
  if (!isEnvelope(bytes)) {
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  }
  const envelope = {
    apiVersion: '',
    kind: '',
    raw: new Uint8Array(0) as Uint8Array,
    contentEncoding: '',
    contentType: '',
  }
  const reader = new Reader(bytes, magic.length)
  while (!reader.done) {
    const tag = reader.varint()
    if (tag === 10) readTypeMeta(reader.message(), envelope)
    else if (tag === 18) envelope.raw = reader.bytes()
    else if (tag === 26) envelope.contentEncoding = reader.string()
    else if (tag === 34) envelope.contentType = reader.string()
    else reader.skip(tag % 8)
  }
  return envelope
}
function readTypeMeta(reader: Reader, envelope: { apiVersion: string; kind: string }): void {
  while (!reader.done) {
    const tag = reader.varint()
    if (tag === 10) envelope.apiVersion = reader.string()
    else if (tag === 18) envelope.kind = reader.string()
    else reader.skip(tag % 8)
  }
}

/** A WatchEvent message: its type, and its object as raw bytes that are an envelope themselves. */
export function watchEventMessage(type: string, object: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new BackwardWriter()
  const field = (proto: number, write: () => void) => writeField(writer, proto, write)
  field(2, () => field(1, () => writer.bytes(object)))
  field(1, () => writer.string(type))
  return writer.take()
}

function writeField(writer: BackwardWriter, proto: number, write: () => void): void {
  const before = writer.length
  write()
  writer.varint(writer.length - before)
  writer.varint(proto * 8 + 2)
}
