import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificateMeasures } from '../../kubelet/index.ts'
import { Metrics, manualClock } from '../../machinery/index.ts'
import { createAuthority, issueCertificate } from '../certificates/authority.ts'

test('a kubelet tells how long its certificates are good for, and how long one lived that was replaced', () => {
  const clock = manualClock(Date.UTC(2026, 0, 1))
  const authority = createAuthority('ca', clock.now(), 100)
  const { cert } = issueCertificate(authority, { commonName: 'node', usages: ['server'], days: 10 }, clock.now())
  const metrics = new Metrics()
  let client: string | undefined
  const replaced = certificateMeasures(metrics, clock, { server: () => cert, client: () => client })
  const told = (name: string) =>
    new RegExp(`^kubelet_certificate_manager_${name} (\\S+)$`, 'm').exec(metrics.text())?.[1]
  const dayMs = 86_400_000
  clock.advance(dayMs)
  assert.equal(Math.round(Number(told('server_ttl_seconds')) / 86_400), 9)
  assert.equal(told('client_ttl_seconds'), '+Inf')
  client = cert
  clock.advance(20 * dayMs)
  assert.equal(Math.round(Number(told('client_ttl_seconds')) / 86_400), -11)
  replaced(cert)
  assert.equal(told('server_rotation_seconds_count'), '1')
  assert.equal(told(String.raw`server_rotation_seconds_bucket\{le="604800"\}`), '0')
  assert.equal(told(String.raw`server_rotation_seconds_bucket\{le="2592000"\}`), '1')
})
