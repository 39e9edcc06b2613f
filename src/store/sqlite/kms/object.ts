/** Kubernetes' EncryptedObject (KMS v2): sealed data beside the sealed seed of its key, as protobuf. */
export interface EncryptedObject {
  readonly data: Uint8Array
  readonly keyId: string
  /** What the plugin made of the seed, or of the key itself. */
  readonly source: Uint8Array
  readonly annotations: Readonly<Record<string, Uint8Array>>
  /** 0: the source is the key; 1: it is a seed, from which every value has a key of its own. */
  readonly sourceType: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const lengthDelimited = 2

/** The object as bytes; what is empty is left out. */
export function encodeObject({ data, keyId, source, annotations, sourceType }: EncryptedObject): Uint8Array {
  const parts: Uint8Array[] = []
  const add = (field: number, bytes: Uint8Array) => {
    if (bytes.length > 0) parts.push(Uint8Array.from([(field << 3) | lengthDelimited, ...varint(bytes.length)]), bytes)
  }
  add(1, data)
  add(2, encoder.encode(keyId))
  add(3, source)
  for (const name of Object.keys(annotations).sort()) {
    const key = encoder.encode(name)
    const value = annotations[name]!
    const entry = [
      Uint8Array.from([(1 << 3) | lengthDelimited, ...varint(key.length)]),
      key,
      Uint8Array.from([(2 << 3) | lengthDelimited, ...varint(value.length)]),
      value,
    ]
    add(4, Buffer.concat(entry))
  }
  if (sourceType !== 0) parts.push(Uint8Array.from([5 << 3, ...varint(sourceType)]))
  return Buffer.concat(parts)
}

/** The object that bytes hold; undefined when they hold none. */
export function decodeObject(bytes: Uint8Array): EncryptedObject | undefined {
  try {
    const found = { data: new Uint8Array(), keyId: '', source: new Uint8Array(), sourceType: 0 }
    const annotations: Record<string, Uint8Array> = {}
    for (const { field, bytes: value, number } of fieldsOf(bytes)) {
      if (field === 1) found.data = value
      else if (field === 2) found.keyId = decoder.decode(value)
      else if (field === 3) found.source = value
      else if (field === 5) found.sourceType = number
      else if (field === 4) {
        const entry = [...fieldsOf(value)]
        const name = decoder.decode(entry.find((one) => one.field === 1)?.bytes)
        annotations[name] = entry.find((one) => one.field === 2)?.bytes ?? new Uint8Array()
      }
    }
    return found.keyId === '' || found.source.length === 0 || found.data.length === 0
      ? undefined
      : { ...found, annotations }
  } catch {
    return undefined
  }
}

function* fieldsOf(
  bytes: Uint8Array,
): Iterable<{ readonly field: number; readonly bytes: Uint8Array<ArrayBuffer>; readonly number: number }> {
  let at = 0
  const number = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('cut off')
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = number()
    const wire = tag & 7
    if (wire === 0) yield { field: tag >> 3, bytes: new Uint8Array(), number: number() }
    else if (wire === lengthDelimited) {
      const length = number()
      if (at + length > bytes.length) throw new RangeError('cut off')
      yield { field: tag >> 3, bytes: Uint8Array.from(bytes.subarray(at, at + length)), number: 0 }
      at += length
    } else throw new RangeError(`wire type ${wire}`)
  }
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}
