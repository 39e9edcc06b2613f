import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import { type LogOptions, readLog } from './log-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'cox-log-'))
after(() => rmSync(directory, { recursive: true }))
const file = join(directory, '0.log')
const line = (text: string) => `2026-01-01T00:00:00.000000000Z stdout F ${text}\n`
const parts = { clock: manualClock(), isRunning: async () => true }
const never = new AbortController().signal
const reading = (options: Partial<LogOptions>) =>
  readLog(file, { follow: false, timestamps: false, ...options }, parts, never)[Symbol.asyncIterator]()

test('the last lines of a log are as many as were asked for, though more are written meanwhile', async () => {
  writeFileSync(file, line('one') + line('two') + line('three'))
  const lines = reading({ tailLines: 2 })
  const first = await lines.next()
  assert.equal(String(first.value), 'two\nthree\n')
  appendFileSync(file, line('four'))
  assert.deepEqual(await lines.next(), { done: true, value: undefined })
})

test('who follows from the last lines on sees what comes', async () => {
  writeFileSync(file, line('one') + line('two'))
  const lines = reading({ tailLines: 1, follow: true })
  assert.equal(String((await lines.next()).value), 'two\n')
  appendFileSync(file, line('three'))
  assert.equal(String((await lines.next()).value), 'three\n')
  await lines.return?.(undefined)
})
