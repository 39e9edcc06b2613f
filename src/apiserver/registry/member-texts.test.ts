import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deepFreeze } from '../../machinery/index.ts'
import { MemberTexts } from './member-texts.ts'
import { textLength } from './text-length.ts'

test('a member is told as it is written, and its length as it is counted, however many were asked for since', () => {
  const texts = new MemberTexts()
  const members = Array.from({ length: 1000 }, (_, number) => ({ number, list: ['a', null, { b: '"' }] }))
  for (const _round of [1, 2])
    for (const member of members) {
      assert.equal(texts.textOf(member), JSON.stringify(member))
      assert.equal(texts.lengthOf(member), textLength(member))
    }
})

test('what is no object, and what is long, is told as well', () => {
  const texts = new MemberTexts()
  const long = { text: 'x'.repeat(100_000) }
  for (const value of ['text', 7, null, true, [], long, long]) {
    assert.equal(texts.textOf(value), JSON.stringify(value))
    assert.equal(texts.lengthOf(value), textLength(value))
  }
  assert.equal(texts.textOf(undefined), undefined)
})

test('an object that has members in common with another one is told as it is written', () => {
  const texts = new MemberTexts()
  const members = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))
  fc.assert(
    fc.property(members, members, (before, added) => {
      const known = deepFreeze(before)
      assert.equal(texts.textOf(known), JSON.stringify(known))
      for (const next of [
        { ...known, ...added },
        { ...added, ...known, gone: undefined },
      ])
        assert.equal(texts.textOf(next), JSON.stringify(next))
    }),
  )
  const odd = JSON.parse('{"__proto__":{"a":1},"toString":[2]}')
  assert.equal(texts.textOf(odd), JSON.stringify(odd))
})

test('what may still change is written anew', () => {
  const texts = new MemberTexts()
  const list = [1]
  assert.equal(texts.textOf({ list }), '{"list":[1]}')
  list.push(2)
  assert.equal(texts.textOf({ list }), '{"list":[1,2]}')
})
