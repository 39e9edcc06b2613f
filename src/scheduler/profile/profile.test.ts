import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseGates, defaultGates } from '../../resources/index.ts'
import type { PluginChoices, ProfileChoice, SchedulerChoices } from './choices.ts'
import { choosePlugins } from './chosen-plugins.ts'
import { profileOf } from './profile.ts'
import { schedulerProblem } from './validate.ts'

const at = (choice: PluginChoices, point: 'filter' | 'score') => {
  const chosen = choosePlugins(choice, defaultGates, 'x')
  return 'problem' in chosen ? chosen.problem : chosen.at[point]
}
const filters = at({}, 'filter') as readonly string[]

test('the default plugins stand in Kubernetes’ order', () => {
  assert.deepEqual(filters, [
    ...['NodeUnschedulable', 'NodeName', 'TaintToleration', 'NodeAffinity', 'NodePorts', 'NodeResourcesFit'],
    ...['VolumeRestrictions', 'NodeVolumeLimits', 'VolumeBinding', 'VolumeZone', 'PodTopologySpread'],
    ...['InterPodAffinity', 'DynamicResources', 'NodeDeclaredFeatures'],
  ])
})

const choices: readonly (readonly [what: string, choice: PluginChoices, names: readonly string[] | string])[] = [
  [
    'one turned off for all points',
    { multiPoint: { disabled: [{ name: 'NodePorts' }] } },
    filters.filter((name) => name !== 'NodePorts'),
  ],
  ['one turned off that is not there', { filter: { disabled: [{ name: 'Foo' }] } }, filters],
  [
    'all off, some on, in the order stated',
    {
      multiPoint: {
        disabled: [{ name: '*' }],
        enabled: ['NodeResourcesFit', 'NodeName', 'PrioritySort', 'DefaultBinder'].map((name) => ({ name })),
      },
    },
    ['NodeResourcesFit', 'NodeName'],
  ],
  [
    'one point restated goes before the others',
    { filter: { enabled: [{ name: 'NodePorts' }, { name: 'NodeName' }] } },
    ['NodePorts', 'NodeName', ...filters.filter((name) => !['NodePorts', 'NodeName'].includes(name))],
  ],
  ['all of a point off', { filter: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeName' }] } }, ['NodeName']],
  ['an unknown plugin', { filter: { enabled: [{ name: 'Foo' }] } }, 'FilterPlugin "Foo" does not exist'],
  [
    'an unknown plugin for all points',
    { multiPoint: { enabled: [{ name: 'Foo' }] } },
    'PreFilterPlugin "Foo" does not exist',
  ],
  [
    'a plugin at a point where it does nothing',
    { filter: { enabled: [{ name: 'ImageLocality' }] } },
    'plugin "ImageLocality" does not extend FilterPlugin plugin',
  ],
  [
    'a plugin twice',
    { filter: { enabled: [{ name: 'NodeName' }, { name: 'NodeName' }] } },
    'plugin "NodeName" already registered as "FilterPlugin"',
  ],
  [
    'nothing that binds',
    { bind: { disabled: [{ name: 'DefaultBinder' }] } },
    'at least one bind plugin is needed for profile with scheduler name "x"',
  ],
  [
    'nothing that sorts',
    { queueSort: { disabled: [{ name: '*' }] } },
    'only one queue sort plugin required for profile with scheduler name "x", but got 0',
  ],
]
for (const [what, choice, wanted] of choices)
  test(`plugins chosen with ${what}`, () => assert.deepEqual(at(choice, 'filter'), wanted))

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
    { percentageOfNodesToScore: 10 },
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

test('without its plugin no room is made by eviction', () => {
  const profile = profileOf({ plugins: { postFilter: { disabled: [{ name: 'DefaultPreemption' }] } } })
  assert.deepEqual([profile.preemption, profile.postFilters], [undefined, ['DynamicResources']])
  const chosen = profileOf({ pluginConfig: [{ name: 'DefaultPreemption', args: { minCandidateNodesAbsolute: 5 } }] })
  assert.deepEqual(chosen.preemption, { candidatesPercentMin: 10, candidatesMin: 5 })
})

const withArgs = (name: string, args: object): SchedulerChoices => ({ profiles: [{ pluginConfig: [{ name, args }] }] })
const fit = (scoringStrategy: object) => withArgs('NodeResourcesFit', { scoringStrategy })
const spread = (constraint: object) =>
  withArgs('PodTopologySpread', { defaultingType: 'List', defaultConstraints: [constraint] })
const argsAt = 'profiles[0].pluginConfig[0].args'
const profile = (more: ProfileChoice = {}): ProfileChoice => ({ schedulerName: 'a', ...more })
const cannotBe: readonly (readonly [choices: SchedulerChoices, says: string | undefined])[] = [
  [{}, undefined],
  [{ profiles: [{}] }, undefined],
  [{ parallelism: 0 }, 'parallelism: Invalid value: 0: should be an integer value greater than zero'],
  [{ percentageOfNodesToScore: 101 }, 'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]'],
  [
    { profiles: [{ percentageOfNodesToScore: -1 }] },
    'profiles[0].percentageOfNodesToScore: Invalid value: -1: not in valid range [0-100]',
  ],
  [{ podInitialBackoffSeconds: 0 }, 'podInitialBackoffSeconds: Invalid value: 0: must be greater than 0'],
  [
    { podInitialBackoffSeconds: 5, podMaxBackoffSeconds: 4 },
    'podMaxBackoffSeconds: Invalid value: 4: must be greater than or equal to PodInitialBackoffSeconds',
  ],
  [{ profiles: [{}, profile()] }, 'profiles[0].schedulerName: Required value'],
  [{ profiles: [profile(), profile()] }, 'profiles[1].schedulerName: Duplicate value: {}'],
  [
    { profiles: [profile(), { schedulerName: 'b', plugins: { queueSort: { enabled: [{ name: 'PrioritySort' }] } } }] },
    'profiles[1].plugins.queueSort: Invalid value: {"Enabled":[{"Name":"PrioritySort","Weight":0}],"Disabled":null}: must be the same for all profiles',
  ],
  [
    { profiles: [{ plugins: { filter: { enabled: [{ name: 'EBSLimits' }] } } }] },
    'profiles[0].plugins.filter.enabled[0]: Invalid value: "EBSLimits": was invalid in version "kubescheduler.config.k8s.io/v1" (KubeSchedulerConfiguration is version "kubescheduler.config.k8s.io/v1")',
  ],
  [
    { profiles: [{ pluginConfig: [{ name: 'NodeAffinity' }, { name: 'NodeAffinity' }] }] },
    'profiles[0].pluginConfig[1]: Duplicate value: "NodeAffinity"',
  ],
  [
    { profiles: [{ plugins: { score: { enabled: [{ name: 'Foo' }] } } }] },
    'initializing profiles: creating profile for scheduler name default-scheduler: ScorePlugin "Foo" does not exist',
  ],
  [
    withArgs('DefaultPreemption', { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 0 }),
    `[${argsAt}.minCandidateNodesPercentage: Invalid value: 0: cannot be zero at the same time as minCandidateNodesAbsolute, ${argsAt}.minCandidateNodesAbsolute: Invalid value: 0: cannot be zero at the same time as minCandidateNodesPercentage]`,
  ],
  [
    withArgs('InterPodAffinity', { hardPodAffinityWeight: 101 }),
    `${argsAt}.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]`,
  ],
  [
    withArgs('NodeResourcesBalancedAllocation', { resources: [{ name: 'cpu', weight: 2 }] }),
    `${argsAt}.resources[0].weight: Invalid value: 2: must be 1`,
  ],
  [
    withArgs('PodTopologySpread', {
      defaultConstraints: [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }],
    }),
    `${argsAt}.defaultingType: Invalid value: "System": when .defaultConstraints are not empty`,
  ],
  [
    spread({ maxSkew: 1, topologyKey: 'a' }),
    `${argsAt}.defaultConstraints[0].whenUnsatisfiable: Required value: can not be empty`,
  ],
  [
    spread({ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} }),
    `${argsAt}.defaultConstraints[0].labelSelector: Forbidden: constraint must not define a selector, as they deduced for each pod`,
  ],
  [
    withArgs('VolumeBinding', { bindTimeoutSeconds: -1 }),
    `${argsAt}.bindTimeoutSeconds: Invalid value: -1: invalid BindTimeoutSeconds, should not be a negative value`,
  ],
  [
    withArgs('VolumeBinding', { shape: [{ utilization: 1, score: 2 }] }),
    `${argsAt}.shape: Invalid value: [{"Utilization":1,"Score":2}]: unexpected field \`shape\`, remove it or turn on the feature gate StorageCapacityScoring`,
  ],
  [
    withArgs('DynamicResources', { bindingTimeout: '10ms' }),
    `${argsAt}.bindingTimeout: Invalid value: "10ms": must be at least 1 second`,
  ],
  [
    withArgs('NodeAffinity', {
      addedAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Is', values: ['x'] }] }],
        },
      },
    }),
    `${argsAt}.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: Unsupported value: "Is": supported values: "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"`,
  ],
  [
    fit({ type: 'Foo' }),
    'initializing profiles: creating profile for scheduler name default-scheduler: initializing plugin "NodeResourcesFit": scoringStrategy.type: Unsupported value: "Foo": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
  ],
  [
    { extenders: [{ prioritizeVerb: 'p' }] },
    'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it',
  ],
  [
    { extenders: [{ bindVerb: 'b' }, { bindVerb: 'b' }] },
    'extenders: Invalid value: "found 2 extenders implementing bind": only one extender can implement bind',
  ],
  [
    { extenders: [{ managedResources: [{ name: 'foo' }] }] },
    'extenders[0].managedResources[0].name: Invalid value: "foo": is an invalid extended resource name',
  ],
]
test('a configuration that cannot be is refused in Kubernetes’ words', () => {
  for (const [given, says] of cannotBe) assert.equal(schedulerProblem(given, defaultGates), says)
})

test('arguments of features that are off are refused', () => {
  const chosen = chooseGates({ DRASchedulerFilterTimeout: false })
  assert.ok('gates' in chosen)
  assert.equal(
    schedulerProblem(withArgs('DynamicResources', { filterTimeout: '1s' }), chosen.gates),
    `${argsAt}.filterTimeout: Forbidden: DRASchedulingFilterTimeout feature gate is disabled`,
  )
})
