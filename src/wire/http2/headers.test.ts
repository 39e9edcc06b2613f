import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderError } from './codes.ts'
import { HeaderReader } from './header-reader.ts'
import { headerBlock } from './header-writer.ts'
import { huffmanText } from './huffman.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const read = (reader: HeaderReader, block: Buffer) => {
  const fields: string[] = []
  reader.read(block, (name, value) => fields.push(`${name}: ${value}`))
  return fields
}

// The examples of RFC 7541, appendix C.3 and C.4: three requests on one connection, plain and in Huffman code.
const requests = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [
    ...[':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com'],
    'custom-key: custom-value',
  ],
]
const examples = {
  plain: [
    '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
    '8286 84be 5808 6e6f 2d63 6163 6865',
    '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
  ],
  'in Huffman code': [
    '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
    '8286 84be 5886 a8eb 1064 9cbf',
    '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
  ],
}
for (const [how, blocks] of Object.entries(examples))
  test(`headers ${how} build upon earlier ones`, () => {
    const reader = new HeaderReader()
    assert.deepEqual(
      blocks.map((block) => read(reader, bytes(block))),
      requests,
    )
  })

test('a table holds no more than was agreed upon, the newest fields first', () => {
  const reader = new HeaderReader()
  // A table of 80 bytes: two fields of 36 bytes, and the third makes the first one go.
  assert.deepEqual(read(reader, bytes('3f31 4001610162 4001630164')), ['a: b', 'c: d'])
  assert.deepEqual(read(reader, bytes('bf be')), ['a: b', 'c: d'])
  assert.deepEqual(read(reader, bytes('4001650166 be bf')), ['e: f', 'e: f', 'c: d'])
  assert.throws(() => read(reader, bytes('c0')), HeaderError)
  assert.deepEqual(read(reader, bytes('20 4001650166')), ['e: f'])
  assert.throws(() => read(reader, bytes('be')), HeaderError)
})

test('blocks that are broken are told from those that are not', () => {
  for (const block of [
    '80',
    'ff',
    'c0',
    '4001',
    '400561',
    '3fe2 1f',
    '8220',
    'ffffffffff7f',
    '40 8161 0162',
    '00 84ffffffff 00',
  ])
    assert.throws(() => read(new HeaderReader(), bytes(block)), HeaderError, block)
})

test('a text in Huffman code ends with less than an octet of ones', () => {
  const text = Buffer.from([0b0000_0000, 0b0100_0100, 0b0011_1111])
  assert.equal(huffmanText(text, 0, 3), '012a')
  assert.equal(huffmanText(text, 0, 0), '')
  const wrong = [[0xff], [0b0000_0000], [0b0000_0000, 0b0100_0100, 0b0011_1111, 0xff], [0xff, 0xff, 0xff, 0xff]]
  for (const octets of wrong) assert.throws(() => huffmanText(Buffer.from(octets), 0, octets.length), HeaderError)
})

test('a reply’s headers are read as they were written, those alone that may be sent', () => {
  const long = 'x'.repeat(5000)
  const fields = {
    'content-type': 'application/json',
    'audit-id': '1',
    warning: ['299 - "a"', '299 - "b"'],
    long,
    longer: long.repeat(10),
    exactly: 'y'.repeat(127),
    split: 'a\r\nb: c',
    connection: 'close',
    'transfer-encoding': 'chunked',
  }
  assert.deepEqual(read(new HeaderReader(), headerBlock(200, fields, false)), [
    ...[':status: 200', 'content-type: application/json', 'audit-id: 1', 'warning: 299 - "a"', 'warning: 299 - "b"'],
    ...[`long: ${long}`, `longer: ${long.repeat(10)}`, `exactly: ${'y'.repeat(127)}`],
  ])
  assert.deepEqual(read(new HeaderReader(), headerBlock(429, {}, true)), [':status: 429'])
})
