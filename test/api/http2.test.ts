/** HTTP/2 as Node's own client, which is nghttp2, speaks it with our front. */
import assert from 'node:assert/strict'
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'
import { after, before, test } from 'node:test'
import { createAuthority } from '../../src/cluster/certificates/authority.ts'
import { systemClock } from '../../src/machinery/index.ts'
import { type Front, openFront, type RequestHandler } from '../../src/wire/index.ts'

let front: Front
let session: ClientHttp2Session
const aborted: string[] = []
const megabyte = Buffer.alloc(1 << 20, 'x')

const serve: Record<string, RequestHandler> = {
  async '/echo'(request, reply) {
    const body = await request.body(16 << 20)
    reply.head(200, { 'content-length': String(body.length) })
    reply.end(body)
  },
  async '/pipe'(request, reply) {
    reply.head(200, {})
    for await (const chunk of request.stream()) if (!reply.write(chunk)) await reply.drained()
    reply.end()
  },
  async '/large'(_request, reply) {
    reply.head(200, {})
    for (let at = 0; at < 16; at++) if (!reply.write(megabyte)) await reply.drained()
    reply.end()
  },
  async '/headers'({ headers, url, method }, reply) {
    reply.head(200, { 'content-type': 'application/json', several: ['a', 'b'] })
    reply.end(JSON.stringify({ headers, url, method }))
  },
  async '/small'(request, reply) {
    const refused = await request.body(10).then(
      () => '',
      (error: Error) => error.name,
    )
    reply.head(413, {})
    reply.end(refused)
  },
  async '/fails'() {
    throw new Error('on purpose')
  },
  '/lasts': (request, reply) =>
    new Promise((resolve) => {
      reply.head(200, {})
      reply.write('begun\n')
      request.signal.addEventListener('abort', () => {
        aborted.push(request.headers.name ?? '')
        resolve()
      })
    }),
}

before(async () => {
  const { cert, key } = createAuthority('localhost', Date.now(), 1)
  front = await openFront({
    host: '127.0.0.1',
    port: 0,
    tls: { cert, key },
    clock: systemClock(),
    onRequest: (request, reply) => serve[request.url.split('?')[0]!]!(request, reply),
    onUpgrade: async () => {},
  })
  session = connect(`https://localhost:${front.port}`, { ca: cert, settings: { enablePush: false } })
})
after(async () => {
  session.destroy()
  await front[Symbol.asyncDispose]()
})

interface Answer {
  readonly head: Record<string, unknown>
  readonly body: Buffer
}
function ask(path: string, headers: OutgoingHttpHeaders = {}, body?: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path, ':method': body === undefined ? 'GET' : 'POST', ...headers })
    const chunks: Buffer[] = []
    let head: Record<string, unknown> = {}
    stream.once('response', (given) => {
      head = given
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('end', () => resolve({ head, body: Buffer.concat(chunks) }))
    stream.once('error', reject)
    stream.end(body)
  })
}

test('bodies of every size come and go unchanged, many at once', async () => {
  const sizes = [0, 1, 100, 16_383, 16_384, 16_385, 65_536, 100_000, 1 << 20, 3_000_001]
  const bodies = sizes.map((size) => Buffer.from(Array.from({ length: size }, (_, at) => at % 251)))
  const answers = await Promise.all(bodies.flatMap((body) => [ask('/echo', {}, body), ask('/pipe', {}, body)]))
  for (const [at, { head, body }] of answers.entries()) {
    assert.equal(head[':status'], 200)
    assert.ok(body.equals(bodies[at >> 1]!), `${sizes[at >> 1]} bytes`)
  }
})

test('a large answer to a client with small windows is whole, with others beside it', async () => {
  const [large, ...small] = await Promise.all([
    ask('/large'),
    ...Array.from({ length: 200 }, (_, at) => ask('/echo', {}, Buffer.from(String(at)))),
  ])
  assert.equal(large.body.length, 16 << 20)
  assert.deepEqual(
    small.map(({ body }) => body.toString()),
    small.map((_, at) => String(at)),
  )
})

test('headers are what they were, however they were packed', async () => {
  const every = String.fromCharCode(...Array.from({ length: 95 }, (_, at) => at + 32)).trim()
  const latin = String.fromCharCode(...Array.from({ length: 96 }, (_, at) => at + 160))
  const headers = { every, latin, cookie: ['a=1', 'b=2'], twice: ['1', '2'], long: 'y'.repeat(40_000) }
  for (let round = 0; round < 3; round++) {
    const path = `/headers?q=${encodeURIComponent(every)}`
    const { head, body } = await ask(path, headers)
    const seen = JSON.parse(body.toString())
    const host = `localhost:${front.port}`
    const expected = { ...headers, host, cookie: 'a=1; b=2', twice: '1, 2' }
    assert.deepEqual(seen, { headers: expected, url: path, method: 'GET' })
    assert.equal(head['content-type'], 'application/json')
    assert.equal(head.several, 'a, b')
    assert.match(String(head.date), /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
  }
})

test('a HEAD is answered without a body, a body that is too large at once, and a failure with a reset', async () => {
  const { head, body } = await ask('/echo', { ':method': 'HEAD' })
  assert.deepEqual([head[':status'], head['content-length'], body.length], [200, '0', 0])
  const refused = await ask('/small', {}, megabyte)
  assert.deepEqual([refused.head[':status'], refused.body.toString()], [413, 'BodyTooLargeError'])
  await assert.rejects(ask('/fails'), /INTERNAL_ERROR/)
  assert.equal((await ask('/echo')).head[':status'], 200)
})

test('a request that its client gives up ends, and so do all when the connection goes', async () => {
  const open = (from: ClientHttp2Session, name: string) =>
    new Promise<() => void>((resolve) => {
      const stream = from.request({ ':path': '/lasts', name })
      stream.on('error', () => {})
      stream.once('data', () => resolve(() => stream.close(8)))
    })
  const giveUp = await open(session, 'one')
  giveUp()
  for (let tries = 0; aborted.length < 1 && tries < 1000; tries++) await ask('/echo')
  const other = connect(`https://localhost:${front.port}`, { rejectUnauthorized: false })
  other.on('error', () => {})
  await Promise.all(['two', 'two', 'two'].map((name) => open(other, name)))
  other.destroy()
  for (let tries = 0; aborted.length < 4 && tries < 1000; tries++) await ask('/echo')
  assert.deepEqual(aborted, ['one', 'two', 'two', 'two'])
})
