/** Node's own HTTP/2 server with nothing behind it: what sending the same takes at least. */
import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createAuthority } from '../src/cluster/certificates/authority.ts'

const { cert, key } = createAuthority('localhost', Date.now(), 1)
const server = createSecureServer({ cert, key })
const streams: ServerHttp2Stream[] = []
const whole = Buffer.alloc(20 << 20, 'item ')
server.on('stream', (stream, { ':path': path, ':method': method }) => {
  stream.on('error', () => {})
  stream.respond({ ':status': 200 })
  if (path === '/list') return stream.end(whole)
  if (method === 'GET') return streams.push(stream)
  stream.end()
  const line = Buffer.alloc(1900, 'event ')
  line[line.length - 1] = 10
  for (const one of streams) one.write(line)
})
server.listen(0, '127.0.0.1', () =>
  process.send!({ server: `https://localhost:${(server.address() as AddressInfo).port}`, ca: cert, cert, key }),
)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!({ cpuMs: (user + system) / 1000 })
})
