import assert from 'node:assert/strict'
import { test } from 'node:test'
import { civilText, daysOf, normalMicroTime, normalTime, TimeError } from './times.ts'

test('times come out in UTC with the precision of their type', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000000Z'],
    ['2024-01-01T00:30:00.123456789+01:00', '2023-12-31T23:30:00Z', '2023-12-31T23:30:00.123456Z'],
    ['1969-12-31T23:59:59.9Z', '1969-12-31T23:59:59Z', '1969-12-31T23:59:59.900000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'],
    ['9999-12-31T23:59:59-00:00', '9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000000Z'],
  ]
  for (const [text, seconds, micros] of cases) {
    assert.equal(normalTime(text), seconds, text)
    assert.equal(normalMicroTime(text), micros, text)
  }
})

test('texts that are no time are refused in the words of Go', () => {
  const layout = '2006-01-02T15:04:05Z07:00'
  const cases: Record<string, string> = {
    '': `parsing time "" as "${layout}": cannot parse "" as "2006"`,
    '2024-01-01': `parsing time "2024-01-01" as "${layout}": cannot parse "" as "T"`,
    '2024-01-01 00:00:00Z': `parsing time "2024-01-01 00:00:00Z" as "${layout}": cannot parse " 00:00:00Z" as "T"`,
    '2024-01-01T00:00:00': `parsing time "2024-01-01T00:00:00" as "${layout}": cannot parse "" as "Z07:00"`,
    '2024-01-01T00:00:00Zx': `parsing time "2024-01-01T00:00:00Zx" as "${layout}": extra text: "x"`,
    '2023-02-29T00:00:00Z': 'parsing time "2023-02-29T00:00:00Z": day out of range',
    '2023-02-01T24:00:00Z': 'parsing time "2023-02-01T24:00:00Z": hour out of range',
  }
  for (const [text, message] of Object.entries(cases)) {
    assert.throws(() => normalTime(text), { name: TimeError.name, message }, text)
  }
})

test('days and civil dates agree with the calendar over eight centuries', () => {
  for (let days = -146097; days <= 146097; days += 97) {
    const date = new Date(days * 86_400_000)
    assert.equal(civilText(days * 86_400 + 86_399), `${date.toISOString().slice(0, 10)}T23:59:59`)
    assert.equal(daysOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()), days)
  }
})
