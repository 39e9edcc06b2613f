import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../clock/manual.ts'
import { deepFreeze } from '../object/object.ts'
import { compareFields } from './compare.ts'
import { fieldsOf, mergeConfiguration } from './merge.ts'
import { orderedSet } from './ordered-set.ts'
import { ownable } from './owners.ts'
import { restated } from './restated.ts'
import { leafShape, type Shape } from './shape.ts'
import { typeProblems } from './type-problems.ts'

const struct = (shapes: Readonly<Record<string, Shape>>): Shape => ({ kind: 'struct', field: (name) => shapes[name] })
const labels: Shape = { kind: 'map', value: leafShape }
const port = struct({ number: leafShape, protocol: leafShape, name: leafShape })
const item = struct({
  name: leafShape,
  value: leafShape,
  limits: labels,
  ports: { kind: 'list', keys: ['number', 'protocol'], defaults: { protocol: 'TCP' }, item: port },
})
const shape = struct({
  apiVersion: leafShape,
  kind: leafShape,
  metadata: struct({ name: leafShape, uid: leafShape, labels, finalizers: { kind: 'set' } }),
  spec: struct({
    count: leafShape,
    inner: struct({ a: leafShape, b: leafShape }),
    items: { kind: 'list', keys: ['name'], defaults: {}, item },
    named: { kind: 'map', value: struct({ a: leafShape, b: leafShape }) },
    whole: leafShape,
  }),
})

test('a configuration with the same fields again comes to what it comes to the long way', () => {
  let found = 0
  for (let seed = 0; seed < 1200; seed++) {
    const random = seededRandom(seed)
    const chance = (of: number) => random.next() < of
    const pick = <T>(...of: readonly T[]) => of[Math.floor(random.next() * of.length)]!
    const some = <T>(value: T, of = 0.8) => (chance(of) ? value : undefined)
    const without = (value: object): any => JSON.parse(JSON.stringify(value))
    const map = () => without({ a: some(pick('1', '2')), b: some(pick('1', '2'), 0.5), c: some('3', 0.2) })
    const makeItem = (name: string) => ({
      name: some(name, 0.97),
      value: pick<unknown>(1, 2, null, { deep: [1] }),
      limits: some(map(), 0.4),
      ports: some(
        [{ number: 80, name: pick('a', 'b') }, ...(chance(0.5) ? [{ number: 80, protocol: 'UDP' }] : [])],
        0.3,
      ),
    })
    const make = () =>
      without({
        apiVersion: 'v1',
        kind: 'Thing',
        metadata: { name: 'one', labels: some(map()), finalizers: some(pick(['x', 'y'], ['y', 'x'], ['x']), 0.3) },
        spec: some(
          {
            count: some(pick(1, 2)),
            inner: some(pick<unknown>({}, { a: 1 }, { a: 1, b: 2 }, null)),
            items: some(pick(['x'], ['x', 'y'], ['y', 'x'], ['x', 'y', 'z'], ['x', 'x'], []).map(makeItem)),
            named: some(pick<unknown>({}, { n: { a: 1 } }, { n: {}, m: { b: 2 } })),
            whole: some(pick<unknown>([1], [2], {}, [])),
          },
          0.97,
        ),
      })
    const before = make()
    const other = make()
    const live: any = mergeConfiguration(shape, { ...other, metadata: { ...other.metadata, uid: 'u' } }, before)
    deepFreeze(live)
    if (typeProblems(shape, before).length > 0) continue
    const fields = ownable(orderedSet(fieldsOf(shape, before)))
    // The same again, one value changed, or something else.
    const next = pick(without(before), without(before), make())
    if (chance(0.5) && next.spec?.count !== undefined) next.spec.count = 3
    if (chance(0.3) && next.spec?.items?.[0]?.value !== undefined) next.spec.items[0].value = 7
    const again = restated(shape, fields, live, next)
    if (again === undefined) continue
    found++
    const merged = mergeConfiguration(shape, live, next)
    assert.deepEqual(typeProblems(shape, next), [], `seed ${seed}`)
    assert.equal(ownable(orderedSet(fieldsOf(shape, next))), fields, `seed ${seed}`)
    assert.deepEqual(again.object, merged, `seed ${seed}`)
    const compared = compareFields(shape, live, merged)
    assert.deepEqual(compared, again.modified && { removed: {}, modified: again.modified, added: {} }, `seed ${seed}`)
    if (again.modified === undefined) assert.equal(again.object, live, `seed ${seed}`)
  }
  // Most that state the same are found to.
  assert.ok(found > 300, String(found))
})
