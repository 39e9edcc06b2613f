import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolumeClaim, Pod, StatefulSet } from '../../resources/index.ts'
import { hasOtherController, ownersOfClaim, ownersOfNewClaim } from './claims.ts'

const setOf = (whenDeleted: string, whenScaled: string) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', uid: 'set' },
    spec: { replicas: 1, persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } },
  }) as unknown as StatefulSet
const podOf = (ordinal: number) => ({ metadata: { name: `db-${ordinal}`, uid: `pod${ordinal}` } }) as unknown as Pod
const references: Readonly<Record<string, object>> = {
  set: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set', controller: true },
  oldSet: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'before', controller: true },
  pod0: { apiVersion: 'v1', kind: 'Pod', name: 'db-0', uid: 'pod0', controller: true },
  pod1: { apiVersion: 'v1', kind: 'Pod', name: 'db-1', uid: 'pod1', controller: true },
  plainSet: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'set' },
  stranger: { apiVersion: 'v1', kind: 'Other', name: 'x', uid: 'x', controller: true },
  friend: { apiVersion: 'v1', kind: 'Other', name: 'y', uid: 'y' },
}
const claimOf = (owners: readonly string[]) =>
  ({
    metadata: { name: 'c', ownerReferences: owners.map((name) => references[name]) },
  }) as unknown as PersistentVolumeClaim

/** Policy when deleted and when scaled, the pod's number (1 is one too many), owners there, owners wanted. */
const cases: readonly (readonly [string, string, number, readonly string[], string])[] = [
  ['Retain', 'Retain', 0, [], 'as it is'],
  ['Retain', 'Retain', 0, ['set'], ''],
  ['Retain', 'Retain', 1, ['pod1'], ''],
  ['Delete', 'Retain', 0, [], 'set'],
  ['Delete', 'Retain', 1, ['pod1'], 'set'],
  ['Retain', 'Delete', 0, ['set'], ''],
  ['Retain', 'Delete', 1, [], 'pod1'],
  ['Delete', 'Delete', 0, [], 'set'],
  ['Delete', 'Delete', 1, ['set'], 'pod1'],
  ['Delete', 'Delete', 0, ['set'], 'as it is'],
  ['Delete', 'Delete', 0, ['plainSet'], 'set'],
  ['Delete', 'Delete', 0, ['friend'], 'y,set'],
  ['Delete', 'Delete', 0, ['oldSet'], 'as it is'],
  ['Delete', 'Delete', 0, ['stranger'], 'as it is'],
  ['Delete', 'Delete', 0, ['stranger', 'set'], 'x'],
  ['Retain', 'Retain', 0, ['stranger'], 'as it is'],
]
for (const [deleted, scaled, ordinal, owners, wanted] of cases)
  test(`claim of pod ${ordinal}, ${deleted} with the set, ${scaled} when it shrinks, owned by [${owners}]`, () => {
    const found = ownersOfClaim(claimOf(owners), setOf(deleted, scaled), podOf(ordinal))
    assert.equal(found === undefined ? 'as it is' : found.map(({ uid }) => uid).join(), wanted)
  })
test('another controller counts only where the claim is to go', () => {
  assert.equal(hasOtherController(claimOf(['stranger']), setOf('Retain', 'Retain'), podOf(0)), false)
  assert.equal(hasOtherController(claimOf(['stranger']), setOf('Delete', 'Retain'), podOf(0)), true)
  assert.equal(hasOtherController(claimOf(['oldSet']), setOf('Delete', 'Retain'), podOf(0)), true)
})
test('a claim belongs from the beginning to a set that it is to go with', () => {
  const owners = (deleted: string, scaled: string) => ownersOfNewClaim(setOf(deleted, scaled)).map(({ uid }) => uid)
  assert.deepEqual(owners('Delete', 'Retain'), ['set'])
  assert.deepEqual(owners('Delete', 'Delete'), ['set'])
  assert.deepEqual(owners('Retain', 'Delete'), [])
})
