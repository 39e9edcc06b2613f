import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../resources/index.ts'
import { clusterIpsOf } from './rules.ts'

test('a service has addresses of its own unless it is headless, external or another proxy’s', () => {
  const ipsOf = (spec: object, labels?: Record<string, string>) =>
    clusterIpsOf({ metadata: { labels }, spec } as Service)
  assert.deepEqual(ipsOf({ clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00::1'] }), ['10.96.0.1'])
  assert.deepEqual(ipsOf({ clusterIP: '10.96.0.3' }), ['10.96.0.3'])
  assert.deepEqual(ipsOf({ clusterIP: 'None', clusterIPs: ['None'] }), [])
  assert.deepEqual(ipsOf({ type: 'ExternalName' }), [])
  const other = { 'service.kubernetes.io/service-proxy-name': 'other' }
  assert.deepEqual(ipsOf({ clusterIP: '10.96.0.2' }, other), [])
})
