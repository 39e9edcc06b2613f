import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  milliValueOf,
  parseQuantity,
  QuantityError,
  quantityText,
  subtractQuantities,
  wholeValueOf,
} from './quantity.ts'

test('quantities are stored in the text Kubernetes prints', () => {
  const table: Record<string, string> = {
    '0': '0',
    '00': '0',
    '-0': '0',
    '0Ki': '0',
    '1': '1',
    '+5': '+5',
    '100m': '100m',
    '1000m': '1',
    '1500m': '1500m',
    '0.5': '500m',
    '.5': '500m',
    '1.5': '1500m',
    '1.500': '1.500',
    '0.1Gi': '107374182400m',
    '1024': '1024',
    '1000': '1k',
    '1024Ki': '1Mi',
    '1.5Gi': '1536Mi',
    '2048Mi': '2Gi',
    '1023Mi': '1023Mi',
    '1Ki': '1Ki',
    '512Ki': '512Ki',
    '0.5Ki': '512',
    '1e3': '1e3',
    '1E3': '1E3',
    '1.1e5': '110e3',
    '1E': '1E',
    '123456789n': '123456789n',
    '1000000n': '1m',
    '0.1n': '1n',
    '-1500m': '-1500m',
    '9223372036854775807': '9223372036854775807',
    '16Ei': '9223372036854775807',
    '100Mi': '100Mi',
    '128Mi': '128Mi',
    '1T': '1T',
    '1000G': '1T',
  }
  const found = Object.fromEntries(Object.keys(table).map((text) => [text, canonicalQuantity(text)]))
  assert.deepEqual(found, table)
})

test('what is no quantity is refused in the words of Kubernetes', () => {
  const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const table: Record<string, string> = {
    '': wrongFormat,
    abc: wrongFormat,
    '1 Gi': wrongFormat,
    '1.2.3': wrongFormat,
    '1xyz': wrongFormat,
    '1Kii': "unable to parse quantity's suffix",
    '1gb': wrongFormat,
    '1mm': "unable to parse quantity's suffix",
    '1e999999999': 'unable to parse numeric part of quantity',
  }
  const found = Object.keys(table).map((text) => {
    try {
      return [text, canonicalQuantity(text)]
    } catch (error) {
      assert(error instanceof QuantityError)
      return [text, error.message]
    }
  })
  assert.deepEqual(Object.fromEntries(found), table)
})

test('values in whole things and in thousandths are rounded up', () => {
  const table: readonly (readonly [string, number, number])[] = [
    ['1', 1, 1000],
    ['100m', 1, 100],
    ['1n', 1, 1],
    ['1500m', 2, 1500],
    ['1Gi', 2 ** 30, 2 ** 30 * 1000],
    ['1.5Gi', 1.5 * 2 ** 30, 1.5 * 2 ** 30 * 1000],
    ['2k', 2000, 2_000_000],
    ['-1500m', -2, -1500],
  ]
  assert.deepEqual(
    table.map(([text]) => [text, wholeValueOf(text), milliValueOf(text)]),
    table,
  )
})

test('sums are exact and keep the first format', () => {
  const sum = (...texts: string[]) => quantityText(texts.map(parseQuantity).reduce(addQuantities))
  assert.equal(sum('100m', '0.9'), '1')
  assert.equal(sum('1Gi', '1Gi'), '2Gi')
  assert.equal(sum('0', '1Ki'), '1Ki')
  assert.equal(quantityText(subtractQuantities(parseQuantity('1Gi'), parseQuantity('1Mi'))), '1023Mi')
  assert.equal(compareQuantities(parseQuantity('1'), parseQuantity('1000m')), 0)
  assert.equal(compareQuantities(parseQuantity('1'), parseQuantity('1001m')), -1)
})
