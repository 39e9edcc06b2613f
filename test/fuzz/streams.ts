import { connect } from 'node:http2'
import { Duplex } from 'node:stream'
import { manualClock } from '../../src/machinery/index.ts'
import { ServerConnection } from '../../src/wire/http2/connection.ts'
import { SpdyConnection } from '../../src/wire/index.ts'
import { upgradeWebSocket } from '../../src/wire/remote-command/web-socket.ts'

/** A socket that takes what is written, and gives what it is made with. */
function socketOf(bytes: Uint8Array): Duplex {
  let given = false
  const socket = new Duplex({
    read() {
      if (given) return
      given = true
      this.push(Buffer.from(bytes))
      this.push(null)
    },
    write: (_chunk, _encoding, done) => done(),
  })
  // What sockets have and streams have not.
  return Object.assign(socket, { setTimeout() {}, setNoDelay() {} })
}

async function recorded(): Promise<Buffer> {
  const chunks: Buffer[] = []
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const connection = new SpdyConnection(socket, new Uint8Array(0))
  for (const streamtype of ['error', 'stdin', 'data']) {
    const stream = connection.open({ streamtype, port: '80', requestid: '1' })
    await stream.write(Buffer.from('some bytes of a stream'))
    if (streamtype === 'data') stream.reset()
    else stream.end()
  }
  connection.close()
  return Buffer.concat(chunks)
}
const whole = await recorded()
const pingFrame = Buffer.from([0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1])

/** What a client of SPDY sends. */
export const spdyBytes: readonly Uint8Array[] = [whole, Buffer.concat([pingFrame, whole]), pingFrame]

/** Reads frames to their end, with a reader on each stream. */
export async function fuzzSpdy(bytes: Uint8Array): Promise<void> {
  const connection = new SpdyConnection(socketOf(bytes), new Uint8Array(0), (stream) => {
    void (async () => {
      for await (const chunk of stream) await stream.write(chunk)
      stream.end()
    })().catch(() => {})
  })
  await connection.closed
}

/** What Node's HTTP/2 client sends for a few requests. */
async function recordedHttp2(): Promise<Buffer> {
  const chunks: Buffer[] = []
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  const session = connect('http://localhost', { createConnection: () => socket as never })
  session.on('error', () => {})
  for (const name of ['a', 'b', 'a']) {
    const stream = session.request({ ':method': 'POST', ':path': `/${name}`, name, 'content-type': 'application/json' })
    stream.on('error', () => {})
    stream.end('some bytes of a body')
  }
  session.ping(() => {})
  while (Buffer.concat(chunks).indexOf('some bytes of a body') < 0)
    await new Promise((resolve) => setImmediate(resolve))
  session.destroy()
  return Buffer.concat(chunks)
}

/** What a client of HTTP/2 sends. */
export const http2Bytes: readonly Uint8Array[] = [await recordedHttp2()]

/** Serves whatever requests are in the bytes, with what they carry. */
export async function fuzzHttp2(bytes: Uint8Array): Promise<void> {
  const socket = socketOf(bytes)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const options = { clock: manualClock(), remoteAddress: '', peerCertificate: undefined }
  new ServerConnection(socket, {
    ...options,
    async onRequest(request, reply) {
      const body = await request.body(1000).catch(() => '')
      reply.head(200, { host: request.headers.host ?? '' })
      reply.end(body)
    },
  })
  await closed
}

const frame = (first: number, text: string, mask: readonly number[] = [1, 2, 3, 4]): Buffer =>
  Buffer.concat([
    Buffer.from([first, 0x80 | text.length, ...mask]),
    Buffer.from(text).map((byte, at) => byte ^ mask[at % 4]!),
  ])

/** What a client of a WebSocket sends after the handshake. */
export const webSocketBytes: readonly Uint8Array[] = [
  Buffer.concat([frame(0x82, '\0stdin'), frame(0x82, '\x04{"Width":80}'), frame(0x88, '')]),
  Buffer.concat([frame(0x01, 'part'), frame(0x80, ' and rest'), frame(0x89, 'ping'), frame(0x8a, '')]),
  Buffer.concat([Buffer.from([0x82, 0xfe, 0, 130, 0, 0, 0, 0]), Buffer.alloc(130, 7)]),
]

/** Reads messages to their end. */
export async function fuzzWebSocket(bytes: Uint8Array): Promise<void> {
  const socket = socketOf(bytes)
  const headers = {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  }
  const webSocket = await upgradeWebSocket({ method: 'GET', headers } as never, socket, new Uint8Array(0), '')
  await new Promise<void>((resolve) => {
    webSocket.on('close', () => resolve())
    webSocket.on('message', () => {})
    // A client that is gone without a word is given up at once, not after the time that sockets are given.
    socket.on('close', () => resolve())
    socket.on('end', () => socket.destroy())
  })
}
