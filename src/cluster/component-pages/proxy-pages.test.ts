import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogLevels, Metrics, manualClock } from '../../machinery/index.ts'
import { ProxyHealth } from '../../proxy/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { openKubeletHealth } from './kubelet-health.ts'
import { openProxyPages } from './proxy-pages.ts'

const free = 20_000 + (process.pid % 20_000)
const settingsWith = (components: ClusterSettings['components']) =>
  ({ nodeName: 'node-2', verbosity: 2, network: { podCidr: '10.1.0.0/16' }, components }) as ClusterSettings

test('a service proxy tells of itself where its configuration says', async () => {
  const clock = manualClock()
  const health = new ProxyHealth()
  const metrics = new Metrics()
  const own = metrics.part()
  own.counter('kubeproxy_sync_proxy_rules_count', 'Syncs.').inc({})
  const levels = new LogLevels(() => 2)
  const taints: object[] = []
  const client = { get: async () => ({ metadata: {}, spec: { taints } }) } as never
  const addresses = { healthzBindAddress: `127.0.0.1:${free}`, metricsBindAddress: `127.0.0.1:${free + 1}` }
  const settings = settingsWith({ proxy: addresses })
  const hosts = { healthz: '0.0.0.0', metrics: '0.0.0.0' }
  await using pages = await openProxyPages({ settings, clock, metrics, levels, client, own, health, hosts })
  const ask = async (place: string, path: string) => {
    const answer = await fetch(`${pages.places[place]}${path}`)
    return { code: answer.status, text: await answer.text() }
  }
  assert.equal((await ask('proxy', '/healthz')).code, 503)
  health.synced(clock.now())
  assert.match((await ask('proxy', '/healthz')).text, /"nodeEligible":true/)
  taints.push({ key: 'ToBeDeletedByClusterAutoscaler' })
  assert.deepEqual([(await ask('proxy', '/healthz')).code, (await ask('proxy', '/livez')).code], [503, 200])
  assert.match((await ask('proxy-metrics', '/metrics')).text, /^kubeproxy_sync_proxy_rules_count 1$/m)
  assert.equal((await ask('proxy-metrics', '/proxyMode')).text, 'nftables')
  const { 'kubeproxy.config.k8s.io': shown } = JSON.parse((await ask('proxy-metrics', '/configz')).text)
  assert.equal(shown.hostnameOverride, 'node-2')
  for (const page of ['/statusz', '/flagz']) assert.equal((await ask('proxy-metrics', page)).code, 200)
})

test('a kubelet says on a port of its own that it is well, unless it is to have none', async () => {
  assert.equal(await openKubeletHealth(settingsWith({ kubelet: { healthzPort: 0 } })), undefined)
  await using _open = await openKubeletHealth(settingsWith({ kubelet: { healthzPort: free + 2 } }))
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${free + 2}${path}`)
    return [answer.status, await answer.text()]
  }
  assert.deepEqual(await ask('/healthz'), [200, 'ok'])
  assert.deepEqual(await ask('/healthz/syncloop'), [200, 'ok'])
  assert.deepEqual(await ask('/pods'), [404, '404 page not found\n'])
})
