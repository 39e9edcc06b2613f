import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../resources/index.ts'
import { clusterIpsOf } from '../rules/rules.ts'
import { nothingInstalled, transactionOf } from './transaction.ts'

test('what goes to a service’s address but to none of its ports is refused, and an address of no service is a dead end', () => {
  const { text } = transactionOf('t', [], nothingInstalled, { clusterIps: ['10.96.0.9'], serviceCidr: '10.96.0.0/12' })
  const lines = text.split('\n')
  assert.ok(lines.includes('add element ip t cluster-ips { 10.96.0.9 }'))
  assert.deepEqual(
    lines.filter((line) => line.startsWith('add rule ip t refuse-unknown')),
    [
      'add rule ip t refuse-unknown ct state new ip daddr @cluster-ips reject',
      'add rule ip t refuse-unknown ct state new ip daddr 10.96.0.0/12 drop',
    ],
  )
  // Behind the change of destination: in front of it every service would be refused.
  assert.ok(
    lines.includes('add chain ip t filter-output-sent-on { type filter hook output priority -90; policy accept; }'),
  )
  assert.deepEqual(
    lines.filter((line) => line.endsWith(' jump refuse-unknown')),
    ['add rule ip t filter-forward jump refuse-unknown', 'add rule ip t filter-output-sent-on jump refuse-unknown'],
  )
  assert.doesNotMatch(transactionOf('t', [], nothingInstalled).text, / drop$/m)
})

test('services have addresses of their own unless they are headless, external or another proxy’s', () => {
  const service = (spec: object, labels?: Record<string, string>) => ({ metadata: { labels }, spec }) as Service
  const services = [
    service({ clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00::1'] }),
    service({ clusterIP: 'None', clusterIPs: ['None'] }),
    service({ type: 'ExternalName' }),
    service({ clusterIP: '10.96.0.2' }, { 'service.kubernetes.io/service-proxy-name': 'other' }),
    service({ clusterIP: '10.96.0.3' }),
  ]
  assert.deepEqual(clusterIpsOf(services), ['10.96.0.1', '10.96.0.3'])
})
