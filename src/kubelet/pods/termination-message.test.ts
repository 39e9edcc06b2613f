import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { instance } from '../../../test/fixtures/kubelet.ts'
import { manualClock } from '../../machinery/index.ts'
import { containerAnnotations } from '../sync/containers.ts'
import { terminationMessage } from './termination-message.ts'

test('what a failed container wrote last is its message, word for word', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cox-message-'))
  try {
    const logPath = join(directory, '0.log')
    const time = '2026-01-01T00:00:00.000000000Z'
    const messageOf = (lines: readonly string[], policy = 'FallbackToLogsOnError') => {
      writeFileSync(logPath, lines.map((line) => `${time} ${line}\n`).join(''))
      const ended = instance('main', 'exited 1', { logPath })
      const annotations = { ...ended.annotations, [containerAnnotations.terminationMessagePolicy]: policy }
      const volumes = { containerDirectory: () => directory }
      return terminationMessage(volumes, { ...ended, annotations }, 1, manualClock())
    }
    assert.equal(await messageOf(['stdout P DONE']), 'DONE')
    assert.equal(await messageOf(['stdout F one', 'stderr P two ', 'stderr F parts']), 'one\ntwo parts\n')
    assert.equal(await messageOf(['stdout F one'], 'File'), '')
    assert.equal(await messageOf([]), '')
    const many = Array.from({ length: 90 }, (_, at) => `stdout F ${at}`)
    assert.match(await messageOf(many), /^10\n11\n[\s\S]*\n89\n$/)
    assert.equal((await messageOf([`stdout F ${'x'.repeat(4000)}`])).length, 2048)
    rmSync(logPath)
    const lost = instance('main', 'exited 1', {
      logPath,
      annotations: { [containerAnnotations.terminationMessagePolicy]: 'FallbackToLogsOnError' },
    })
    assert.equal(await terminationMessage({ containerDirectory: () => directory }, lost, 1, manualClock()), '')
  } finally {
    rmSync(directory, { recursive: true })
  }
})
