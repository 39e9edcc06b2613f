import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { createClient, httpTransport } from '../../src/client/index.ts'
import { adminCredentials, ClusterHome } from '../../src/cluster/index.ts'
import { pods } from '../../src/resources/index.ts'

const root = join(import.meta.dirname, '../..')
const home = mkdtempSync(join(tmpdir(), 'cox-cloud-cli-'))
const env = { ...process.env, COXSWAIN_HOME: join(home, 'clusters'), KUBECONFIG: join(home, 'kubeconfig') }
interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}
function cox(...words: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(join(root, 'cox'), words, { env, timeout: 90_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}
async function done(...words: string[]): Promise<any> {
  const { code, out, err } = await cox(...words, '--json')
  assert.equal(code, 0, `cox ${words.join(' ')}: ${err}`)
  return JSON.parse(out)
}
async function until(read: () => Promise<any>, isSo: (value: any) => boolean): Promise<any> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const value = await read()
    if (isSo(value)) return value
    assert.ok(Date.now() < deadline, `not so after a while: ${JSON.stringify(value)}`)
  }
}

suite('a cluster in the local cloud', () => {
  after(async () => {
    await cox('down', '--name', 'clouded', '--purge')
    await cox('cloud', 'down', '--cloud', 'skies', '--purge')
    rmSync(home, { recursive: true, force: true })
  })
  const skies = ['--cloud', 'skies'] as const
  const role = 'cox-clouded-control-plane'
  const routes = () => done('cloud', 'route', 'list', ...skies)

  test('without a cloud, commands say how to get one; wrong words are usage', async () => {
    const missing = await cox('cloud', 'instance', 'list', ...skies)
    assert.equal(missing.code, 1)
    assert.match(missing.err, /the cloud "skies" is not running; start it with `cox cloud up --cloud skies`/)
    assert.equal((await cox('cloud', 'status', ...skies)).code, 1)
    for (const words of [['cloud'], ['cloud', 'rain'], ['cloud', 'role', 'dance'], ['cloud', 'up', 'high']])
      assert.equal((await cox(...words)).code, 2, words.join(' '))
    const real = await cox('up', '--name', 'clouded', '--runtime', 'simulated', '--cloud', 'Not A Name')
    assert.deepEqual([real.code, /is not a DNS label/.test(real.err)], [2, true])
  })

  test('its nodes are instances, and their ranges are in the route table', async () => {
    const config = join(home, 'cluster.yaml')
    const groups = [{ name: 'pool', maxSize: 2, cpu: '2' }]
    const described = { apiVersion: 'coxswain.dev/v1alpha1', kind: 'ClusterConfiguration', nodeGroups: groups }
    writeFileSync(config, JSON.stringify({ ...described, nodes: [{ count: 2, cpu: '1' }] }))
    const up = await done('up', '--name', 'clouded', '--config', config, ...skies)
    assert.equal(up.cloud, 'skies')
    const instances = await done('cloud', 'instance', 'list', ...skies)
    assert.deepEqual(
      instances.map(({ name, state }: any) => `${name} ${state}`),
      ['control-plane running', 'node-1 running', 'node-2 running'],
    )
    await until(routes, (list) => list.length === 2)
    const text = await cox('cloud', 'route', 'list', ...skies)
    assert.match(text.out, /^ID +DESTINATION +INSTANCE +NAME +STATE$/m)
    assert.match(text.out, /10\.\d+\.\d+\.0\/24 +i-\w+ +clouded\/node-1 +active$/m)
  })

  test('a rule that is edited keeps a route from being made, over a restart of the cloud as well, until it is edited again', async () => {
    await done('cloud', 'role', 'edit', role, '--rule', 'freeze', '--deny', 'vpc:CreateRouteEntry', ...skies)
    const [{ id }] = (await routes()).filter(({ description }: any) => description === 'clouded/node-2')
    await done('cloud', 'route', 'delete', id, ...skies)
    const why = () => done('why', 'node/node-2', '--name', 'clouded')
    const isRefused = (finding: any) => /denied by rule \\"freeze\\"/.test(JSON.stringify(finding))
    await until(why, isRefused)
    assert.equal((await cox('cloud', 'down', ...skies)).code, 0)
    await done('cloud', 'up', ...skies)
    const shown = await done('cloud', 'role', 'show', role, ...skies)
    assert.equal(shown.rules.at(-1).name, 'freeze')
    const bad = await cox('cloud', 'role', 'edit', role, '--remove', 'thaw', ...skies)
    assert.match(bad.err, /the role has no rule "thaw"/)
    const file = join(home, 'rules.yaml')
    writeFileSync(file, JSON.stringify({ rules: shown.rules.slice(0, -1) }))
    await done('cloud', 'role', 'edit', role, '--rules', file, ...skies)
    await until(routes, (list) => list.length === 2)
    await until(why, (finding) => finding.says === 'is ready; nothing is wrong with it')
  })

  test('a group of nodes grows by an instance for a pod that has no place, and is shown', async () => {
    const settings = await new ClusterHome(env.COXSWAIN_HOME).settingsOf('clouded')
    const client = createClient(httpTransport(await adminCredentials(settings!), 'test'))
    const groups = () => done('node', 'groups', '--name', 'clouded')
    await until(groups, ([group]) => group?.health.cloudProviderTarget === 0)
    await client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'big', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'app', resources: { requests: { cpu: '1500m' } } }] },
    } as never)
    await until(groups, ([{ health }]) => health.nodeCounts.registered.ready === 1)
    await until(
      () => done('why', 'pod/big', '--name', 'clouded'),
      (finding) => /^runs on pool-\w+ and is ready$/.test(finding.says),
    )
    const shown = await cox('node', 'groups', '--name', 'clouded')
    assert.match(shown.out, /^NAME +READY +TARGET +MIN +MAX +SCALE-UP +SCALE-DOWN\npool +1 +1 +0 +2 /)
    const own = await done('cloud', 'instance', 'list', '--cluster', 'clouded', ...skies)
    assert.equal(own.filter(({ name }: any) => name.startsWith('pool-')).length, 1)
  })

  test('disks are made, attached, grown and done away with', async () => {
    const [, { id: instance, zone }] = await done('cloud', 'instance', 'list', ...skies)
    await done('cloud', 'disk', 'create', 'data', '--size', '20', '--zone', zone, ...skies)
    assert.equal((await done('cloud', 'disk', 'attach', 'data', '--instance', instance, ...skies)).device, '/dev/vdb')
    assert.match((await cox('cloud', 'disk', 'delete', 'data', ...skies)).err, /detach it first/)
    assert.equal((await done('cloud', 'disk', 'edit', 'data', '--size', '40', ...skies)).sizeGiB, 40)
    await done('cloud', 'disk', 'detach', 'data', ...skies)
    await done('cloud', 'disk', 'delete', 'data', ...skies)
    assert.deepEqual(await done('cloud', 'disk', 'list', ...skies), [])
  })

  test('an instance that is gone stays gone, and a cluster that is purged leaves nothing', async () => {
    await done('cloud', 'instance', 'delete', 'node-2', '--cluster', 'clouded', ...skies)
    assert.equal((await cox('down', '--name', 'clouded')).code, 0)
    await done('up', '--name', 'clouded')
    const instances = await done('cloud', 'instance', 'list', '--cluster', 'clouded', ...skies)
    assert.deepEqual(
      instances.map(({ name }: any) => name.replace(/^pool-.*/, 'pool')),
      ['control-plane', 'node-1', 'pool'],
    )
    const { err } = await cox('node', 'stop', 'node-1', '--name', 'clouded')
    assert.match(err, /use `cox cloud instance stop node-1 --cluster clouded --cloud skies`/)
    assert.equal((await cox('down', '--name', 'clouded', '--purge')).code, 0)
    for (const thing of ['instance', 'route', 'role'])
      assert.deepEqual(await done('cloud', thing, 'list', ...skies), [], thing)
  })
})
