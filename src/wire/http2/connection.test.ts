import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { manualClock } from '../../machinery/index.ts'
import type { WireReply, WireRequest } from '../front/request.ts'
import { ServerConnection } from './connection.ts'

const types = ['data', 'headers', 'priority', 'reset', 'settings', 'push', 'ping', 'goaway', 'window', 'continuation']
const errors = ['none', 'protocol', 'internal', 'flow', 'timeout', 'closed', 'size', 'refused', 'cancel', 'compression']
errors.push('connect', 'calm')
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

function frame(type: string, flags: number, stream: number, payload: Uint8Array | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'hex') : payload
  const head = Buffer.alloc(9)
  head.writeUIntBE(body.length, 0, 3)
  head[3] = Math.max(types.indexOf(type), 0)
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, body])
}
const number = (value: number) => value.toString(16).padStart(8, '0')
const settings = (...pairs: readonly (readonly [number, number])[]) =>
  frame('settings', 0, 0, pairs.map(([name, value]) => name.toString(16).padStart(4, '0') + number(value)).join(''))
/** `GET https://a/`, and `POST` with what a body is said to be. */
const get = '82878441 0161'.replaceAll(' ', '')
const post = (length: string) =>
  `83878441 0161 0f0d ${Buffer.from([length.length]).toString('hex')}`.replaceAll(' ', '') +
  Buffer.from(length).toString('hex')
const [endStream, endHeaders, padded, withPriority] = [1, 4, 8, 32]
const whole = endStream | endHeaders

type Serve = (request: WireRequest, reply: WireReply) => Promise<void>
const answerOk: Serve = async (_request, reply) => {
  reply.head(200, {})
  reply.end('ok')
}

/** A connection, and what comes out of it as words. */
function connected(serve: Serve = answerOk, start: readonly Buffer[] = [preface, settings()]) {
  const said: string[] = []
  let rest: Buffer = Buffer.alloc(0)
  let isTaking = true
  let held: (() => void) | undefined
  const read = (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3)
      const [type, flags, stream] = [types[rest[3]!]!, rest[4]!, rest.readUInt32BE(5)]
      const payload = rest.subarray(9, 9 + length)
      rest = rest.subarray(9 + length)
      if (type === 'goaway') said.push(`goaway ${errors[payload.readUInt32BE(4)]}`)
      else if (type === 'reset') said.push(`reset ${stream} ${errors[payload.readUInt32BE()]}`)
      else if (type === 'window') said.push(`window ${stream} ${payload.readUInt32BE()}`)
      else said.push(`${type} ${stream} ${length}${flags & 1 ? ' last' : ''}`)
    }
  }
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      read(chunk)
      if (isTaking) done()
      else held = done
    },
  })
  const connection = new ServerConnection(socket, {
    onRequest: serve,
    clock: manualClock(),
    remoteAddress: '192.0.2.1',
    peerCertificate: undefined,
  })
  const send = async (...chunks: readonly Buffer[]) => {
    for (const chunk of chunks) socket.push(chunk)
    await setImmediate()
    await setImmediate()
    return said.splice(0)
  }
  const hold = () => {
    isTaking = false
  }
  const release = () => {
    isTaking = true
    held?.()
  }
  return { connection, socket, send, hold, release, ready: send(...start) }
}

const settingsSaid = ['settings 0 18', 'window 0 16711681', 'settings 0 0 last']

test('a connection begins with settings, and answers requests with as few frames as can be', async () => {
  const { send, ready } = connected()
  assert.deepEqual(await ready, settingsSaid)
  assert.deepEqual(await send(frame('headers', whole, 1, get)), ['headers 1 33', 'data 1 2 last'])
  assert.deepEqual(await send(frame('ping', 0, 0, '0102030405060708')), ['ping 0 8 last'])
})

test('who went away is told from who has been answered', async () => {
  const gone: boolean[] = []
  const { send, ready } = connected(async (request, reply) => {
    if (request.method === 'POST') await request.body(10).catch(() => {})
    await answerOk(request, reply)
    gone.push(request.isGone)
  })
  await ready
  await send(frame('headers', whole, 1, get))
  await send(frame('headers', endHeaders, 3, post('3')), frame('reset', 0, 3, number(8)))
  assert.deepEqual(gone, [false, true])
})

test('frames are read however they are cut', async () => {
  const { send, ready } = connected()
  await ready
  const bytes = Buffer.concat([frame('headers', whole, 1, get), frame('headers', whole, 3, get)])
  const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
  assert.deepEqual(await send(...pieces), ['headers 1 33', 'data 1 2 last', 'headers 3 33', 'data 3 2 last'])
})

// What is wrong, and what becomes of it: the whole connection ends, or one stream.
const open = frame('headers', endHeaders, 1, post('3'))
const cases: readonly (readonly [name: string, said: readonly string[], ...sent: readonly Buffer[]])[] = [
  ['a frame that is too large', ['goaway size'], frame('data', 0, 1, Buffer.alloc(16_385))],
  ['data of no stream', ['goaway protocol'], frame('data', 0, 0, '00')],
  ['data of a stream that never was', ['goaway protocol'], frame('data', 0, 1, '00')],
  ['headers of an even stream', ['goaway protocol'], frame('headers', whole, 2, get)],
  ['headers that cannot be unpacked', ['goaway compression'], frame('headers', whole, 1, 'ff')],
  [
    'headers cut off by something else',
    ['goaway protocol'],
    frame('headers', endStream, 1, get),
    frame('ping', 0, 0, '0000000000000000'),
  ],
  ['headers gone on with that were not begun', ['goaway protocol'], frame('continuation', 4, 1, get)],
  ['settings that are cut off', ['goaway size'], frame('settings', 0, 0, '00')],
  ['settings of a stream', ['goaway protocol'], frame('settings', 0, 1)],
  ['a window that is too large', ['goaway flow'], frame('window', 0, 0, number(0x7fff_ffff))],
  ['a window that grows by nothing', ['goaway protocol'], frame('window', 0, 0, number(0))],
  ['a push', ['goaway protocol'], frame('push', 4, 1, get)],
  ['a stream that was never opened is reset', ['goaway protocol'], frame('reset', 0, 1, number(8))],
  ['padding longer than what it pads', ['goaway protocol'], open, frame('data', padded, 1, '0500')],
  ['no path', ['reset 1 protocol'], frame('headers', whole, 1, '828741 0161'.replace(' ', ''))],
  ['a name in capitals', ['reset 1 protocol'], frame('headers', whole, 1, `${get}0001410161`)],
  [
    'a field of HTTP/1.1',
    ['reset 1 protocol'],
    frame('headers', whole, 1, `${get}000a${Buffer.from('connection').toString('hex')}0161`),
  ],
  [
    'a line break in a value',
    ['reset 1 protocol'],
    frame('headers', whole, 1, `${get}0001610161`.replace(/61$/, '0a')),
  ],
  [
    'a stream that depends on itself',
    ['reset 1 protocol'],
    frame('headers', whole | withPriority, 1, `0000000110${get}`),
  ],
  ['less of a body than was said', ['reset 1 protocol'], open, frame('data', endStream, 1, '6161')],
  ['more of a body than was said', ['reset 1 protocol'], open, frame('data', endStream, 1, '61616161')],
  ['a window of a stream that is too large', ['reset 1 flow'], open, frame('window', 0, 1, number(0x7fff_ffff))],
  ['a trailer that does not end it', ['reset 1 protocol'], open, frame('headers', endHeaders, 1, '0001610162')],
]
for (const [name, said, ...sent] of cases)
  test(`${name}: ${said.join()}`, async () => {
    const seen: string[] = []
    const { send, ready } = connected(async (request, reply) => {
      await request.body(100)
      await answerOk(request, reply)
    })
    await ready
    seen.push(...(await send(...sent)))
    assert.deepEqual(seen, said)
    if (said[0]!.startsWith('goaway')) return
    assert.deepEqual(await send(frame('headers', whole, 5, get)), ['headers 5 33', 'data 5 2 last'])
  })

test('what is no HTTP/2 is told so', async () => {
  const { ready } = connected(answerOk, [Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')])
  assert.deepEqual((await ready).at(-1), 'goaway protocol')
})

test('nothing is sent beyond a window, and the rest when it grows', async () => {
  const { send, ready } = connected(
    async (_request, reply) => {
      reply.head(200, {})
      reply.end(Buffer.alloc(50))
    },
    [preface, settings([4, 20])],
  )
  await ready
  assert.deepEqual(await send(frame('headers', whole, 1, get)), ['headers 1 33', 'data 1 20'])
  assert.deepEqual(await send(frame('window', 0, 1, number(10))), ['data 1 10'])
  assert.deepEqual(await send(settings([4, 25])), ['settings 0 0 last', 'data 1 5'])
  assert.deepEqual(await send(frame('window', 0, 1, number(100))), ['data 1 15 last'])
})

test('a body is taken as it is read: windows grow then, and also by what nobody reads', async () => {
  const megabyte = 1 << 20
  let read: (() => void) | undefined
  const { send, ready } = connected(async (request, reply) => {
    await new Promise<void>((resolve) => {
      read = resolve
    })
    if (request.url === '/') await request.body(3 * megabyte)
    await answerOk(request, reply)
  })
  await ready
  const full = Array.from({ length: 64 }, () => frame('data', 0, 1, Buffer.alloc(16_384)))
  assert.deepEqual(await send(frame('headers', endHeaders, 1, get), ...full), [])
  assert.deepEqual(await send(frame('data', 0, 1, '00')), ['reset 1 flow'])
  assert.deepEqual(
    await send(frame('headers', endHeaders, 3, get), ...full.map((one) => Buffer.from(one).fill(3, 8, 9))),
    [],
  )
  read!()
  assert.deepEqual(await send(), ['window 3 524288', 'window 3 524288'])
  assert.deepEqual(await send(frame('data', endStream, 3, '00')), ['headers 3 33', 'data 3 2 last'])
})

test('a request that is reset is told so, and who waits to write goes on', async () => {
  const seen: string[] = []
  const { send, ready, hold } = connected(async (request, reply) => {
    request.signal.addEventListener('abort', () => seen.push('aborted'))
    reply.head(200, {})
    while (reply.write(Buffer.alloc(16_384)));
    seen.push('full')
    await reply.drained()
    seen.push(reply.write('more') ? 'wrote' : 'gone')
    await request.body(10).catch((error: Error) => seen.push(error.message))
  })
  await ready
  hold()
  await send(frame('headers', endHeaders, 1, get))
  assert.deepEqual(seen, ['full'])
  await send(frame('reset', 0, 1, number(8)))
  assert.deepEqual(seen, ['full', 'aborted', 'gone', 'the client went away'])
})

test('who does not read is waited for, and gets everything once it does', async () => {
  let written = 0
  const { send, ready, hold, release } = connected(async (_request, reply) => {
    reply.head(200, {})
    for (; written < 4 << 20; written += 65_536) if (!reply.write(Buffer.alloc(65_536))) await reply.drained()
    reply.end()
  })
  await ready
  hold()
  await send(frame('window', 0, 0, number(1 << 30)), settings([4, 1 << 30]), frame('headers', whole, 1, get))
  assert.ok(written < 2 << 20, `${written} bytes were written that nobody reads`)
  release()
  const said: string[] = []
  for (let round = 0; round < 200 && said.at(-1) !== 'data 1 0 last'; round++) said.push(...(await send()))
  assert.equal(written, 4 << 20)
})

test('large headers come in several frames, and too large ones are answered', async () => {
  const { send, ready } = connected(async (_request, reply) => {
    reply.head(200, { long: 'x'.repeat(20_000) })
    reply.end()
  })
  await ready
  const field = (bytes: number) => {
    const length = [127]
    let rest = bytes - 127
    for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
    return Buffer.concat([Buffer.from([0, 1, 97, ...length, rest]), Buffer.alloc(bytes, 'v')])
  }
  const request = async (stream: number, bytes: number) => {
    const block = Buffer.concat([Buffer.from(get, 'hex'), field(bytes)])
    const sent = [frame('headers', endStream, stream, block.subarray(0, 16_384))]
    for (let at = 16_384; at < block.length; at += 16_384)
      sent.push(frame('continuation', 0, stream, block.subarray(at, at + 16_384)))
    return send(...sent, frame('continuation', 4, stream))
  }
  assert.deepEqual(await request(1, 200_000), ['headers 1 16384', 'continuation 1 3659', 'data 1 0 last'])
  assert.deepEqual(await request(3, 1_200_000), ['headers 3 37', 'data 3 0 last'])
  assert.deepEqual(await request(5, 3_000_000), ['goaway calm'])
})

test('requests that are begun and reset without end are refused, and then the connection', async () => {
  let begun = 0
  const { send, ready } = connected(() => {
    begun += 1
    return new Promise(() => {})
  })
  await ready
  let said: readonly string[] = []
  for (let stream = 1; stream < 12_001; stream += 2)
    said = await send(frame('headers', whole, stream, get), frame('reset', 0, stream, number(8)))
  assert.equal(begun, 1000)
  assert.deepEqual(said, [])
})

test('an end of the connection ends every request, and closing it says so', async () => {
  const ended: string[] = []
  const { send, ready, connection } = connected((request) => {
    return new Promise((resolve) => {
      request.signal.addEventListener('abort', () => {
        ended.push(request.url)
        resolve()
      })
    })
  })
  await ready
  await send(frame('headers', whole, 1, get), frame('headers', whole, 3, get))
  connection.close()
  assert.deepEqual(await send(), ['goaway none'])
  assert.deepEqual(ended, ['/', '/'])
})
