import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../machinery/index.ts'
import { type ConntrackChoices, settingsOf } from './plan.ts'
import { tuneConntrack } from './tune.ts'

const hour = 3_600_000
const cases: readonly (readonly [string, ConntrackChoices, number, Readonly<Record<string, number>>])[] = [
  ['few cores have the minimum', {}, 2, { max: 131_072, established: 86_400, close_wait: 3600 }],
  ['more have so many each', {}, 8, { max: 262_144, established: 86_400, close_wait: 3600 }],
  ['a great many have a million', { min: 2_000_000 }, 64, { max: 1_048_576, established: 86_400, close_wait: 3600 }],
  [
    'a zero leaves things as they are',
    { maxPerCore: 0, min: 5, tcpEstablishedMs: 0, tcpCloseWaitMs: 0, udpMs: 0, tcpBeLiberal: false },
    2,
    {},
  ],
  [
    'whatever is chosen is set',
    {
      maxPerCore: 10,
      min: 5,
      tcpEstablishedMs: hour,
      tcpCloseWaitMs: 1500,
      tcpBeLiberal: true,
      udpMs: 9000,
      udpStreamMs: hour,
    },
    2,
    { max: 20, established: 3600, close_wait: 1, liberal: 1, udp: 9, stream: 3600 },
  ],
]
const fileOf: Readonly<Record<string, string>> = {
  max: 'nf_conntrack_max',
  established: 'nf_conntrack_tcp_timeout_established',
  close_wait: 'nf_conntrack_tcp_timeout_close_wait',
  liberal: 'nf_conntrack_tcp_be_liberal',
  udp: 'nf_conntrack_udp_timeout',
  stream: 'nf_conntrack_udp_timeout_stream',
}
const named = (short: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(short).map(([name, value]) => [fileOf[name], value]))

for (const [what, choices, cores, expected] of cases)
  test(`of tracked connections, ${what}`, () => {
    const settings = settingsOf(choices, cores).map(({ name, value }) => [name, value])
    assert.deepEqual(Object.fromEntries(settings), named(expected))
  })

async function tuned(choices: ConntrackChoices, before: Readonly<Record<string, number>>, hashSize: number) {
  const directory = await mkdtemp(join(tmpdir(), 'conntrack-'))
  try {
    const files = { settings: join(directory, 'settings'), hashSize: join(directory, 'hashsize') }
    await mkdir(files.settings)
    await writeFile(files.hashSize, `${hashSize}\n`)
    for (const [name, value] of Object.entries(named(before))) await writeFile(join(files.settings, name), `${value}\n`)
    await tuneConntrack(choices, silentLog, files, 2)
    const after: Record<string, number> = {}
    for (const name of await readdir(files.settings))
      after[name] = Number(await readFile(join(files.settings, name), 'utf8'))
    return { after, hashSize: Number(await readFile(files.hashSize, 'utf8')) }
  } finally {
    await rm(directory, { recursive: true })
  }
}

test('what nobody chose never makes a machine remember less than it did', async () => {
  assert.deepEqual(await tuned({}, { max: 500_000, established: 432_000, close_wait: 60 }, 16), {
    after: named({ max: 500_000, established: 432_000, close_wait: 3600 }),
    hashSize: 16,
  })
  assert.deepEqual(
    await tuned(
      { min: 1000, maxPerCore: 1, tcpEstablishedMs: hour },
      { max: 500_000, established: 432_000, close_wait: 7200 },
      16,
    ),
    { after: named({ max: 1000, established: 3600, close_wait: 7200 }), hashSize: 250 },
  )
})

test('a setting that the kernel does not have here keeps none of the others from being made', async () => {
  assert.deepEqual(await tuned({ udpMs: 5000 }, { established: 60, udp: 30 }, 100_000), {
    after: named({ established: 86_400, udp: 5 }),
    hashSize: 100_000,
  })
})
