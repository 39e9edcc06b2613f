import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod, PodDisruptionBudget, PodGroup } from '../../resources/index.ts'
import { NodeColumns } from '../columns/node-columns.ts'
import { factsOf } from '../framework/pod-facts.ts'
import { planGroupPreemption } from './make-room.ts'

const namespace = 'default'
interface There {
  readonly on: string
  readonly priority?: number
  readonly group?: string
  readonly started?: string
  readonly isGoing?: boolean
}
const podThat = (name: string, { priority = 0, group, started, isGoing }: Omit<There, 'on'> = {}) =>
  ({
    metadata: {
      name,
      namespace,
      uid: name,
      labels: { app: name },
      ...(isGoing === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      priority,
      containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }],
      ...(group === undefined ? {} : { schedulingGroup: { podGroupName: group } }),
    },
    status: { startTime: started ?? '2026-01-01T00:00:00Z' },
  }) as unknown as Pod
const groupThat = (name: string, priority: number, disruptionMode?: string) =>
  ({ metadata: { name, namespace, uid: `group ${name}` }, spec: { priority, disruptionMode } }) as unknown as PodGroup

/** Two nodes of two cpus each, and a group that wants `wanted` of them. */
function planned(wanted: number, there: Readonly<Record<string, There>>, budgetOn?: string, asksOnlyForRoom = true) {
  const columns = new NodeColumns()
  for (const name of ['a', 'b'])
    columns.setNode({
      metadata: { name },
      spec: {},
      status: { allocatable: { cpu: '2', pods: '9' } },
    } as unknown as Node)
  for (const [name, one] of Object.entries(there)) columns.addPod(factsOf(podThat(name, one)), one.on)
  const groups: Readonly<Record<string, PodGroup>> = {
    whole: groupThat('whole', 5, 'PodGroup'),
    loose: groupThat('loose', 5, 'Pod'),
  }
  const budget = {
    metadata: { name: 'b', namespace },
    spec: { selector: { matchLabels: { app: budgetOn } } },
    status: { disruptionsAllowed: 0 },
  } as unknown as PodDisruptionBudget
  const before = [...columns.cpuTaken]
  const plan = planGroupPreemption({
    group: groupThat('urgent', 10),
    members: [podThat('u')],
    columns,
    budgets: budgetOn === undefined ? [] : [budget],
    groupOf: (_, name) => groups[name],
    asksOnlyForRoom,
    fits() {
      const used = new Set<string>()
      let left = wanted
      for (const name of ['a', 'b'])
        for (let free = 2 - columns.cpuTaken[columns.placeOf(name)!]! / 1000; free > 0 && left > 0; free--) {
          used.add(name)
          left--
        }
      return left === 0 ? used : undefined
    },
  })
  assert.deepEqual([...columns.cpuTaken], before, 'the columns are left as they were')
  return typeof plan === 'string' ? plan : plan.map(({ metadata }) => metadata.name).sort()
}

test('for a group go those of lower priority that it needs, groups as a whole where they say so', () => {
  for (const asksOnlyForRoom of [true, false]) {
    const plan = (wanted: number, there: Readonly<Record<string, There>>, budgetOn?: string) =>
      planned(wanted, there, budgetOn, asksOnlyForRoom)
    const nobody = 'No preemption victims found for incoming preemptor'
    assert.equal(plan(2, { x: { on: 'a', priority: 10 } }), nobody)
    assert.equal(plan(5, { x: { on: 'a' } }), 'pod group is unschedulable')
    assert.deepEqual(plan(4, { x: { on: 'a' }, y: { on: 'b' } }), ['x', 'y'])
    // The least important go.
    assert.deepEqual(plan(3, { x: { on: 'a', priority: 3 }, y: { on: 'b', priority: 1 } }), ['y'])
    assert.deepEqual(plan(3, { x: { on: 'a', started: '2026-03-01T00:00:00Z' }, y: { on: 'b' } }), ['x'])
    // A group that goes as a whole is of its own priority, and more important than a pod of the same.
    const whole = { w0: { on: 'a', group: 'whole' }, w1: { on: 'b', group: 'whole' } }
    assert.deepEqual(plan(3, whole), ['w0', 'w1'])
    assert.deepEqual(plan(2, { ...whole, x: { on: 'a', priority: 5 }, y: { on: 'b', priority: 5 } }), ['x', 'y'])
    assert.deepEqual(plan(3, { l0: { on: 'a', group: 'loose' }, l1: { on: 'b', group: 'loose' } }).length, 1)
    // Who is beyond a budget stays where somebody else can go.
    assert.deepEqual(plan(3, { x: { on: 'a', priority: 1 }, y: { on: 'b', priority: 3 } }, 'x'), ['y'])
    // Who is going already is not there any more.
    assert.deepEqual(plan(3, { x: { on: 'a', isGoing: true }, y: { on: 'b', priority: 1 } }), [])
  }
})
