import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IPAddress, ServiceCIDR } from '../../resources/index.ts'
import { mayGo, overlaps } from './plan.ts'

const range = (name: string, ...cidrs: string[]) => ({ metadata: { name }, spec: { cidrs } }) as unknown as ServiceCIDR
const address = (name: string, by = 'ipallocator.k8s.io') =>
  ({ metadata: { name, labels: { 'ipaddress.kubernetes.io/managed-by': by } } }) as unknown as IPAddress

test('a range goes when its addresses are elsewhere, too, or there are none', () => {
  const small = range('small', '10.1.0.0/24')
  const large = range('large', '10.1.0.0/16')
  const used = [address('10.1.0.7')]
  for (const [going, ranges, addresses, wanted] of [
    [small, [small], [], true],
    [small, [small], used, false],
    [small, [small], [address('10.1.0.7', 'somebody')], true],
    [small, [small, large], used, true],
    [large, [small, large], used, true],
    [large, [small, large], [address('10.1.9.9')], false],
    [
      range('two', '10.1.0.0/24', 'fd00::/112'),
      [small, range('two', '10.1.0.0/24', 'fd00::/112')],
      [address('fd00::9')],
      false,
    ],
  ] as const)
    assert.equal(mayGo(going, ranges, addresses), wanted)
})

test('ranges overlap when one holds the other', () => {
  assert.equal(overlaps(range('a', '10.1.0.0/16'), range('b', '10.1.3.0/24')), true)
  assert.equal(overlaps(range('a', '10.1.3.0/24'), range('b', '10.1.0.0/16')), true)
  assert.equal(overlaps(range('a', '10.1.3.0/24'), range('b', '10.2.0.0/16', 'fd00::/112')), false)
})
