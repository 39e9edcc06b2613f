import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { serveSystemLogs } from './system-logs.ts'

test('the node’s own logs are listed and read, and nothing outside of them', async () => {
  const above = await mkdtemp(join(tmpdir(), 'logs-'))
  await writeFile(join(above, 'secret'), 'no')
  const directory = join(above, 'log')
  await mkdir(join(directory, 'apt'), { recursive: true })
  await writeFile(join(directory, 'a & b.log'), 'one\ntwo\n')
  await writeFile(join(directory, 'packed'), Buffer.from([0x1f, 0x8b, 0]))
  await writeFile(join(directory, 'empty'), '')
  const ask = async (path: string) => {
    const got = { status: 0, headers: {} as Record<string, string>, text: '' }
    const reply = {
      head: (status: number, headers: object) => Object.assign(got, { status, headers }),
      write: (chunk: Uint8Array) => {
        got.text += String(chunk)
        return true
      },
      end: (text = '') => void (got.text += text),
    }
    await serveSystemLogs({ request: { method: 'GET', url: path }, reply } as never, directory)
    return got
  }
  const list = await ask('/logs/')
  assert.equal(
    list.text,
    '<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n<a href="a%20&%20b.log">a &amp; b.log</a>\n<a href="apt/">apt/</a>\n<a href="empty">empty</a>\n<a href="packed">packed</a>\n</pre>\n',
  )
  const read = await ask('/logs/a%20&%20b.log')
  assert.deepEqual(
    [read.status, read.text, read.headers['content-type']],
    [200, 'one\ntwo\n', 'text/plain; charset=utf-8'],
  )
  assert.equal((await ask('/logs/packed')).headers['content-type'], 'application/x-gzip')
  assert.deepEqual([(await ask('/logs/empty')).status, (await ask('/logs/empty')).text], [200, ''])
  for (const [path, location] of [
    ['/logs', 'logs/'],
    ['/logs/apt', 'apt/'],
    ['/logs/packed/', '../packed'],
  ] as const)
    assert.deepEqual([(await ask(path)).status, (await ask(path)).headers.location], [301, location])
  for (const path of ['/logs/none', '/logs/%2e%2e/secret', '/logs/..%2fsecret', '/logs/x/..%2f..%2fsecret'])
    assert.notEqual((await ask(path)).text, 'no', path)
  await rm(above, { recursive: true })
})
