import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, ReplicaSet } from '../../resources/index.ts'
import { annotationsForNewSet, nextRevision, revisionAnnotation } from './revisions.ts'

const setOf = (revision?: string) =>
  ({ metadata: { annotations: revision === undefined ? {} : { [revisionAnnotation]: revision } } }) as ReplicaSet

test('the next revision is one more than the largest, however large', () => {
  assert.equal(nextRevision([]), 1n)
  assert.equal(nextRevision([setOf('2'), setOf(), setOf('x'), setOf('10')]), 11n)
  assert.equal(nextRevision([setOf('3546343826724305832')]), 3546343826724305833n)
})

test('a set that becomes the new one gets the new number and remembers the old ones', () => {
  const deployment = { metadata: {} } as Deployment
  const first = annotationsForNewSet(deployment, undefined, 3546343826724305833n)
  assert.deepEqual(first, { [revisionAnnotation]: '3546343826724305833' })
  const second = annotationsForNewSet(deployment, first, 3546343826724305834n)
  assert.equal(second[revisionAnnotation], '3546343826724305834')
  assert.equal(second['deployment.kubernetes.io/revision-history'], '3546343826724305833')
  assert.deepEqual(annotationsForNewSet(deployment, second, 5n), second)
})
