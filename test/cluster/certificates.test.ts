import assert from 'node:assert/strict'
import { Agent, request as requestHttps } from 'node:https'
import { after, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { startCluster } from '../../src/index.ts'
import { type Clock, parseYaml, systemClock } from '../../src/machinery/index.ts'

/** The machine's time, moved on by hand. */
let offsetMs = 0
const real = systemClock()
const clock: Clock = { ...real, now: () => real.now() + offsetMs }
const cluster = await startCluster({ nodes: 0, clock })
after(() => cluster.stop())
const kubeconfig = parseYaml(await cluster.kubeconfig()).value as any
const decode = (text: string) => Buffer.from(text, 'base64').toString()
const { server, 'certificate-authority-data': authority } = kubeconfig.clusters[0].cluster
const { 'client-certificate-data': certificate, 'client-key-data': key } = kubeconfig.users[0].user
const credentials = { ca: decode(authority), cert: decode(certificate), key: decode(key) }

function ask(agent: Agent): Promise<{ readonly code: number; readonly resumed: boolean }> {
  return new Promise((resolve, reject) => {
    const request = requestHttps(`${server}/api/v1/namespaces`, { agent }, (response) => {
      const resumed = (response.socket as TLSSocket).isSessionReused()
      response.resume()
      response.once('end', () => resolve({ code: response.statusCode ?? 0, resumed }))
    })
    request.once('error', reject)
    request.end()
  })
}

test('a certificate is good until it ends: on a new connection, an old one, and a resumed session', async () => {
  const kept = new Agent({ ...credentials, keepAlive: true, maxSockets: 1 })
  const resuming = new Agent({ ...credentials, keepAlive: false, maxCachedSessions: 10 })
  try {
    assert.equal((await ask(kept)).code, 200)
    assert.equal((await ask(resuming)).code, 200)
    const second = await ask(resuming)
    assert.deepEqual(second, { code: 200, resumed: true })
    offsetMs = 2 * 24 * 60 * 60_000
    assert.equal((await ask(kept)).code, 401)
    assert.deepEqual(await ask(resuming), { code: 401, resumed: true })
    offsetMs = 0
    assert.equal((await ask(kept)).code, 200)
  } finally {
    kept.destroy()
    resuming.destroy()
  }
})
