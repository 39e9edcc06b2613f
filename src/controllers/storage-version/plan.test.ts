import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StorageVersionMigration } from '../../resources/index.ts'
import { isLater, planMigrations } from './plan.ts'

function migration(name: string, createdSeconds: number, ...conditions: readonly string[]): StorageVersionMigration {
  return {
    apiVersion: 'storagemigration.k8s.io/v1beta1',
    kind: 'StorageVersionMigration',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: `2026-01-01T00:00:0${createdSeconds}Z` },
    spec: { resource: { group: 'apps', resource: 'deployments' } },
    status: { conditions: conditions.map((type) => ({ type, status: 'True' })) as any },
  }
}

test('one migration of a resource runs at a time, the oldest first, and the next when it is over', () => {
  const young = migration('young', 2)
  const old = migration('old', 1)
  const running = migration('running', 3, 'Running')
  const over = migration('over', 0, 'Running', 'Succeeded')
  const failed = migration('failed', 0, 'Running', 'Failed')
  const done = migration('done', 0, 'Failed')
  const cases: readonly (readonly [readonly StorageVersionMigration[], object])[] = [
    [[], { finished: [], running: [] }],
    [[young, old], { finished: [], running: [], next: old }],
    [[young, migration('a', 2)], { finished: [], running: [], next: migration('a', 2) }],
    [[young, running], { finished: [], running: [running] }],
    [[over, young, failed], { finished: [over, failed], running: [], next: young }],
    [[done], { finished: [], running: [] }],
  ]
  for (const [all, plan] of cases) assert.deepEqual(planMigrations(all), plan)
})

test('revisions are compared as numbers of any length', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['10', '9', true],
    ['9', '10', false],
    ['10', '10', false],
    ['123456789012345678902', '123456789012345678901', true],
  ]
  for (const [revision, than, later] of cases) assert.equal(isLater(revision, than), later)
})
