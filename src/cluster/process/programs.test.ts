import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startPrograms } from './programs.ts'

const programs = JSON.stringify(join(import.meta.dirname, 'programs.ts'))

/** Starts the two programs, the first of which ends as `cluster` says, and resolves with what the other was told. */
async function toldOf(cluster: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'coxswain-programs-'))
  try {
    await mkdir(join(directory, 'logs'))
    const told = join(directory, 'told')
    await writeFile(
      join(directory, 'cox-run.mjs'),
      `import { tellEnding } from ${programs}\nif (process.argv.includes('--tells')) tellEnding()\n${cluster}\n`,
    )
    await writeFile(
      join(directory, 'cox-supervise.mjs'),
      `import { writeFileSync } from 'node:fs'\nimport { endingTold } from ${programs}\nwriteFileSync(${JSON.stringify(told)}, JSON.stringify(await endingTold()))\n`,
    )
    const { supervisor } = startPrograms([process.execPath, join(directory, 'cox.mjs')], {
      name: 'told',
      dataDirectory: directory,
    })
    await once(supervisor, 'exit')
    return (
      (await readFile(told, 'utf8').catch(() => '')) || (await readFile(join(directory, 'logs/process.log'), 'utf8'))
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

test('a supervisor learns the exit code of a cluster process that was started beside it', async () => {
  assert.equal(await toldOf('process.exitCode = 64'), '64')
})

test('a cluster process that is killed says nothing, and its end is known all the same', async () => {
  assert.equal(await toldOf("process.kill(process.pid, 'SIGKILL')"), '"a signal"')
})
