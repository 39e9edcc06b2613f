import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readState, writeState } from './directory.ts'

test('of what several tell of a cluster at once, nothing is lost', {
  skip: process.platform !== 'linux' && 'only Linux has the sockets that keep them apart',
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'coxswain-state-'))
  try {
    const identity = { pid: 1, startTime: '2' }
    await Promise.all([
      writeState(directory, { supervisor: identity }),
      writeState(directory, { cluster: identity }),
      writeState(directory, { stage: 'opening the store' }),
    ])
    const { supervisor, cluster, stage } = (await readState(directory))!
    assert.deepEqual([supervisor, cluster, stage], [identity, identity, 'opening the store'])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
