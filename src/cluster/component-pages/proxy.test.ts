import assert from 'node:assert/strict'
import { get } from 'node:http'
import { test } from 'node:test'
import type { Client } from '../../client/index.ts'
import { LogLevels, Metrics, systemClock } from '../../machinery/index.ts'
import { ProxyHealth } from '../../proxy/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { openProxyPages } from './proxy.ts'

test('the proxy of a node tells at its own ports whether it follows, and how it is set', async () => {
  const settings = { nodeName: 'n', verbosity: 2, network: { podCidr: '10.244.0.0/16' } } as unknown as ClusterSettings
  const client = { get: async () => ({ metadata: {}, spec: {} }) } as unknown as Client
  const own = new Metrics()
  const [clock, health, levels] = [systemClock(), new ProxyHealth(), new LogLevels(() => 2)]
  const { places, fronts } = await openProxyPages({
    ...{ settings, clock, client, health, levels },
    metrics: { own, process: own },
  })
  await using open = new AsyncDisposableStack()
  for (const front of fronts) open.use(front)
  const ask = (url: string) =>
    new Promise<readonly [number | undefined, string]>((resolve, reject) => {
      get(url, { agent: false }, async (reply) => {
        let body = ''
        for await (const chunk of reply) body += String(chunk)
        resolve([reply.statusCode, body])
      }).once('error', reject)
    })
  assert.equal((await ask(`${places.proxy}/healthz`))[0], 503)
  health.synced(clock.now())
  const [code, body] = await ask(`${places.proxy}/healthz`)
  assert.deepEqual([code, Object.keys(JSON.parse(body))], [200, ['lastUpdated', 'currentTime', 'nodeEligible']])
  assert.deepEqual(await ask(`${places['proxy-metrics']}/proxyMode`), [200, 'nftables'])
})
