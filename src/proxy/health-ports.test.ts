import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { silentLog } from '../machinery/index.ts'
import { HealthPorts } from './health-ports.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
const ask = (port: number) =>
  new Promise<{ code: number | undefined; weight: unknown; body: string }>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/healthz', agent: false }, async (reply) => {
      let body = ''
      for await (const chunk of reply) body += String(chunk)
      resolve({ code: reply.statusCode, weight: reply.headers['x-load-balancing-endpoint-weight'], body })
    }).once('error', reject)
  })

test('the health check port of a service says how many pods the node has for it, and is there as long as it is wanted', async () => {
  let isHealthy = true
  await using ports = new HealthPorts(['127.0.0.1/32'], () => isHealthy, silentLog)
  const wanted = { namespace: 'ns', name: 'web', port: await freePort(), localEndpoints: 2 }
  ports.put('ns/web', wanted)
  assert.deepEqual(await ask(wanted.port), {
    code: 200,
    weight: '2',
    body: '{\n\t"service": {\n\t\t"namespace": "ns",\n\t\t"name": "web"\n\t},\n\t"localEndpoints": 2,\n\t"serviceProxyHealthy": true\n}',
  })
  isHealthy = false
  assert.equal((await ask(wanted.port)).code, 503)
  isHealthy = true
  ports.put('ns/web', { ...wanted, localEndpoints: 0 })
  assert.deepEqual([(await ask(wanted.port)).code, (await ask(wanted.port)).weight], [503, '0'])
  ports.put('ns/web', undefined)
  await assert.rejects(ask(wanted.port))
})
