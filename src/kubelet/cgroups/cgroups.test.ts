import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../machinery/index.ts'
import { ownCgroup, systemCgroups } from './cgroups.ts'

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

test('what a group uses is read from the files of either version', async () => {
  const root = await mkdtemp(join(tmpdir(), 'cgroups-'))
  const put = async (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(root, path, '..'), { recursive: true })
      await writeFile(join(root, path), text)
    }
  }
  await put({
    'memory/pod/memory.stat':
      'total_inactive_file 30\ntotal_rss 50\ntotal_pgfault 7\ntotal_pgmajfault 2\ntotal_swap 4\nhierarchical_memory_limit 1000\n',
    'memory/pod/memory.usage_in_bytes': '100\n',
    'memory/pod/cgroup.procs': '11\n12\n',
    'cpuacct/pod/cpuacct.usage': '5000\n',
    'two/pod/memory.stat': 'anon 50\ninactive_file 30\npgfault 7\npgmajfault 2\n',
    'two/pod/memory.current': '100\n',
    'two/pod/memory.max': 'max\n',
    'two/pod/memory.swap.current': '4\n',
    'two/pod/memory.swap.max': '10\n',
    'two/pod/cpu.stat': 'usage_usec 5\n',
    'two/pod/cgroup.procs': '13\n',
    'two/pod/cpu.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n',
  })
  const one = ['memory', 'cpuacct'].map((name) => `cgroup ${join(root, name)} cgroup rw,${name} 0 0`).join('\n')
  const first = systemCgroups(systemClock(), one)
  const shared = { cpuNanoseconds: 5000, usageBytes: 100, workingSetBytes: 70, rssBytes: 50 }
  const faults = { pageFaults: 7, majorPageFaults: 2, swapBytes: 4 }
  assert.deepEqual(await first.usage('/pod'), { ...shared, ...faults, memoryLimitBytes: 1000, processes: 2 })
  assert.deepEqual(await first.processes('/pod'), [11, 12])
  await put({ 'memory/pod/memory.stat': 'hierarchical_memory_limit 9223372036854771712\n' })
  assert.equal((await first.usage('/pod'))?.memoryLimitBytes, undefined, 'the largest number is no limit')
  const second = systemCgroups(systemClock(), `cgroup2 ${join(root, 'two')} cgroup2 rw 0 0`)
  const { pressure, ...rest } = (await second.usage('/pod'))!
  assert.deepEqual(rest, { ...shared, ...faults, swapLimitBytes: 10, processes: 1 })
  assert.deepEqual([pressure?.cpu?.some.total, pressure?.memory], [1, undefined])
  assert.equal(await second.usage('/gone'), undefined)
  await rm(root, { recursive: true })
})

test('the group that a process is in is the one of its memory', () => {
  assert.equal(ownCgroup('3:cpu,cpuacct:/a\n2:memory:/b:c\n0::/\n'), '/b:c')
  assert.equal(ownCgroup('0::/system.slice/x.service\n'), '/system.slice/x.service')
  assert.equal(ownCgroup(''), undefined)
})
