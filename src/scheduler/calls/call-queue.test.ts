import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApiCall, CallQueue } from './call-queue.ts'

interface Call extends ApiCall<'small' | 'large'> {
  readonly says: string
}
const callOf = (type: Call['type'], uid: string, says: string, isNoOp = false): Call => ({
  type,
  uid,
  says,
  isNoOp,
  after: ((earlier: Call) => callOf(type, uid, `${earlier.says}+${says}`, isNoOp)) as never,
  execute: async () => {},
})

/** A queue with what became of its calls, by what they say. */
function told() {
  const queue = new CallQueue<Call>({ small: 1, large: 2 })
  const log: string[] = []
  return {
    queue,
    log,
    add: (type: Call['type'], uid: string, says: string, isNoOp?: boolean) =>
      queue.add(callOf(type, uid, says, isNoOp), (outcome) => log.push(`${says} ${outcome}`)),
    pop: () => queue.pop()?.call.says,
  }
}

test('calls are made in turn, one for each object, and a newer one stands for those before it', () => {
  const { add, pop, log, queue } = told()
  add('small', 'a', '1')
  add('small', 'b', '2')
  add('small', 'a', '3')
  assert.deepEqual([...queue.counts()], [['small', 2]])
  assert.deepEqual([pop(), pop(), pop()], ['1+3', '2', undefined])
  assert.deepEqual(log, ['1 overwritten'])
  assert.deepEqual([...queue.counts()], [])
})

test('of two types the more relevant call stays, in the place of the other', () => {
  const { add, pop, log } = told()
  add('small', 'a', '1')
  add('small', 'b', '2')
  add('large', 'a', '3')
  add('small', 'a', '4')
  assert.deepEqual(log, ['1 overwritten', '4 skipped'])
  assert.deepEqual([pop(), pop()], ['3', '2'])
})

test('what changes nothing is left out, and takes what it stands for with it', () => {
  const { add, pop, log } = told()
  add('small', 'a', '1', true)
  add('small', 'b', '2')
  add('small', 'b', '3', true)
  assert.deepEqual(log, ['1 skipped', '2 overwritten', '3 skipped'])
  assert.equal(pop(), undefined)
})

test('while a call about an object is under way the next one waits behind it', () => {
  const { add, pop, log, queue } = told()
  add('small', 'a', '1')
  assert.equal(pop(), '1')
  add('small', 'a', '2', true)
  add('small', 'b', '3')
  add('large', 'a', '4')
  add('small', 'a', '5')
  assert.deepEqual(log, ['2 overwritten', '5 skipped'])
  assert.equal(pop(), '3')
  assert.equal(pop(), undefined)
  queue.finalize('a')
  assert.equal(pop(), '4')
  queue.finalize('a')
  queue.finalize('b')
  add('small', 'a', '6')
  assert.equal(pop(), '6')
})

test('a call that waits goes by what is seen of its object meanwhile', () => {
  const { add, pop, log, queue } = told()
  add('small', 'a', '1')
  assert.equal(queue.last('a')?.says, '1')
  queue.replace('a', ({ type, uid }) => callOf(type, uid, 'seen'))
  assert.equal(queue.last('a')?.says, 'seen')
  queue.replace('a', ({ type, uid }) => callOf(type, uid, 'no more', true))
  assert.deepEqual([pop(), queue.last('a')], [undefined, undefined])
  assert.deepEqual(log, ['1 skipped'])
})
