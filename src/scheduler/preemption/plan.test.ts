import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../machinery/index.ts'
import type { Node, Pod, PodDisruptionBudget } from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import { Placer } from '../cycle/place.ts'
import { factsOf } from '../framework/pod-facts.ts'
import { defaultPlugins } from '../plugins/index.ts'
import { mayNotPreempt, planPreemption } from './plan.ts'

const podThat = (
  name: string,
  priority: number,
  cpu: string,
  more: { startTime?: string; spec?: object; status?: object; metadata?: object } = {},
) =>
  ({
    metadata: { name, namespace: 'default', uid: name, labels: { app: name }, ...more.metadata },
    spec: { priority, containers: [{ name: 'c', resources: { requests: { cpu } } }], ...more.spec },
    status: { startTime: more.startTime ?? '2026-01-01T00:00:00Z', ...more.status },
  }) as unknown as Pod
const nodeThat = (name: string, spec: object = {}) =>
  ({
    metadata: { name, labels: {} },
    spec,
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10' } },
  }) as unknown as Node
const budgetOf = (app: string, disruptionsAllowed: number) =>
  ({
    metadata: { name: app, namespace: 'default' },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed },
  }) as unknown as PodDisruptionBudget

function planned(
  pod: Pod,
  nodes: Readonly<Record<string, readonly Pod[]>>,
  more: { budgets?: readonly PodDisruptionBudget[]; specs?: Readonly<Record<string, object>> } = {},
) {
  const columns = new NodeColumns()
  for (const [name, pods] of Object.entries(nodes)) {
    columns.setNode(nodeThat(name, more.specs?.[name]))
    for (const one of pods) columns.addPod(factsOf(one), name)
  }
  const before = [...columns.cpuTaken]
  const placer = new Placer(defaultPlugins, seededRandom(1))
  const { budgets = [] } = more
  const plan = planPreemption({
    facts: factsOf(pod),
    columns,
    placer,
    random: seededRandom(1),
    budgets,
  })
  assert.deepEqual([...columns.cpuTaken], before, 'the columns are left as they were')
  return plan && [plan.nodeName, ...plan.victims.map(({ metadata }) => metadata.name)]
}
const urgent = podThat('urgent', 100, '2')

test('pods of lower priority make room, as few of them and as unimportant ones as will do', () => {
  const cases: readonly { readonly name: string; readonly is: ReturnType<typeof planned>; readonly wanted: unknown }[] =
    [
      { name: 'no pod is lower', is: planned(urgent, { a: [podThat('x', 100, '3')] }), wanted: undefined },
      { name: 'one is lower', is: planned(urgent, { a: [podThat('x', 5, '3')] }), wanted: ['a', 'x'] },
      {
        name: 'the least important of several goes',
        is: planned(urgent, { a: [podThat('x', 5, '2'), podThat('y', 1, '2')] }),
        wanted: ['a', 'y'],
      },
      {
        name: 'of equals the one that runs for the shortest time goes',
        is: planned(urgent, {
          a: [podThat('old', 1, '2'), podThat('young', 1, '2', { startTime: '2026-02-01T00:00:00Z' })],
        }),
        wanted: ['a', 'young'],
      },
      {
        name: 'the node that loses the lower priority is chosen',
        is: planned(urgent, { a: [podThat('x', 50, '4')], b: [podThat('y', 2, '4')] }),
        wanted: ['b', 'y'],
      },
      {
        name: 'fewer victims are better',
        is: planned(urgent, {
          a: [podThat('v', 1, '1'), podThat('w', 1, '1'), podThat('z', 200, '2')],
          b: [podThat('x', 1, '4')],
        }),
        wanted: ['b', 'x'],
      },
      {
        name: 'eviction does not help on a tainted node',
        is: planned(
          urgent,
          { a: [podThat('x', 1, '4')] },
          { specs: { a: { taints: [{ key: 'k', effect: 'NoSchedule' }] } } },
        ),
        wanted: undefined,
      },
      {
        name: 'a budget that allows none is broken last',
        is: planned(urgent, { a: [podThat('x', 5, '2'), podThat('y', 1, '2')] }, { budgets: [budgetOf('y', 0)] }),
        wanted: ['a', 'x'],
      },
      {
        name: 'a node where no budget is broken is better',
        is: planned(urgent, { a: [podThat('x', 1, '4')], b: [podThat('y', 5, '4')] }, { budgets: [budgetOf('x', 0)] }),
        wanted: ['b', 'y'],
      },
      {
        name: 'too large for any node',
        is: planned(podThat('big', 9, '5'), { a: [podThat('x', 1, '4')] }),
        wanted: undefined,
      },
    ]
  for (const { name, is, wanted } of cases) assert.deepEqual(is, wanted, name)
})

test('a pod does not evict when it must not, nor while its victims are still going', () => {
  const never = podThat('never', 9, '1', { spec: { preemptionPolicy: 'Never' } })
  assert.equal(mayNotPreempt(never, undefined, []), 'not eligible due to preemptionPolicy=Never.')
  const condition = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }
  const going = podThat('going', 1, '1', {
    metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
    spec: { nodeName: 'a' },
    status: { conditions: [condition] },
  })
  assert.equal(mayNotPreempt(urgent, undefined, [going]), undefined)
  assert.equal(mayNotPreempt(urgent, 'a', [going]), 'not eligible due to a terminating pod on the nominated node.')
  assert.equal(mayNotPreempt(urgent, 'b', [going]), undefined)
})
