import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitsBy } from './fits.ts'
import type { JsonSchema } from './json-schema.ts'
import { schemaValueErrors } from './validate.ts'

const text: JsonSchema = { type: 'string' }
const whole: JsonSchema = { type: 'integer' }
const either: JsonSchema = { 'x-kubernetes-int-or-string': true }

/** Schemas with values that have nothing wrong, and values that have. */
const cases: readonly (readonly [JsonSchema, good: readonly unknown[], bad: readonly unknown[]])[] = [
  [{}, [null, 'a', 1, true, [], {}], []],
  [text, ['', 'a'], [null, 1, true, [], {}]],
  [{ ...text, nullable: true }, [null, 'a'], [1]],
  [{ ...text, maxLength: 2, minLength: 1 }, ['a', '😀😀', '😀'], ['', 'abc', '😀😀😀']],
  [{ ...text, pattern: '^[a-z]+$' }, ['abc'], ['', 'a1']],
  [{ ...text, format: 'ipv4' }, ['10.0.0.1'], ['10.0.0']],
  [{ ...text, enum: ['a', 'b'] }, ['a'], ['c', null]],
  [{ enum: ['a', 1, { b: [1] }] }, ['a', 1, { b: [1] }], ['b', null, { b: [2] }, [1]]],
  [{ enum: ['a'], nullable: true }, ['a'], [null]],
  [whole, [0, -3, 2 ** 62], [1.5, 2 ** 63, '1', null]],
  [{ ...whole, format: 'int32' }, [2 ** 31 - 1, -(2 ** 31)], [2 ** 31]],
  [{ ...whole, minimum: 1, maximum: 3 }, [1, 3], [0, 4]],
  [{ ...whole, minimum: 1, exclusiveMinimum: true, maximum: 3, exclusiveMaximum: true }, [2], [1, 3]],
  [{ type: 'number' }, [1, 1.5], ['1']],
  [{ type: 'boolean' }, [true], ['true', 1]],
  [either, [1, 'a'], [1.5, true, null, {}]],
  [{ type: 'array', items: whole, minItems: 1, maxItems: 2 }, [[1], [1, 2]], [[], [1, 2, 3], ['a'], {}, [null]]],
  [{ type: 'object', properties: { a: whole }, required: ['a'] }, [{ a: 1 }, { a: 1, b: 'x' }], [{}, { a: 'x' }, []]],
  [{ type: 'object', properties: { a: whole }, additionalProperties: text }, [{ a: 1, b: 'x' }], [{ b: 1 }]],
  [{ type: 'object', properties: { a: whole }, additionalProperties: false }, [{ a: 1 }], [{ b: 1 }]],
  [{ type: 'object', minProperties: 1, maxProperties: 2 }, [{ a: 1 }], [{}, { a: 1, b: 1, c: 1 }]],
  [{ ...either, anyOf: [whole, text] }, [1, 'a'], [true]],
  [{ allOf: [{ required: ['a'] }, { required: ['b'] }] }, [{ a: 1, b: 1 }], [{ a: 1 }]],
  [{ oneOf: [{ required: ['a'] }, { required: ['b'] }] }, [{ a: 1 }, { b: 1 }], [{ a: 1, b: 1 }, {}]],
  [{ not: { required: ['a'] } }, [{}], [{ a: 1 }]],
]

test('what fits has no errors, and what has none fits', () => {
  const fitsOf = fitsBy((value, schema) => schemaValueErrors(value, schema).length > 0)
  for (const [schema, good, bad] of cases) {
    const about = (value: unknown) => `${JSON.stringify(value)} by ${JSON.stringify(schema)}`
    for (const value of good) {
      assert.ok(fitsOf(schema)(value), about(value))
      assert.deepEqual(schemaValueErrors(value, schema), [], about(value))
    }
    for (const value of bad) {
      assert.ok(!fitsOf(schema)(value), about(value))
      assert.notDeepEqual(schemaValueErrors(value, schema), [], about(value))
    }
  }
})

test('what is looked for at length is not held to fit', () => {
  const fitsOf = fitsBy(() => false)
  const values: readonly (readonly [JsonSchema, unknown])[] = [
    [{ ...whole, multipleOf: 2 }, 4],
    [{ type: 'array', uniqueItems: true }, [1, 2]],
  ]
  for (const [schema, value] of values) {
    assert.ok(!fitsOf(schema)(value))
    assert.deepEqual(schemaValueErrors(value, schema), [])
  }
})
