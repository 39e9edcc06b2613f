import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from '../backoff/backoff.ts'
import { scaledValue } from '../intstr/intstr.ts'
import { ipText, parseCidr, parseIp } from '../network/ip.ts'
import { durationText, humanDuration, parseDuration } from './duration.ts'

test('durations are read and printed as Go does', () => {
  const table: Record<string, string> = {
    '0': '0s',
    '1h': '1h0m0s',
    '90s': '1m30s',
    '1h15m30.918273645s': '1h15m30.918273645s',
    '1.5ms': '1.5ms',
    '100us': '100µs',
    '-2s': '-2s',
    '5ns': '5ns',
  }
  assert.deepEqual(
    Object.fromEntries(Object.keys(table).map((text) => [text, durationText(parseDuration(text))])),
    table,
  )
  assert.throws(() => parseDuration('5'), { message: 'time: missing unit in duration "5"' })
  assert.throws(() => parseDuration('5x'), { message: 'time: unknown unit "x" in duration "5x"' })
  assert.throws(() => parseDuration(''), { message: 'time: invalid duration ""' })
})

test('ages are shown as kubectl shows them', () => {
  const second = 1000
  const hour = 3600 * second
  const table: readonly (readonly [number, string])[] = [
    [-3 * second, '<invalid>'],
    [-1 * second, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [120 * second, '2m'],
    [130 * second, '2m10s'],
    [600 * second, '10m'],
    [179 * 60 * second, '179m'],
    [3 * hour, '3h'],
    [3 * hour + 60 * second, '3h1m'],
    [47 * hour, '47h'],
    [49 * hour, '2d1h'],
    [24 * 8 * hour, '8d'],
    [24 * 365 * 2 * hour, '2y'],
    [24 * 366 * 3 * hour, '3y3d'],
    [24 * 365 * 9 * hour, '9y'],
  ]
  assert.deepEqual(
    table.map(([ms]) => [ms, humanDuration(ms)]),
    table,
  )
})

test('percentages are scaled and rounded as asked', () => {
  assert.deepEqual(
    [
      scaledValue(3, 10, 'up'),
      scaledValue('25%', 10, 'up'),
      scaledValue('25%', 10, 'down'),
      scaledValue('100%', 7, 'up'),
    ],
    [3, 3, 2, 7],
  )
  assert.throws(() => scaledValue('3', 10, 'up'), {
    message: 'invalid value for IntOrString: invalid type: string is not a percentage',
  })
})

test('back-off grows to its limit, and starts again after quiet', () => {
  const backoff = new Backoff<string>({ initialMs: 10, maxMs: 50 })
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((at) => backoff.next('a', at)),
    [10, 20, 40, 50, 50],
  )
  assert.equal(backoff.remaining('a', 30), 24)
  assert.equal(backoff.next('a', 105), 10)
  assert.equal(backoff.next('b', 105), 10)
  backoff.reset('a')
  assert.equal(backoff.current('a', 106), 0)
})

test('addresses are read in every form and printed in one', () => {
  const table: Record<string, string | undefined> = {
    '10.0.0.1': '10.0.0.1',
    '2001:DB8:0:0:0:0:0:1': '2001:db8::1',
    '::': '::',
    '::ffff:1.2.3.4': '1.2.3.4',
    '1:0:0:2:0:0:0:3': '1:0:0:2::3',
    '10.0.0': undefined,
    '10.0.0.256': undefined,
    '1::2::3': undefined,
  }
  const found = Object.keys(table).map((text) => {
    const address = parseIp(text)
    return [text, address === undefined ? undefined : ipText(address)]
  })
  assert.deepEqual(Object.fromEntries(found), table)
  assert.deepEqual([parseCidr('10.0.0.0/33'), parseCidr('10.0.0.1/8')?.bits], [undefined, 8])
})
