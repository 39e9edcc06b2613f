import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimNamesOf } from '../../resources/index.ts'
import { attributesClassesOf, finalizersOf, isUsing } from './plan.ts'

const pod = (spec: object): any => ({ metadata: { name: 'p', namespace: 'default', uid: 'pod-uid' }, spec })
const volumes = [
  { name: 'data', persistentVolumeClaim: { claimName: 'c' } },
  { name: 'scratch', ephemeral: {} },
  { name: 'e', emptyDir: {} },
]
const claim = (name: string, owner?: string): any => ({
  metadata: { name, ...(owner === undefined ? {} : { ownerReferences: [{ uid: owner, controller: true }] }) },
})

test('a claim is used by pods that have a node and name it, or own it', () => {
  assert.deepEqual(claimNamesOf(pod({ volumes })), ['c', 'p-scratch'])
  const cases = [
    { spec: { volumes }, claim: claim('c'), isUsed: false },
    { spec: { volumes, nodeName: 'n' }, claim: claim('c'), isUsed: true },
    { spec: { volumes, nodeName: 'n' }, claim: claim('d'), isUsed: false },
    { spec: { volumes, nodeName: 'n' }, claim: claim('p-scratch', 'pod-uid'), isUsed: true },
    { spec: { volumes, nodeName: 'n' }, claim: claim('p-scratch'), isUsed: false },
  ]
  for (const { spec, claim, isUsed } of cases) assert.equal(isUsing(pod(spec), claim), isUsed)
})

test('what is not going gets the finalizer, and what is going loses it when nothing uses it', () => {
  const going = { deletionTimestamp: '2026-01-01T00:00:00Z' }
  const cases = [
    { metadata: {}, isUsed: false, finalizers: ['x'] },
    { metadata: { finalizers: ['y', 'x'] }, isUsed: false, finalizers: undefined },
    { metadata: { ...going, finalizers: ['y', 'x'] }, isUsed: true, finalizers: undefined },
    { metadata: { ...going, finalizers: ['y', 'x'] }, isUsed: false, finalizers: ['y'] },
    { metadata: { ...going, finalizers: ['y'] }, isUsed: false, finalizers: undefined },
  ]
  for (const { metadata, isUsed, finalizers } of cases)
    assert.deepEqual(finalizersOf({ metadata }, 'x', isUsed), finalizers)
})

test('a class of attributes is used by who has it and by who is getting it', () => {
  const status = { currentVolumeAttributesClassName: 'b', modifyVolumeStatus: { targetVolumeAttributesClassName: 'c' } }
  assert.deepEqual(attributesClassesOf({ spec: { volumeAttributesClassName: 'a' }, status } as any), ['a', 'b', 'c'])
  assert.deepEqual(attributesClassesOf({ spec: {} } as any), [])
})
