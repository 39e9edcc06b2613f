import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseGates, type FeatureGates } from '../gates/gates.ts'
import { judgedBy } from '../gates/judged-by.ts'
import { olderCidrErrors, olderIpErrors } from './addresses.ts'

const told = (errors: readonly { readonly message: string }[]) =>
  errors.map(({ message }) => message.split(': ').at(-1))

test('addresses are written as one reads them, unless they are there already', () => {
  const table: readonly [string, readonly string[]][] = [
    ['10.0.0.1', []],
    ['fd00::1', []],
    ['::', []],
    ['0.0.0.0', []],
    ['010.0.0.1', ['must not have leading 0s']],
    ['10.0.0.01', ['must not have leading 0s']],
    ['::ffff:1.2.3.4', ['must not be an IPv4-mapped IPv6 address']],
    ['::FFFF:0102:0304', ['must not be an IPv4-mapped IPv6 address']],
    ['x', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'.split(': ').at(-1)!]],
  ]
  for (const [value, expected] of table) assert.deepEqual(told(olderIpErrors('ip', value)), expected, value)
  assert.deepEqual(olderIpErrors('ip', '010.0.0.1', ['010.0.0.1']), [])
})

test('ranges have neither zeros nor bits too many', () => {
  const table: readonly [string, readonly string[]][] = [
    ['10.0.0.0/8', []],
    ['fd00::/64', []],
    ['0.0.0.0/0', []],
    ['010.0.0.0/8', ['must not have leading 0s in IP or prefix length']],
    ['10.0.0.0/08', ['must not have leading 0s in IP or prefix length']],
    ['::ffff:10.0.0.0/8', ['must not have an IPv4-mapped IPv6 address']],
    ['10.0.0.1/8', ['must not have bits set beyond the prefix length']],
  ]
  for (const [value, expected] of table) assert.deepEqual(told(olderCidrErrors('cidr', value)), expected, value)
})

test('with the gate off, the lax forms are good', () => {
  const chosen = chooseGates({ StrictIPCIDRValidation: false }) as { readonly gates: FeatureGates }
  judgedBy(chosen.gates, () => {
    assert.deepEqual(olderIpErrors('ip', '010.0.0.1'), [])
    assert.deepEqual(olderCidrErrors('cidr', '10.0.0.1/8'), [])
  })
})
