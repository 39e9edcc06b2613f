import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../resources/index.ts'
import { groupVerdict, type Member, mixedSchedulers } from './plan.ts'

const fits = { placement: { nodeName: 'a', feasible: 1, evaluated: 1 } } as Member
const waits = { placement: { nodeName: undefined } } as Member
const makesRoom = { ...waits, preemption: { nodeName: 'a', victims: [] } } as Member

test('a gang is placed when as many fit as it needs, with those that have a node already', () => {
  const cases: readonly (readonly [
    members: readonly Member[],
    minCount: number | undefined,
    scheduled: number,
    is: string,
  ])[] = [
    [[fits, fits], 2, 0, 'placed'],
    [[fits, fits, waits], 2, 0, 'placed'],
    [[fits, waits], 2, 0, 'unschedulable'],
    [[fits, waits], 2, 1, 'placed'],
    [[waits], 2, 2, 'unschedulable'],
    [[fits, makesRoom], 2, 0, 'waits for preemption'],
    [[fits, fits, makesRoom], 2, 0, 'waits for preemption'],
    [[fits, makesRoom, waits], 4, 0, 'unschedulable'],
    [[fits, waits], undefined, 0, 'placed'],
    [[waits, waits], undefined, 0, 'unschedulable'],
    [[waits, makesRoom], undefined, 0, 'waits for preemption'],
  ]
  for (const [members, minCount, scheduled, is] of cases)
    assert.equal(groupVerdict(members, minCount === undefined ? undefined : { minCount }, scheduled), is)
})

test('pods of several schedulers are not placed together', () => {
  const of = (schedulerName: string) => ({ pod: { spec: { schedulerName } } as unknown as Pod }) as Member['waiting']
  assert.equal(mixedSchedulers([of('a'), of('a')]), undefined)
  assert.equal(
    mixedSchedulers([of('a'), of('b')]),
    'all pods in a single pod group should have the same .spec.schedulerName set, got: "b" and "a"',
  )
})
