import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../machinery/index.ts'
import { systemCgroups } from './cgroups.ts'

test('a group that was left frozen is let go, so that what is in it can die', async () => {
  const root = await mkdtemp(join(tmpdir(), 'cgroups-'))
  const group = join(root, 'freezer/x/pod')
  await mkdir(join(root, 'memory'))
  await mkdir(group, { recursive: true })
  const files = ['freezer.state', 'cgroup.procs'].map((name) => join(group, name))
  for (const file of files) await writeFile(file, file.endsWith('state') ? 'FROZEN' : '')
  let state = ''
  // The files of a group go with it; these, which only look like one, go when the removal waits.
  const sleep = async () => {
    state ||= await readFile(files[0]!, 'utf8')
    await Promise.all(files.map((file) => rm(file, { force: true })))
  }
  const mounts = ['memory', 'freezer'].map((name) => `cgroup ${join(root, name)} cgroup rw,${name} 0 0`).join('\n')
  await systemCgroups({ ...systemClock(), sleep }, mounts).remove('/x')
  assert.equal(state, 'THAWED')
  await assert.rejects(stat(join(root, 'freezer/x')), { code: 'ENOENT' })
  await rm(root, { recursive: true })
})
