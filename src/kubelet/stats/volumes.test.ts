import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { manualClock } from '../../machinery/index.ts'
import { VolumeMeasuring } from './volumes.ts'

test('volumes tell of what lies in them or of the disk they are, those that go with the pod first', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'volumes-'))
  for (const name of ['scratch', 'data']) await mkdir(join(directory, name))
  const fill = () => writeFile(join(directory, 'scratch', 'file'), 'x'.repeat(100_000))
  await fill()
  const clock = manualClock(Date.UTC(2026, 0, 1))
  const sources: string[] = []
  const volumes = new VolumeMeasuring(clock, { volumeMeasured: (source) => void sources.push(source) })
  const metadata = { namespace: 'default', name: 'pod', uid: 'u' }
  const spec = {
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'claim' } },
      { name: 'own', ephemeral: {} },
      { name: 'host', hostPath: { path: '/' } },
      { name: 'memory', emptyDir: { medium: 'Memory' } },
      { name: 'scratch', emptyDir: {} },
      { name: 'late', emptyDir: {} },
    ],
  }
  const at = (name: string, measure?: 'du' | 'statfs') => [name, { hostPath: join(directory, name), measure }] as const
  const mounted = new Map<string, object>([
    at('data', 'statfs'),
    ['own', { hostPath: join(directory, 'data'), measure: 'statfs' }],
    ['host', { hostPath: '/' }],
    ['memory', { hostPath: join(directory, 'data'), measure: 'du' }],
    at('scratch', 'du'),
  ])
  const on = { pod: { metadata, spec }, mounted, view: {} } as never
  const { ephemeral, others } = await volumes.of(on)
  assert.deepEqual(
    [ephemeral, others].map((some) => some.map(({ name, pvcRef }) => [name, pvcRef?.name])),
    [
      [['scratch', undefined]],
      [
        ['data', 'claim'],
        ['own', 'pod-own'],
        ['memory', undefined],
      ],
    ],
  )
  const [scratch] = ephemeral
  assert.equal(scratch?.inodesUsed, 2)
  assert.ok(scratch.usedBytes >= 100_000 && scratch.usedBytes < 200_000)
  assert.ok(scratch.capacityBytes > scratch.availableBytes && scratch.inodes >= scratch.inodesFree)
  const [data] = others
  assert.ok(data!.usedBytes > 100_000, 'a volume that is a disk of its own tells of all of it')
  assert.deepEqual(sources, ['statfs', 'statfs', 'du', 'du'])

  await rm(join(directory, 'scratch', 'file'))
  assert.equal((await volumes.of(on)).ephemeral[0]?.inodesUsed, 2, 'not walked through again at once')
  clock.advance(10_000)
  assert.equal((await volumes.of(on)).ephemeral[0]?.inodesUsed, 1)
  await rm(directory, { recursive: true })
})
