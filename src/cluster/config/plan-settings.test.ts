import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ClusterHome } from '../process/directory.ts'
import { planSettings, type Wishes } from './plan-settings.ts'

const root = mkdtempSync(join(tmpdir(), 'cox-plan-'))
after(() => rmSync(root, { recursive: true, force: true }))
const plan = (name: string, wished: Wishes) =>
  planSettings({
    ...{ name, wished, home: new ClusterHome(root), isRoot: true, platform: 'linux', workingDirectory: root },
  })

test('several nodes with real containers are asked for once, and remembered', async () => {
  for (const wished of [{ nodes: 3 }, {}]) {
    const planned = await plan('three', wished)
    assert.ok('settings' in planned)
    assert.deepEqual([planned.settings.nodes, planned.settings.runtime], [3, 'containerd'])
  }
})

test('clusters that are planned at once, or lie still, have ports and networks of their own', async () => {
  const planned = await Promise.all(['one', 'other', 'third'].map((name) => plan(name, { runtime: 'simulated' })))
  const settings = planned.map((one) => ('settings' in one ? one.settings : assert.fail(one.problem)))
  assert.equal(new Set(settings.map(({ port }) => port)).size, 3)
  assert.equal(new Set(settings.map(({ network }) => network.index)).size, 3)
})

test('a cloud is asked for once, and remembered until none is asked for', async () => {
  for (const [wished, cloud] of [
    [{ cloud: 'local' }, { name: 'local', directory: join(root, '.clouds/local') }],
    [{}, { name: 'local', directory: join(root, '.clouds/local') }],
    [{ cloud: 'none' }, undefined],
  ] as const) {
    const planned = await plan('clouded', wished)
    assert.ok('settings' in planned)
    assert.deepEqual([planned.settings.cloud, planned.settings.runtime], [cloud, 'simulated'])
  }
})

test('what a machine cannot be is refused in a sentence that says what to do', async () => {
  const config = join(root, 'nodes.yaml')
  writeFileSync(config, 'apiVersion: coxswain.dev/v1alpha1\nkind: ClusterConfiguration\nnodes: [{ count: 2 }]\n')
  const refused: readonly (readonly [Wishes, RegExp])[] = [
    [{ nodes: 251 }, /^one machine has at most 250 nodes with real containers; use fewer, or --runtime simulated/],
    [
      { cloud: 'local', runtime: 'containerd' },
      /^the instances of a cloud are simulated nodes; use --cloud with --runtime simulated/,
    ],
    [{ configFile: config }, /^the configuration describes simulated nodes; use it with --runtime simulated/],
  ]
  for (const [wished, says] of refused) {
    const planned = await plan('none', wished)
    assert.match('problem' in planned ? planned.problem : '', says)
  }
  assert.ok('settings' in (await plan('none', { configFile: config, runtime: 'simulated' })))
})
