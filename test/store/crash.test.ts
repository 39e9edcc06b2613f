import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { seededRandom } from '../../src/machinery/index.ts'

const rounds = Number(process.env.COXSWAIN_CRASH_ROUNDS ?? 200)

test(`a store killed ${rounds} times at random points keeps every acknowledged write whole`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'coxswain-crash-'))
  const random = seededRandom(7)
  const seen = new Map<number, string>() // revision -> what it wrote; a second meaning would be a reused revision
  const newest = new Map<string, number>()
  let acknowledged = 0
  const note = (revision: number, key: string, id: string) => {
    const before = seen.get(revision)
    assert.ok(
      before === undefined || before === `${key} ${id}`,
      `revision ${revision} was used for ${before} and for ${key} ${id}`,
    )
    seen.set(revision, `${key} ${id}`)
    newest.set(key, Math.max(newest.get(key) ?? 0, revision))
  }
  try {
    for (let round = 0; round < rounds; round++) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.ts'), directory, String(round)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      let killAt = Number.POSITIVE_INFINITY
      const killAfter = Math.floor(random.next() * 120)
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk
        const lines = output.split('\n').length
        if (killAt === Number.POSITIVE_INFINITY && output.startsWith('state ')) killAt = lines + killAfter
        if (lines >= killAt) child.kill('SIGKILL')
      })
      await once(child, 'close')
      // The last line may be torn by the kill; what was printed whole was acknowledged.
      const lines = output.split('\n').slice(0, -1)
      for (const line of lines) {
        const [word, ...rest] = line.split(' ')
        if (word === 'state') {
          const state = JSON.parse(line.slice('state '.length)) as {
            revision: number
            entries: [string, number, string][]
          }
          assert.ok(
            state.revision >= Math.max(0, ...newest.values()),
            `round ${round}: revision went back to ${state.revision}`,
          )
          for (const [key, modified, value] of state.entries) {
            assert.ok(modified >= (newest.get(key) ?? 0), `round ${round}: ${key} lost its write ${newest.get(key)}`)
            assert.ok(value.endsWith(':end'), `round ${round}: ${key} holds half a write`)
            note(modified, key, value.slice(0, value.indexOf(':')))
          }
          for (const key of newest.keys())
            assert.ok(
              state.entries.some(([one]) => one === key),
              `round ${round}: ${key} is gone`,
            )
        } else if (word === 'ack') {
          const [revision = '', key = '', id = ''] = rest
          note(Number(revision), key, id)
          acknowledged++
        }
      }
    }
    assert.ok(acknowledged > rounds * 10, `only ${acknowledged} writes were acknowledged`)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
