import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { rotatingWriter } from './files.ts'

test('a file is turned over before it is too large; old ones are kept by number and by age', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cox-logs-'))
  try {
    const file = join(directory, 'audit.log')
    const write = rotatingWriter(file, { bytesMax: 10, oldKept: 2, oldestMs: () => 1_000_000, mode: 0o600 })
    const kept = () =>
      [file, `${file}.1`, `${file}.2`, `${file}.3`].map((one) => (existsSync(one) ? readFileSync(one, 'utf8') : ''))
    for (const text of ['aaaa\n', 'bbbb\n', 'cccc\n']) write(text)
    assert.deepEqual(kept(), ['cccc\n', 'aaaa\nbbbb\n', '', ''])
    for (const text of ['dddd\n', 'eeee\n', 'ffff\n', 'gggg\n']) write(text)
    assert.deepEqual(kept(), ['gggg\n', 'eeee\nffff\n', 'cccc\ndddd\n', ''])
    utimesSync(`${file}.1`, 10, 10)
    write('hhhhhh\n')
    assert.deepEqual(kept(), ['hhhhhh\n', 'gggg\n', '', ''])
  } finally {
    rmSync(directory, { recursive: true })
  }
})
