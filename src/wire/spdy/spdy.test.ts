import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { constants, deflateSync } from 'node:zlib'
import { SpdyConnection, type SpdyStream } from './connection.ts'
import { dictionary, dictionaryChecksum } from './dictionary.ts'
import { createHeaderReader, createHeaderWriter } from './headers.ts'

/** Two sockets joined in memory. */
function socketPair(): [Duplex, Duplex] {
  const ends: Duplex[] = []
  const make = (other: () => Duplex) =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        other().push(chunk)
        done()
      },
      final(done) {
        other().push(null)
        done()
      },
    })
  ends.push(
    make(() => ends[1]!),
    make(() => ends[0]!),
  )
  return [ends[0]!, ends[1]!]
}
const lengthBefore = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('spdy dictionary is the one its checksum names', () => {
  let low = 1
  let high = 0
  for (const byte of dictionary()) {
    low = (low + byte) % 65521
    high = (high + low) % 65521
  }
  assert.deepEqual([dictionary().length, high * 65536 + low], [1423, dictionaryChecksum])
})

test('spdy header blocks are read back, stored or compressed, with one history', async () => {
  const reader = createHeaderReader()
  const write = createHeaderWriter()
  assert.deepEqual(await reader.read(write({ streamType: 'stdin' })), { streamtype: 'stdin' })
  assert.deepEqual(await reader.read(write({ port: '80', requestID: '7' })), { port: '80', requestid: '7' })
  reader.close()
  const compressed = deflateSync(Buffer.from('\0\0\0\x01\0\0\0\x04port\0\0\0\x0280'), {
    dictionary: dictionary(),
    finishFlush: constants.Z_SYNC_FLUSH,
  })
  const second = createHeaderReader()
  assert.deepEqual(await second.read(compressed), { port: '80' })
  second.close()
})

test('spdy headers that unfold to more than one chunk are read, and those that unfold without end are refused', async () => {
  const compressed = (bytes: number) =>
    deflateSync(Buffer.concat([Buffer.from('\0\0\0\x01\0\0\0\x01a'), lengthBefore(Buffer.alloc(bytes, 'x'))]), {
      dictionary: dictionary(),
      finishFlush: constants.Z_SYNC_FLUSH,
    })
  const reader = createHeaderReader()
  assert.equal((await reader.read(compressed(200_000)))['a']?.length, 200_000)
  reader.close()
  const second = createHeaderReader()
  await assert.rejects(second.read(compressed(300_000)), /stream headers are too long/)
  second.close()
})

test('spdy takes a frame that comes in single bytes', async () => {
  const [left, right] = socketPair()
  const arrived = Promise.withResolvers<string>()
  const server = new SpdyConnection(right, new Uint8Array(0), (stream) => {
    textOf(stream).then(arrived.resolve, arrived.reject)
  })
  const recorded: Buffer[] = []
  const [from, to] = socketPair()
  to.on('data', (chunk) => recorded.push(chunk))
  const client = new SpdyConnection(from, new Uint8Array(0))
  const stream = client.open({ streamtype: 'data' })
  await stream.write(Buffer.alloc(2000, 'y'))
  stream.end()
  await new Promise((resolve) => setImmediate(resolve))
  for (const byte of Buffer.concat(recorded)) left.write(Buffer.from([byte]))
  assert.equal((await arrived.promise).length, 2000)
  client.close()
  left.end()
  await server.closed
})

test('spdy carries several streams both ways, large ones too', async () => {
  const [left, right] = socketPair()
  const opened: SpdyStream[] = []
  const server = new SpdyConnection(right, new Uint8Array(0), (stream) => {
    opened.push(stream)
    void (async () => {
      for await (const chunk of stream) await stream.write(chunk)
      stream.end()
    })()
  })
  const client = new SpdyConnection(left, new Uint8Array(0))
  const large = Buffer.alloc(3_000_000, 'spdy ').toString()
  const texts = ['one', '', large]
  const echoes = texts.map(async (text, index) => {
    const stream = client.open({ streamtype: 'data', port: String(index) })
    await stream.write(Buffer.from(text))
    stream.end()
    return textOf(stream)
  })
  assert.deepEqual(await Promise.all(echoes), texts)
  assert.deepEqual(
    opened.map((stream) => stream.headers['port']),
    ['0', '1', '2'],
  )
  client.close()
  await server.closed
})

test('spdy stream breaks when its connection goes', async () => {
  const [left, right] = socketPair()
  const client = new SpdyConnection(left, new Uint8Array(0))
  const stream = client.open({ streamtype: 'stdout' })
  right.destroy()
  left.destroy()
  await assert.rejects(textOf(stream), /connection closed/)
})
