import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodResourceClaim, ResourceClaim } from '../../resources/index.ts'
import { claimFromTemplate, planClaim, planPodClaim } from './plan.ts'

const podThat = (more: object = {}, name = 'pod') =>
  ({
    metadata: { name, namespace: 'ns', uid: `${name}-uid`, ...(more as { metadata?: object }).metadata },
    spec: { nodeName: 'node-1' },
    status: { phase: 'Running' },
    ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== 'metadata')),
  }) as unknown as Pod
const finalizers = ['resource.kubernetes.io/delete-protection']
const ownedBy = (pod: Pod) => [
  { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid, controller: true },
]
const claimThat = (status: object = {}, metadata: object = {}) =>
  ({
    metadata: { name: 'claim', namespace: 'ns', uid: 'c', ...metadata },
    spec: {},
    status,
  }) as unknown as ResourceClaim
const fromTemplate: PodResourceClaim = { name: 'device', resourceClaimTemplateName: 'template' }
const named = { status: { resourceClaimStatuses: [{ name: 'device', resourceClaimName: 'claim' }] } }

test('a claim is made once for each template that a pod names', () => {
  const pod = podThat()
  const mine = claimThat(
    {},
    { ownerReferences: ownedBy(pod), annotations: { 'resource.kubernetes.io/pod-claim-name': 'device' } },
  )
  const strangers = claimThat({}, { ownerReferences: ownedBy(podThat({}, 'other')) })
  const plan = (of: Pod, claim: PodResourceClaim, owned: readonly ResourceClaim[] = [], there?: ResourceClaim) =>
    planPodClaim(of, claim, owned, () => there)
  assert.deepEqual(plan(pod, { name: 'device', resourceClaimName: 'x' }), { do: 'nothing' })
  assert.deepEqual(plan(pod, fromTemplate), { do: 'create', template: 'template' })
  assert.deepEqual(plan(pod, fromTemplate, [mine]), { do: 'name', claimName: 'claim' })
  assert.deepEqual(plan(podThat(named), fromTemplate, [mine], mine), { do: 'nothing' })
  assert.deepEqual(plan(podThat(named), fromTemplate), { do: 'create', template: 'template' }, 'one that is gone')
  assert.deepEqual(plan(podThat(named), fromTemplate, [], strangers), { do: 'create', template: 'template' })
  const needless = podThat({ status: { resourceClaimStatuses: [{ name: 'device' }] } })
  assert.deepEqual(plan(needless, fromTemplate), { do: 'nothing' })
})

test('long names of pod and claim are cut in proportion', () => {
  const pod = podThat({}, 'p'.repeat(60))
  const { metadata } = claimFromTemplate(pod, { name: 'c'.repeat(20) }, {
    spec: { spec: {} },
  } as never) as ResourceClaim
  assert.equal(metadata.generateName, `${'p'.repeat(41)}-${'c'.repeat(13)}`)
})

test('a claim is freed from pods that are gone, and its devices with the last of them', () => {
  const allocation = { devices: { results: [] } }
  const [a, b] = ['a', 'b'].map((name) => ({ resource: 'pods', name, uid: name }))
  const foreign = { apiGroup: 'example.com', resource: 'things', name: 't', uid: 't' }
  const plan = (claim: ResourceClaim, gone: readonly string[], owner?: Pod) =>
    planClaim(claim, ({ uid }) => gone.includes(uid), owner)
  const nothing = { dropsFinalizer: false, deletes: false }
  const held = { finalizers }
  assert.deepEqual(plan(claimThat({ allocation, reservedFor: [a, b] }, held), []), nothing)
  assert.deepEqual(plan(claimThat({ allocation, reservedFor: [a, b] }, held), ['a']), {
    ...nothing,
    status: { reservedFor: [b], allocation },
  })
  assert.deepEqual(plan(claimThat({ allocation, reservedFor: [a] }, held), ['a']), {
    status: {},
    dropsFinalizer: true,
    deletes: false,
  })
  assert.deepEqual(plan(claimThat({ allocation, reservedFor: [foreign] }, held), ['t']), nothing)
  assert.deepEqual(
    plan(claimThat({ allocation, reservedFor: [a] }), ['a']),
    { ...nothing, status: { allocation } },
    'who allocated it takes the devices back',
  )
  const going = { ...held, deletionTimestamp: '2026-01-01T00:00:00Z' }
  assert.deepEqual(plan(claimThat({ allocation }, going), []), { status: {}, dropsFinalizer: true, deletes: false })
  const done = podThat({ status: { phase: 'Succeeded' } })
  const owned = claimThat({}, { ownerReferences: ownedBy(done) })
  assert.deepEqual(plan(owned, [], done), { ...nothing, deletes: true })
  assert.deepEqual(plan(owned, [], podThat()), nothing)
})
