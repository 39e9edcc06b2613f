import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createServer as createSecureServer } from 'node:tls'
import { startNetworkProxy } from '../../../test/fixtures/network-proxy.ts'
import { Metrics, systemClock, systemRandom } from '../../machinery/index.ts'
import { createAuthority, issueCertificate } from '../certificates/authority.ts'
import type { EgressChoice } from '../config/egress.ts'
import { dialNetwork, dialNodes } from './dialers.ts'
import { createEgress } from './egress.ts'

const directory = await mkdtemp(join(tmpdir(), 'egress-'))
const open: Server[] = []
after(async () => {
  for (const server of open) server.close()
  await rm(directory, { recursive: true })
})
const nowMs = Date.now()
const authority = createAuthority('egress', nowMs, 1)
const issued = (commonName: string, usage: 'server' | 'client') =>
  issueCertificate(authority, { commonName, names: ['127.0.0.1', 'behind.example'], usages: [usage], days: 1 }, nowMs)
const [serving, client] = [issued('server', 'server'), issued('client', 'client')]

async function listening<T extends Server>(server: T, path?: string): Promise<T> {
  open.push(server)
  await new Promise<void>((done) =>
    path === undefined ? server.listen(0, '127.0.0.1', done) : server.listen(path, done),
  )
  return server
}
const portOf = (server: Server) => (server.address() as AddressInfo).port

/** Opens what it is asked for on loopback, whatever the name, and remembers it; refuses what is on port 1. */
function proxying(asked: string[]) {
  return (socket: Socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      const [, host = '', port] =
        /^CONNECT (.*):(\d+) HTTP\/1\.1\r\nHost: 127\.0\.0\.1\r\n\r\n$/.exec(bytes.toString()) ?? []
      asked.push(`${host}:${port}`)
      if (port === '1') return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      const inner = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        socket.pipe(inner).pipe(socket)
      })
      inner.on('error', () => socket.destroy())
    })
  }
}

const target = await listening(createServer((request, response) => response.end(`plain ${request.url}`)))
const secure = await listening(
  createTlsServer({ ...serving, ca: authority.cert, requestCert: true }, (request, response) => {
    const { subject } = (
      request.socket as unknown as { getPeerCertificate(): { subject?: { CN: string } } }
    ).getPeerCertificate()
    response.end(`secret of ${subject?.CN ?? 'nobody'}`)
  }),
)

async function textOf(connection: ReturnType<ReturnType<typeof dialNetwork>>, path: string): Promise<string> {
  const reply = await connection.request({ method: 'GET', path, headers: {} }, new AbortController().signal)
  const chunks: Uint8Array[] = []
  for await (const chunk of reply.body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
function wayOut(choice: EgressChoice) {
  const metrics = new Metrics()
  return { metrics, egress: createEgress(choice, { clock: systemClock(), random: systemRandom(), metrics }) }
}

test('the cluster’s network is reached through its proxy, plainly and over TLS, and the rest directly', async () => {
  const asked: string[] = []
  const proxy = await listening(createTcpServer(proxying(asked)))
  const { egress, metrics } = wayOut({ cluster: { at: { host: '127.0.0.1', port: portOf(proxy) } } })
  const dial = dialNetwork(egress)
  const there = { host: 'behind.example', port: portOf(target) }
  assert.equal(await textOf(dial({ ...there, tls: false }), '/a'), 'plain /a')
  const tls = { host: 'behind.example', port: portOf(secure), tls: true, ca: authority.cert, client }
  assert.equal(await textOf(dial({ ...tls, serverName: 'behind.example' }), '/'), 'secret of client')
  await assert.rejects(textOf(dial({ ...tls, serverName: 'other.example' }), '/'), /does not match certificate/)
  const nodes = dialNodes(() => ({ ...client, ca: authority.cert }), egress)
  assert.equal(await textOf(nodes({ name: 'n', address: '127.0.0.1', port: portOf(secure) }), '/'), 'secret of client')
  const [first, second, third] = [`behind.example:${there.port}`, `behind.example:${tls.port}`, `127.0.0.1:${tls.port}`]
  assert.deepEqual(asked, [first, second, second, third])
  for (const part of ['controlplane', 'none'] as const)
    assert.equal(
      await textOf(dial({ host: '127.0.0.1', port: there.port, tls: false, egress: part }), '/b'),
      'plain /b',
    )
  assert.equal(asked.length, 4)
  assert.match(
    metrics.text(),
    /^apiserver_egress_dialer_dial_start_total\{protocol="http_connect",transport="tcp"\} 4$/m,
  )
})

test('a proxy is reached by its socket, or with certificates', async () => {
  const asked: string[] = []
  const path = join(directory, 'proxy.sock')
  await listening(createTcpServer(proxying(asked)), path)
  const front = createSecureServer(
    { ...serving, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    proxying(asked),
  )
  const guarded = await listening(front)
  const file = async (name: string, text: string) => {
    await writeFile(join(directory, name), text)
    return join(directory, name)
  }
  const tls = {
    caBundle: await file('ca.pem', authority.cert),
    clientCert: await file('client.pem', client.cert),
    clientKey: await file('client.key', client.key),
    serverName: 'behind.example',
  }
  const { egress } = wayOut({
    cluster: { at: { path } },
    controlplane: { at: { host: '127.0.0.1', port: portOf(guarded) }, tls },
  })
  const there = { host: '127.0.0.1', port: portOf(target), tls: false }
  assert.equal(await textOf(dialNetwork(egress)(there), '/'), 'plain /')
  assert.equal(await textOf(dialNetwork(egress)({ ...there, egress: 'controlplane' }), '/'), 'plain /')
  assert.equal(asked.length, 2)
})

test('what a proxy refuses, and a proxy that is not there, are told and counted', async () => {
  const proxy = await listening(createTcpServer(proxying([])))
  const at = { host: '127.0.0.1', port: portOf(proxy) }
  const { egress, metrics } = wayOut({ cluster: { at }, controlplane: { at: { path: join(directory, 'nobody') } } })
  await assert.rejects(textOf(dialNetwork(egress)({ host: 'a.example', port: 1, tls: false }), '/'), {
    message: `proxy error from 127.0.0.1:${at.port} while dialing a.example:1, code 403: 403 Forbidden`,
  })
  await assert.rejects(
    textOf(dialNetwork(egress)({ host: 'a.example', port: 2, tls: true, egress: 'controlplane' }), '/'),
    /ENOENT/,
  )
  const failures = metrics.text().match(/^apiserver_egress_dialer_dial_failure_count.*$/gm)
  assert.deepEqual(failures, [
    'apiserver_egress_dialer_dial_failure_count{protocol="http_connect",transport="tcp",stage="proxy"} 1',
    'apiserver_egress_dialer_dial_failure_count{protocol="http_connect",transport="uds",stage="connect"} 1',
  ])
})

test('a proxy that wants gRPC carries plain and secure connections, each by a stream of its own', async () => {
  const path = join(directory, 'tunnel.sock')
  await using proxy = await startNetworkProxy(path)
  const { egress, metrics } = wayOut({ cluster: { protocol: 'GRPC', at: { path } } })
  const dial = dialNetwork(egress)
  const there = { host: 'behind.example', port: portOf(target) }
  assert.equal(await textOf(dial({ ...there, tls: false }), '/a'), 'plain /a')
  const tls = { host: 'behind.example', port: portOf(secure), tls: true, ca: authority.cert, client }
  assert.equal(await textOf(dial({ ...tls, serverName: 'behind.example' }), '/'), 'secret of client')
  const nodes = dialNodes(() => ({ ...client, ca: authority.cert }), egress)
  assert.equal(await textOf(nodes({ name: 'n', address: '127.0.0.1', port: portOf(secure) }), '/'), 'secret of client')
  assert.deepEqual(
    proxy.seen.filter((one) => one.startsWith('DIAL_REQ')),
    [`behind.example:${there.port}`, `behind.example:${tls.port}`, `127.0.0.1:${tls.port}`].map(
      (one) => `DIAL_REQ ${one}`,
    ),
  )
  const labels = '{protocol="grpc",transport="uds"}'
  assert.match(metrics.text(), new RegExp(`^apiserver_egress_dialer_dial_start_total${labels} 3$`, 'm'))
  assert.match(metrics.text(), new RegExp(`^apiserver_egress_dialer_dial_duration_seconds_count${labels} 3$`, 'm'))
})

test('megabytes go through a tunnel unchanged both ways, and its end is told to the proxy', async () => {
  const path = join(directory, 'large.sock')
  await using proxy = await startNetworkProxy(path)
  const echo = await listening(createTcpServer((socket) => void socket.on('error', () => {}).pipe(socket)))
  const { egress } = wayOut({ cluster: { protocol: 'GRPC', at: { path } } })
  const opened = await egress('cluster')!('echo.example', portOf(echo))
  const sent = Buffer.alloc(4 << 20, 'coxswain ')
  let got = 0
  let isSame = true
  const all = new Promise<void>((resolve) =>
    opened.on('data', (chunk: Buffer) => {
      isSame &&= chunk.equals(sent.subarray(got, got + chunk.length))
      got += chunk.length
      if (got === sent.length) resolve()
    }),
  )
  opened.write(sent)
  await all
  assert.ok(isSame)
  const closed = new Promise((resolve) => opened.once('close', resolve))
  opened.end()
  await closed
  assert.equal(proxy.seen.at(-1), 'CLOSE_REQ')
})

test('a tunnel tells what the proxy says of a connection that cannot be, and of a proxy that is not there', async () => {
  const path = join(directory, 'refusing.sock')
  await using proxy = await startNetworkProxy(path)
  const closed = await listening(createTcpServer())
  const port = portOf(closed)
  await new Promise((done) => closed.close(done))
  open.splice(open.indexOf(closed), 1)
  const { egress, metrics } = wayOut({ cluster: { protocol: 'GRPC', at: { path } } })
  await assert.rejects(egress('cluster')!('a.example', port), /ECONNREFUSED/)
  assert.match(
    metrics.text(),
    /^apiserver_egress_dialer_dial_failure_count\{protocol="grpc",transport="uds",stage="proxy"\} 1$/m,
  )
  const echo = await listening(createTcpServer((socket) => void socket.on('error', () => {}).pipe(socket)))
  const opened = await egress('cluster')!('echo.example', portOf(echo))
  const broken = new Promise<Error>((resolve) => opened.once('error', resolve))
  proxy.drop()
  assert.ok((await broken) instanceof Error)
})
