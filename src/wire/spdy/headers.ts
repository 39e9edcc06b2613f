import { createInflate, type Inflate } from 'node:zlib'
import { dictionary, dictionaryChecksum } from './dictionary.ts'

/** Stream headers by lower-case name. */
export type SpdyHeaders = Readonly<Record<string, string>>

const storedBlockBytesMax = 0xffff
/** Longer headers of one stream are refused. */
const headerBytesMax = 256 * 1024

/** Name and value pairs as SPDY/3 lays them out, uncompressed. */
function plainBlock(headers: SpdyHeaders): Buffer {
  const pairs = Object.entries(headers)
  const parts: Buffer[] = [uint32(pairs.length)]
  for (const [name, value] of pairs) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = Buffer.from(text, 'utf8')
      parts.push(uint32(bytes.length), bytes)
    }
  }
  return Buffer.concat(parts)
}
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/**
 * Writes header blocks of one connection as zlib "stored" blocks: valid for every reader, and no compressor to keep.
 * The empty stored block after each is a flush mark; without it Go's reader hits the end and loses later streams.
 */
export function createHeaderWriter(): (headers: SpdyHeaders) => Buffer {
  let first = true
  return (headers) => {
    const plain = plainBlock(headers)
    if (plain.length > storedBlockBytesMax) throw new RangeError('stream headers are too long')
    const length = Buffer.alloc(5)
    length.writeUInt16LE(plain.length, 1)
    length.writeUInt16LE(~plain.length & 0xffff, 3)
    const start = first ? [Buffer.from([0x78, 0xbb]), uint32(dictionaryChecksum)] : []
    first = false
    return Buffer.concat([...start, length, plain, Buffer.from([0, 0, 0, 0xff, 0xff])])
  }
}

/** Reads the header blocks of one connection, which share one compression history: call in order, one at a time. */
export function createHeaderReader(): { read(block: Uint8Array): Promise<SpdyHeaders>; close(): void } {
  const inflate = createInflate({ dictionary: dictionary() })
  return {
    async read(block) {
      return parseBlock(await inflated(inflate, block))
    },
    close: () => inflate.destroy(),
  }
}

function inflated(inflate: Inflate, block: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const take = (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      // What is compressed well may unfold to a thousand times its size.
      if (bytes > headerBytesMax) settle(() => reject(new RangeError('stream headers are too long')))
    }
    const settle = (then: () => void) => {
      inflate.off('error', fail)
      inflate.off('data', take)
      then()
    }
    const fail = (error: Error) => settle(() => reject(error))
    inflate.once('error', fail)
    inflate.on('data', take)
    inflate.write(block, () => settle(() => resolve(Buffer.concat(chunks))))
  })
}

function parseBlock(plain: Buffer): SpdyHeaders {
  const headers: Record<string, string> = {}
  let at = 0
  const text = () => {
    const length = plain.readUInt32BE(at)
    at += 4 + length
    if (at > plain.length) throw new RangeError('a stream header runs past its block')
    return plain.toString('utf8', at - length, at)
  }
  const count = plain.length < 4 ? 0 : plain.readUInt32BE(0)
  at = 4
  for (let index = 0; index < count; index++) {
    const name = text()
    headers[name] = text()
  }
  return headers
}
