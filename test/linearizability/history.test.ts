import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Operation, problemsOf, watchProblems } from './history.ts'

const object = 'a'
const call = (kind: Operation['kind'], startMs: number, endMs: number, more: Partial<Operation>): Operation => ({
  object,
  kind,
  startMs,
  endMs,
  ...more,
})
const made = (revision: number, value: string) => ({ value, result: { ok: true, revision, value } as const })
const found = (revision: number, value: string) => ({ result: { ok: true, revision, value } as const })
const refused = (why: 'absent' | 'exists' | 'conflict') => ({ result: { ok: false, why } as const })

test('a history of one copy has no problems', () => {
  const history = [
    call('create', 0, 1, made(1, 'x')),
    call('update', 2, 5, { ...made(2, 'y'), expected: 1 }),
    call('update', 2, 6, { value: 'z', expected: 1, ...refused('conflict') }),
    call('read', 3, 4, found(1, 'x')),
    call('read', 3, 4, found(2, 'y')),
    call('delete', 7, 8, { ...found(3, 'y'), expected: 2 }),
    call('read', 9, 10, refused('absent')),
    call('create', 9, 11, made(4, 'w')),
  ]
  assert.deepEqual(problemsOf(history, [{ object, revision: 3, value: undefined }]), [])
})

const bad: readonly (readonly [string, readonly Operation[], RegExp])[] = [
  [
    'an old state after a newer one was told',
    [call('create', 0, 1, made(1, 'x')), call('update', 2, 3, made(2, 'y')), call('read', 4, 5, found(1, 'x'))],
    /tells of 1 after 2 was told/,
  ],
  [
    'a lost update',
    [
      call('create', 0, 1, made(1, 'x')),
      call('update', 2, 3, { ...made(2, 'y'), expected: 1 }),
      call('update', 2, 4, { ...made(3, 'z'), expected: 1 }),
    ],
    /replaced 1 at 3, though 2 came between/,
  ],
  [
    'a state from the future',
    [call('read', 0, 1, found(1, 'x')), call('create', 2, 3, made(1, 'x'))],
    /before it was written/,
  ],
  [
    'two values of one revision',
    [call('create', 0, 1, made(1, 'x')), call('read', 2, 3, found(1, 'y'))],
    /is both x and y/,
  ],
  [
    'a conflict with nobody',
    [call('create', 0, 1, made(1, 'x')), call('update', 2, 3, { value: 'y', expected: 1, ...refused('conflict') })],
    /no moment/,
  ],
  [
    'an acknowledged object that is gone',
    [call('create', 0, 1, made(1, 'x')), call('read', 2, 3, refused('absent'))],
    /no moment/,
  ],
  ['a second creation', [call('create', 0, 1, made(1, 'x')), call('create', 2, 3, made(2, 'y'))], /while 1 was there/],
]
for (const [name, history, problem] of bad)
  test(`${name} is noticed`, () => assert.match(problemsOf(history, []).join('\n'), problem))

test('a write of which nobody knows may have been or not', () => {
  const unknown: Operation = { object, kind: 'update', startMs: 2, value: 'y', expected: 1 }
  const history = [call('create', 0, 1, made(1, 'x')), unknown]
  assert.deepEqual(problemsOf([...history, call('read', 9, 10, found(1, 'x'))], []), [])
  assert.deepEqual(problemsOf([...history, call('read', 9, 10, found(2, 'y'))], []), [])
})

test('watches that skip, repeat, turn back or list wrongly are noticed', () => {
  const states = [1, 2, 3, 4].map((revision) => ({ object, revision, value: String(revision) }))
  const run = (from: number, revisions: readonly number[], until = 4) => ({
    from,
    listed: states.filter(({ revision }) => revision === from),
    events: revisions.map((revision) => states[revision - 1]!),
    until,
  })
  assert.deepEqual(watchProblems(run(1, [2, 3, 4]), states, 'w'), [])
  assert.deepEqual(watchProblems(run(1, [2, 3], 3), states, 'w'), [])
  assert.match(watchProblems(run(1, [2, 4]), states, 'w').join(), /at 3 is missing/)
  assert.match(watchProblems(run(1, [2, 3, 3, 4]), states, 'w').join(), /at 3 comes after 3/)
  assert.match(watchProblems(run(1, [2, 4, 3]), states, 'w').join(), /at 3 comes after 4/)
  assert.match(watchProblems({ ...run(2, [3, 4]), listed: [states[0]!] }, states, 'w').join(), /holds a at 1, not at 2/)
})
