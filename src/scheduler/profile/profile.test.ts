import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultPlugins } from '../plugins/index.ts'
import { type ProfileChoice, profileOf } from './profile.ts'

const all = defaultPlugins.map(({ name }) => name)
const cases: readonly (readonly [what: string, choice: ProfileChoice, names: readonly string[]])[] = [
  ['nothing stated: the defaults', {}, all],
  [
    'one turned off for all points',
    { plugins: { multiPoint: { disabled: [{ name: 'NodePorts' }] } } },
    all.filter((name) => name !== 'NodePorts'),
  ],
  [
    'all off, some on, in the order stated',
    {
      plugins: {
        multiPoint: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit' }, { name: 'NodeName' }] },
      },
    },
    ['NodeResourcesFit', 'NodeName'],
  ],
]
for (const [what, choice, names] of cases) {
  test(`a profile with ${what}`, () => {
    assert.deepEqual(
      profileOf(choice, defaultPlugins).plugins.map(({ name }) => name),
      names,
    )
  })
}

test('a plugin turned off at one point keeps the others, and a weight is the one stated', () => {
  const { plugins, name, percentageOfNodesToScore } = profileOf(
    {
      schedulerName: 'packer',
      percentageOfNodesToScore: 70,
      plugins: {
        filter: { disabled: [{ name: 'TaintToleration' }] },
        score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit', weight: 5 }] },
      },
    },
    defaultPlugins,
    10,
  )
  assert.deepEqual([name, percentageOfNodesToScore], ['packer', 70])
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]))
  assert.equal(byName.get('TaintToleration')?.filter, undefined)
  assert.deepEqual(
    plugins.filter((plugin) => plugin.score !== undefined).map((plugin) => [plugin.name, plugin.weight]),
    [['NodeResourcesFit', 5]],
  )
  assert.notEqual(byName.get('NodeResourcesFit')?.filter, undefined)
})
