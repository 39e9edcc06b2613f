import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Chunks } from './chunks.ts'

test('what is added comes out in order, in pieces that are not larger than asked for, unless one thing alone is', () => {
  const chunks = new Chunks(10)
  const added = ['ab', 'cdefgh', 'ijk', 'l'.repeat(25), 'm', '', 'nopqrstuv', 'w']
  const pieces: Uint8Array[] = []
  for (const [at, text] of added.entries())
    pieces.push(...chunks.add(at === 0 ? text : ',', at === 0 ? undefined : new TextEncoder().encode(text)))
  pieces.push(chunks.rest())
  assert.equal(pieces.map((piece) => Buffer.from(piece).toString()).join(''), added.join(','))
  for (const piece of pieces) assert.ok(piece.length <= 10 || Buffer.from(piece).toString() === 'l'.repeat(25))
})
