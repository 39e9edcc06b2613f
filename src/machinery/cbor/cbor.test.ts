import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeCbor } from './decode.ts'
import { cborEvent, encodeCbor } from './encode.ts'

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('every form of a data item is read as its JSON', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['0a', 10],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['20', -1],
    ['3903e7', -1000],
    ['3b7fffffffffffffff', -(2 ** 63)],
    ['f93e00', 1.5],
    ['fa47c35000', 100_000],
    ['fb3ff199999999999a', 1.1],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['40', ''],
    ['43616263', 'abc'],
    ['63e6b0b4', '水'],
    ['63efbbbf', '\ufeff'],
    ['7f616161626163ff', 'abc'],
    ['5f4261624163ff', 'abc'],
    [
      '9f9f8080ff9f8080ffff',
      [
        [[], []],
        [[], []],
      ],
    ],
    ['a16161820102', { a: [1, 2] }],
    ['bf416101ff', { a: 1 }],
    ['d9d9f7a0', {}],
    ['d9d9f7d9d9f7f5', true],
    ['d64401020304', 'AQIDBA=='],
    ['d544fbff0304', '-_8DBA'],
    ['d74401020aff', '01020aff'],
    ['d6824101d74102', ['AQ==', '02']],
    ['c48221196ab3', [-2, 27315]],
    ['c074323030362d30312d30325431353a30343a30355a', '2006-01-02T15:04:05Z'],
    ['c11a43b940e5', '2006-01-02T15:04:05Z'],
    ['c1fb3ff8000000000000', '1970-01-01T00:00:01.5Z'],
    ['c1f9be00', '1969-12-31T23:59:58.5Z'],
    ['c120', '1969-12-31T23:59:59Z'],
  ]
  for (const [hex, value] of cases) assert.deepEqual(decodeCbor(bytesOf(hex)), value, hex)
  assert.deepEqual(Object.keys(decodeCbor(bytesOf('a1695f5f70726f746f5f5f01')) as object), ['__proto__'])
})

test('what is no CBOR, and CBOR that stands for no JSON, is refused in the words of Kubernetes', () => {
  const unaccepted = 'cbor: data item of cbor type'
  const cases: Readonly<Record<string, string>> = {
    '': 'EOF',
    '18': 'unexpected EOF',
    '43616': 'unexpected EOF',
    a161: 'unexpected EOF',
    '9a7fffffff': 'unexpected EOF',
    '0a0b': 'cbor: 1 bytes of extraneous data starting at index 1',
    '1c': 'cbor: invalid additional information 28 for type positive integer',
    '3f': 'cbor: invalid additional information 31 for type negative integer',
    ff: 'cbor: unexpected "break" code',
    '82ff': 'cbor: unexpected "break" code',
    bf6161ff: 'cbor: unexpected "break" code',
    '7f4161ff': 'cbor: wrong element type byte string for indefinite-length UTF-8 text string',
    '5f5f4161ffff': 'cbor: indefinite-length byte string chunk is not definite-length',
    f818: 'cbor: invalid simple value 24 for type primitives',
    f7: `${unaccepted} primitives is not accepted by protocol: simple value 23 is not recognized`,
    f0: `${unaccepted} primitives is not accepted by protocol: simple value 16 is not recognized`,
    f8ff: `${unaccepted} primitives is not accepted by protocol: simple value 255 is not recognized`,
    f97e00: `${unaccepted} primitives is not accepted by protocol: floating-point NaN`,
    faff800000: `${unaccepted} primitives is not accepted by protocol: floating-point infinity`,
    c249010000000000000000: `${unaccepted} tag is not accepted by protocol: bignum`,
    '1bffffffffffffffff': `cbor: cannot unmarshal positive integer into Go value of type int64 (18446744073709551615 overflows Go's int64)`,
    '3bffffffffffffffff': `cbor: cannot unmarshal negative integer into Go value of type int64 (-18446744073709551616 overflows Go's int64)`,
    '6180': 'cbor: invalid UTF-8 string',
    a2614101614102: 'cbor: found duplicate map key "A" at map element index 1',
    a2414101614102: 'cbor: found duplicate map key "A" at map element index 1',
    a25f426865436c6c6fff015f416844656c6c6fff02: 'cbor: found duplicate map key "hello" at map element index 1',
    a10101: 'cbor: cannot unmarshal positive integer into Go value of type string',
    c054323030362d30312d30325431353a30343a30355a: 'cbor: tag number 0 must be followed by text string, got byte string',
    c06474657874:
      'cbor: cannot set text for time.Time: parsing time "text" as "2006-01-02T15:04:05Z07:00": cannot parse "text" as "2006"',
    c1f5: 'cbor: tag number 1 must be followed by integer or floating-point number, got primitives',
    c11b0000003afff44181:
      'cbor: decoded time cannot be represented in RFC3339 format with sub-second precision: Time.MarshalText: year outside of range [0,9999]',
    // The whole must be well-formed before anything in it is judged.
    '826180ff': 'cbor: unexpected "break" code',
    ['81'.repeat(1001)]: 'cbor: exceeded max nested level 1000',
    ['c6'.repeat(5000)]: 'cbor: exceeded max nested level 1000',
  }
  for (const [hex, message] of Object.entries(cases))
    assert.throws(() => decodeCbor(bytesOf(hex)), { name: 'CborError', message }, hex.slice(0, 60))
})

test('values are written as Kubernetes writes them: texts as byte strings, numbers as short as they can be', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{}, 'a0'],
    [{ a: 'b', c: [1, -500, true, null] }, 'a241614162416384013901f3f5f6'],
    [24, '1818'],
    [65_536, '1a00010000'],
    [2 ** 53, '1b0020000000000000'],
    [-(2 ** 63), '3b7fffffffffffffff'],
    [1.5, 'f93e00'],
    [3.4028234663852886e38, 'fa7f7fffff'],
    [0.1, 'fb3fb999999999999a'],
    [{ gone: undefined }, 'a0'],
  ]
  for (const [value, hex] of cases) assert.equal(hexOf(encodeCbor(value)), `d9d9f7${hex}`, JSON.stringify(value))
  const bytes = new Map([['data', new Map([['*', 'bytes' as const]])]])
  assert.equal(hexOf(encodeCbor({ data: { a: 'AQID' } }, bytes)), 'd9d9f7a14464617461a14161d643010203')
  assert.deepEqual(decodeCbor(encodeCbor({ data: { a: 'AQID' } }, bytes)), { data: { a: 'AQID' } })
  const long = { text: 'ä'.repeat(5000), list: Array.from({ length: 300 }, (_, index) => index * 1e9) }
  assert.deepEqual(decodeCbor(encodeCbor(long)), long)
})

test('an event is a map in the tag of CBOR around an object that has one too', () => {
  const event = cborEvent('ADDED', encodeCbor({ a: 1 }))
  assert.deepEqual(decodeCbor(event), { type: 'ADDED', object: { a: 1 } })
  assert.equal(hexOf(event).split('d9d9f7').length, 3)
})
