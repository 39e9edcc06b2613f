import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaValueErrors } from './validate.ts'

const texts = (value: unknown, schema: object) =>
  schemaValueErrors(value, schema, { path: 'a' }).map(({ field, message }) => `${field}: ${message}`)

const cases: readonly (readonly [string, object, unknown, readonly string[]])[] = [
  [
    'of length and pattern the first that is missed is named',
    { type: 'string', minLength: 1, pattern: '^a+$' },
    '',
    ['a: Invalid value: "": a in body should be at least 1 chars long'],
  ],
  [
    'a text that is too long is not held against the pattern',
    { type: 'string', maxLength: 2, pattern: '^a+$' },
    'bbb',
    ['a: Too long: may not be more than 2 bytes'],
  ],
  [
    'a format is checked beside them',
    { type: 'string', minLength: 5, format: 'ipv4' },
    'x',
    [
      'a: Invalid value: "x": a in body should be at least 5 chars long',
      'a: Invalid value: "x": a in body must be of type ipv4: "x"',
    ],
  ],
  [
    'an object for a number of a format is told the format',
    { type: 'integer', format: 'int32' },
    {},
    ['a: Invalid value: "": a in body must be of type int32: ""'],
  ],
  [
    'a text for a number of a format is told the type',
    { type: 'integer', format: 'int32' },
    'x',
    ['a: Invalid value: "string": a in body must be of type integer: "string"'],
  ],
  [
    'a fraction has no place in an integer',
    { type: 'integer' },
    1.5,
    [
      'a: Invalid value: "number": a in body must be of type integer: "number"',
      '<nil>: Invalid value: "": Checked value must be of type integer (default format) in a',
    ],
  ],
  [
    'nor in one of a format',
    { type: 'integer', format: 'int32' },
    1.5,
    [
      'a: Invalid value: "float64": a in body must be of type int32: "float64"',
      '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in a',
    ],
  ],
  [
    'a number too large for its format is of its type still',
    { type: 'integer', format: 'int32' },
    2 ** 31,
    ['<nil>: Invalid value: "": Checked value must be of type integer with format int32 in a'],
  ],
  [
    'a format without a type is for texts and lists alone',
    { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
    true,
    [
      '<nil>: Invalid value: "": "a" must validate at least one schema (anyOf)',
      'a: Invalid value: "": a in body must be of type ipv4: ""',
    ],
  ],
  [
    'one item is singular',
    { type: 'array', maxItems: 1, items: { type: 'string' } },
    ['x', 'y'],
    ['a: Too many: 2: must have at most 1 item'],
  ],
]
for (const [name, schema, value, expected] of cases) test(name, () => assert.deepEqual(texts(value, schema), expected))
