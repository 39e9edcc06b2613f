import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../machinery/index.ts'
import { followedFile } from './followed-file.ts'

test('a file is read as it is, one of several documents as the one of the kind, and its changes are told', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'followed-'))
  const path = join(directory, 'f.yaml')
  const alone = 'kind: AuthenticationConfiguration # alone\n'
  await writeFile(path, alone)
  const file = followedFile(path, 'AuthenticationConfiguration', systemClock())
  assert.equal(await file.read(), alone)
  const stop = new AbortController()
  const changes = file.changes(stop.signal)[Symbol.asyncIterator]()
  const told = changes.next()
  // The directory is watched from some moment on: writing until it tells needs no clock.
  let isTold = false
  void told.then(() => (isTold = true))
  while (!isTold) await writeFile(path, 'kind: Other\n---\nkind: AuthenticationConfiguration\njwt: []\n')
  assert.equal((await told).done, false)
  assert.equal(await file.read(), 'jwt: []\nkind: AuthenticationConfiguration\n')
  stop.abort()
  await changes.return?.()
  await rm(directory, { recursive: true, force: true })
})
