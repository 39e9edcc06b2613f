import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isUsable } from './key-pair.ts'
import { openPki } from './pki.ts'

const directory = await mkdtemp(join(tmpdir(), 'coxswain-pki-'))
after(() => rm(directory, { recursive: true, force: true }))
const nowMs = Date.parse('2026-06-01T00:00:00Z')
const yearMs = 365 * 24 * 60 * 60_000
const request = { directory, apiServerNames: ['localhost', '127.0.0.1'], kubeletNames: ['n'], nodeName: 'n' }

test('a new cluster’s certificates are made once, and each key is its owner’s alone', async () => {
  const made = await openPki(request, nowMs)
  assert.ok(isUsable(made.apiServer, made.authority.cert, request.apiServerNames, nowMs + 300 * 24 * 60 * 60_000))
  const { tokenKey, ...rest } = made
  const key = await tokenKey()
  const { tokenKey: again, ...same } = await openPki(request, nowMs)
  assert.deepEqual([same, await again()], [rest, key])
  const files = await readdir(directory)
  assert.deepEqual(
    files.filter((name) => name.endsWith('.tmp')),
    [],
  )
  for (const name of files.filter((one) => one.endsWith('.key')))
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600, name)
})

test('what is near its end is made anew, the authority and the token key stay', async () => {
  const before = await openPki(request, nowMs)
  const later = await openPki(request, nowMs + yearMs - 1000)
  assert.notEqual(later.apiServer.cert, before.apiServer.cert)
  assert.notEqual(later.kubeletServer.cert, before.kubeletServer.cert)
  assert.equal(later.authority.cert, before.authority.cert)
  assert.equal(await later.tokenKey(), await before.tokenKey())
})

test('a token key that is none is told by its file, with the remedy, and left as it is', async () => {
  await (await openPki(request, nowMs)).tokenKey()
  const file = join(directory, 'sa.key')
  await writeFile(file, 'nothing of the sort')
  await assert.rejects(
    (await openPki(request, nowMs)).tokenKey(),
    /sa\.key, which signs .* remove it to have a new one/,
  )
  assert.equal(await readFile(file, 'utf8'), 'nothing of the sort')
})
