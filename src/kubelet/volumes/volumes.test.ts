import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { container, podWith } from '../../../test/fixtures/kubelet.ts'
import { manualClock } from '../../machinery/index.ts'
import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Secret } from '../../resources/index.ts'
import { writePayload } from './atomic-writer.ts'
import { payloadOf } from './payload.ts'
import { subPathParts } from './sub-path.ts'
import { createVolumes } from './volumes.ts'

const isRoot = process.getuid?.() === 0
const asRoot = isRoot ? {} : { skip: 'mounts need root' }
const file = (text: string, mode = 0o644) => ({ content: Buffer.from(text), mode })

async function directory(t: { after(work: () => Promise<void>): void }): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cox-volumes-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

test('atomic writer swaps the whole content, and only when it changed', async (t) => {
  const path = await directory(t)
  const none = async () => {}
  const first = new Map([
    ['a', file('1')],
    ['deep/b', file('2', 0o600)],
  ])
  assert.equal(await writePayload(path, first, 'one', none), true)
  assert.equal(await writePayload(path, first, 'two', none), false)
  assert.equal(await readlink(join(path, '..data')), '..one')
  assert.equal((await stat(join(path, 'deep/b'))).mode & 0o777, 0o600)
  assert.equal(await writePayload(path, new Map([['a', file('3')]]), 'three', none), true)
  assert.deepEqual((await readdir(path)).sort(), ['..data', '..three', 'a'])
  assert.equal(await readFile(join(path, 'a'), 'utf8'), '3')
})

for (const path of ['../x', '/x', 'a/../../x', '..x', ''])
  test(`atomic writer refuses the path ${JSON.stringify(path)}`, async (t) => {
    await assert.rejects(
      writePayload(await directory(t), new Map([[path, file('')]]), 's', async () => {}),
      /invalid path/,
    )
  })

const sources = {
  objects: {
    configMap: async (_: string, name: string) =>
      name === 'map'
        ? ({ data: { k: 'v', other: 'w' }, binaryData: { bin: 'AAE=' } } as unknown as ConfigMap)
        : undefined,
    secret: async (_: string, name: string) =>
      name === 'keys' ? ({ data: { s: 'czE=' } } as unknown as Secret) : undefined,
  },
  node: { hostIps: [], allocatable: {} },
  storage: {
    claim: async (_: string, name: string) => storedClaim(name),
    volume: async (name: string) => storedVolume(name),
  },
  token: async (_: object, { audience }: { audience: string }) => `token for ${audience || 'the API'}`,
}
const claims: Record<string, object> = {}
const volumesStored: Record<string, object> = {}
function storedClaim(name: string): PersistentVolumeClaim {
  const found = claims[name]
  if (found === undefined) throw new Error(`persistentvolumeclaims "${name}" not found`)
  return { metadata: { name, namespace: 'default', uid: `uid-${name}` }, ...found } as never
}
function storedVolume(name: string): PersistentVolume {
  return { metadata: { name, uid: `uid-${name}` }, ...volumesStored[name] } as never
}
test('payload of a projected volume merges its sources', async () => {
  const pod = podWith({ securityContext: { runAsUser: 1000 } }, { metadata: { labels: { app: 'web' } } })
  const payload = await payloadOf(
    pod,
    {
      name: 'all',
      projected: {
        defaultMode: 0o440,
        sources: [
          { configMap: { name: 'map', items: [{ key: 'k', path: 'conf/k', mode: 0o400 }] } },
          { secret: { name: 'keys' } },
          { secret: { name: 'absent', optional: true } },
          { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          { serviceAccountToken: { path: 'token' } },
        ],
      },
    },
    sources,
  )
  const shown = [...payload!].map(([path, { content, mode, uid }]) => [
    path,
    Buffer.from(content).toString(),
    mode,
    uid,
  ])
  assert.deepEqual(shown, [
    ['conf/k', 'v', 0o400, undefined],
    ['s', 's1', 0o440, undefined],
    ['labels', 'app="web"', 0o440, undefined],
    ['token', 'token for the API', 0o600, 1000],
  ])
})
test('payload of a missing required object is refused by name', async () => {
  await assert.rejects(
    payloadOf(podWith({}), { name: 'v', secret: { secretName: 'gone' } }, sources),
    /secret "gone" not found/,
  )
})

test('sub path stays inside its volume', () => {
  assert.deepEqual(subPathParts('a//b/./c'), ['a', 'b', 'c'])
  assert.throws(() => subPathParts('/etc'), /relative path/)
  assert.throws(() => subPathParts('a/../../b'), /must not contain/)
})

test('volumes are mounted once, keep their content, and leave nothing', asRoot, async (t) => {
  // Wherever a link leads there: the kernel knows only the place itself.
  const real = await directory(t)
  const podsDirectory = join(await directory(t), 'link')
  await symlink(real, podsDirectory)
  const told: string[] = []
  const volumes = createVolumes({
    ...{ ...sources, podsDirectory, clock: manualClock(), pid: process.pid },
    onOperation: ({ name, plugin, isWell }) => void told.push(`${name} ${plugin} ${isWell}`),
  })
  const pod = podWith({
    securityContext: { fsGroup: 4321 },
    containers: [container('main')],
    volumes: [
      { name: 'disk', emptyDir: {} },
      { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
      { name: 'map', configMap: { name: 'map' } },
      { name: 'keys', secret: { secretName: 'keys' } },
    ],
  })
  const first = await volumes.mount(pod)
  const memory = first.get('memory')!.hostPath
  await mkdir(join(memory, 'kept'))
  assert.deepEqual(await volumes.mount(pod), first)
  const modes = await Promise.all(
    ['disk', 'memory', 'map', 'keys'].map(async (name) => {
      const path = join(first.get(name)!.hostPath, { map: '..data/k', keys: '..data/s' }[name] ?? '')
      const { mode, gid } = await stat(path)
      return [name, (mode & 0o7777).toString(8), gid]
    }),
  )
  assert.deepEqual(modes, [
    ['disk', '2777', 4321],
    ['memory', '3777', 4321],
    ['map', '644', 4321],
    ['keys', '644', 4321],
  ])
  const bound = await volumes.subPath(pod, 'memory', 'main', 0, memory, 'sub/inner')
  assert.deepEqual([(await stat(bound)).isDirectory(), (await readdir(memory)).sort()], [true, ['kept', 'sub']])
  await symlink('/etc', join(memory, 'trap'))
  await assert.rejects(volumes.subPath(pod, 'memory', 'main', 1, memory, 'trap'), /not within volume path/)
  // The keys of a map are links within its volume.
  const key = await volumes.subPath(pod, 'map', 'main', 2, first.get('map')!.hostPath, 'k')
  assert.equal(await readFile(key, 'utf8'), await readFile(join(first.get('map')!.hostPath, 'k'), 'utf8'))
  await volumes.unmount(pod.metadata.uid)
  assert.deepEqual(await readdir(podsDirectory), [])
  const plugins = ['empty-dir', 'empty-dir', 'configmap', 'secret'].map((name) => `kubernetes.io/${name} true`)
  const counted = (name: string) =>
    told.filter((one) => one.startsWith(`${name} `)).map((one) => one.slice(name.length + 1))
  assert.deepEqual(counted('volume_mount').sort(), [...plugins, ...plugins].sort())
  assert.deepEqual(counted('volume_unmount').sort(), [...plugins].sort())
  assert.equal((await readFile('/proc/self/mounts', 'utf8')).includes(real), false)
})

test(
  "a pod gets what is behind its claim, given to its group, and waits in Kubernetes' words while there is nothing",
  asRoot,
  async (t) => {
    const root = await directory(t)
    const podsDirectory = join(root, 'pods')
    const volumes = createVolumes({ ...sources, podsDirectory, clock: manualClock(), pid: process.pid })
    const mountOf = (claim: string, more: object = {}, spec: object = {}) =>
      volumes.mount(
        podWith({
          containers: [container('main')],
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim, ...more } }],
          ...spec,
        }),
      )
    const unprocessed =
      'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: error processing PVC default/'
    await assert.rejects(mountOf('gone'), {
      message: `${unprocessed}gone: failed to fetch PVC from API server: persistentvolumeclaims "gone" not found`,
    })
    claims['open'] = { spec: {}, status: { phase: 'Pending' } }
    await assert.rejects(mountOf('open'), { message: `${unprocessed}open: PVC is not bound` })
    claims['own'] = { spec: { volumeName: 'v' }, status: { phase: 'Bound' } }
    volumesStored['v'] = { spec: { local: { path: join(root, 'disk') }, claimRef: { uid: 'uid-other' } } }
    await assert.rejects(mountOf('own'), {
      message: `${unprocessed}own: found PV object v but its pv.Spec.ClaimRef.UID uid-other does not point to claim.UID uid-own`,
    })
    volumesStored['v'] = { spec: { local: { path: join(root, 'disk') }, claimRef: { uid: 'uid-own' } } }
    await assert.rejects(mountOf('own'), {
      message: `MountVolume.SetUp failed for volume "v" : path "${join(root, 'disk')}" does not exist`,
    })
    await mkdir(join(root, 'disk'))
    const mounted = await mountOf('own', {}, { securityContext: { fsGroup: 4321 } })
    assert.deepEqual(mounted.get('data'), { hostPath: join(root, 'disk'), readonly: false, measure: 'statfs' })
    const { gid, mode } = await stat(join(root, 'disk'))
    assert.deepEqual([gid, (mode & 0o7777).toString(8)], [4321, '2775'])
    assert.equal((await mountOf('own', { readOnly: true })).get('data')?.readonly, true)
  },
)

/** A block device of a file; undefined where there are none to be had. */
function loopDevice(file: string): string | undefined {
  const { status, stdout } = spawnSync('losetup', ['-f', '--show', file], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

test(
  'a local volume on a block device is that device, or the filesystem on it, made where there is none',
  asRoot,
  async (t) => {
    const root = await directory(t)
    const file = join(root, 'disk.img')
    await writeFile(file, '')
    await truncate(file, 16 * 1024 * 1024)
    const device = loopDevice(file)
    if (device === undefined) return t.skip('needs loop devices')
    t.after(() => spawnSync('losetup', ['-d', device]))
    const volumes = createVolumes({
      ...sources,
      podsDirectory: join(root, 'pods'),
      clock: manualClock(),
      pid: process.pid,
    })
    await symlink(device, join(root, 'disk'))
    claims['device'] = { spec: { volumeName: 'd' }, status: { phase: 'Bound' } }
    const stored = (volumeMode: string) => ({
      spec: { volumeMode, local: { path: join(root, 'disk'), fsType: '' }, claimRef: { uid: 'uid-device' } },
    })
    const volume = [{ name: 'data', persistentVolumeClaim: { claimName: 'device' } }]
    const podOf = (uid: string) => podWith({ containers: [container('main')], volumes: volume }, { metadata: { uid } })
    volumesStored['d'] = stored('Block')
    const raw = (await volumes.mount(podOf('raw'))).get('data')
    assert.deepEqual(raw, { hostPath: device, readonly: false, isDevice: true })
    volumesStored['d'] = stored('Filesystem')
    const [one, other] = await Promise.all(['one', 'other'].map((uid) => volumes.mount(podOf(uid))))
    await writeFile(join(one!.get('data')!.hostPath, 'x'), 'kept')
    assert.equal(await readFile(join(other!.get('data')!.hostPath, 'x'), 'utf8'), 'kept')
    for (const uid of ['one', 'other']) await volumes.unmount(uid)
    const again = await volumes.mount(podOf('again'))
    assert.equal(await readFile(join(again.get('data')!.hostPath, 'x'), 'utf8'), 'kept')
    await volumes.unmount('again')
  },
)
