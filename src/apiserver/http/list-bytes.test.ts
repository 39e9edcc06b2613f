import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../../store/index.ts'
import { ListBytes } from './list-bytes.ts'

const entry = (key: string, bytes = 100, modified = 1): Entry => ({
  key,
  value: Buffer.alloc(bytes, key),
  sizeBytes: bytes,
  created: 1,
  modified,
})
/** A list, what it came to, and which entries had to be rendered for it. */
function listed(lists: ListBytes, name: string | undefined, entries: readonly Entry[]) {
  const made: string[] = []
  const pieces = [
    ...lists.pieces(name, entries, (one) => {
      made.push(one.key)
      return [`${one.key}${one.modified}:`, one.value]
    }),
  ]
  const wanted = entries.map((one) => `,${one.key}${one.modified}:${Buffer.from(one.value)}`).join('')
  assert.equal(pieces.map((piece) => Buffer.from(piece).toString()).join(''), wanted)
  return { made, pieces }
}

test('a list asked for again is made of the same bytes', () => {
  const lists = new ListBytes()
  const entries = Array.from({ length: 1000 }, (_, at) => entry(`key-${at}`, 1000))
  const first = listed(lists, 'all', entries)
  assert.ok(first.pieces.length > 2 && first.pieces.length < 10)
  const again = listed(lists, 'all', [...entries])
  assert.deepEqual(again.made, [])
  assert.deepEqual(again.pieces, first.pieces)
  assert.equal(listed(lists, undefined, entries).made.length, 1000, 'one without a name is not looked up')
  assert.equal(listed(lists, 'other', entries).made.length, 1000)
})

test('only the surroundings of what changed, came or went are rendered again', () => {
  const lists = new ListBytes()
  const entries = Array.from({ length: 1000 }, (_, at) => entry(`key-${at}`, 1000))
  listed(lists, 'all', entries)
  for (const change of [
    (list: Entry[]) => list.with(500, entry('key-500', 1200, 2)),
    (list: Entry[]) => list.with(0, entry('key-0', 10, 3)),
    (list: Entry[]) => list.toSpliced(300, 1),
    (list: Entry[]) => list.toSpliced(0, 1),
    (list: Entry[]) => list.toSpliced(700, 0, entry('new', 500, 4)),
    (list: Entry[]) => [...list, entry('last', 500, 5)],
    (list: Entry[]) => list.slice(0, -2),
  ]) {
    entries.splice(0, entries.length, ...change(entries))
    const { made } = listed(lists, 'all', entries)
    assert.ok(made.length < 600, `${made.length} were rendered`)
    assert.deepEqual(listed(lists, 'all', entries).made, [])
  }
})

test('large items are handed out uncopied, and lists that are too large together are not kept', () => {
  const lists = new ListBytes(300 << 10)
  const large = entry('large', 100 << 10)
  const { pieces } = listed(lists, 'some', [entry('a'), large, entry('b')])
  assert.ok(pieces.includes(large.value))
  const four = [1, 2, 3, 4].map((at) => ({ ...large, key: `large-${at}` }))
  assert.equal(listed(lists, 'four', four).made.length, 4)
  assert.equal(listed(lists, 'four', four).made.length, 4)
  assert.equal(listed(lists, 'two', four.slice(0, 2)).made.length, 2, 'which is more than fits beside the first')
  assert.equal(listed(lists, 'two', four.slice(0, 2)).made.length, 0)
  assert.equal(listed(lists, 'some', [entry('a'), large]).made.length, 2)
})
