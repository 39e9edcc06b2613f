import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listOfUsage } from './amounts.ts'
import { deviceResources } from './devices.ts'
import { namesAbout, usageOf } from './usage.ts'

const claims = { group: 'resource.k8s.io', resource: 'resourceclaims' }
const gold = 'gold.deviceclass.resource.k8s.io/devices'
const silver = 'silver.deviceclass.resource.k8s.io/devices'
const usage = (...requests: readonly object[]) =>
  listOfUsage(usageOf(claims, { metadata: {}, spec: { devices: { requests } } }, 0))

test('a claim uses devices of its classes, and of each that it may be given the most it could get', () => {
  const counted = { 'count/resourceclaims.resource.k8s.io': '1' }
  const asks = (deviceClassName: string, more: object = {}) => ({ exactly: { deviceClassName, ...more } })
  assert.deepEqual(usage(), counted)
  assert.deepEqual(usage(asks('gold', { allocationMode: 'ExactCount', count: 2 }), asks('gold')), {
    ...counted,
    [gold]: '3',
  })
  assert.deepEqual(usage(asks('gold', { allocationMode: 'All' })), { ...counted, [gold]: '32' })
  assert.deepEqual(usage({ name: 'old', deviceClassName: 'gold', count: 4 }), { ...counted, [gold]: '4' })
  const either = { firstAvailable: [1, 3].map((count) => ({ deviceClassName: 'gold', count })) }
  either.firstAvailable.push({ deviceClassName: 'silver', count: 2 })
  assert.deepEqual(usage(either, asks('gold')), { ...counted, [gold]: '4', [silver]: '2' })
})

test('a quota of a class of devices is about claims', () => {
  assert.deepEqual(
    [...namesAbout(claims, [gold, 'pods', 'count/resourceclaims.resource.k8s.io'])],
    [gold, 'count/resourceclaims.resource.k8s.io'],
  )
  assert.deepEqual([...namesAbout({ group: '', resource: 'pods' }, [gold])], [])
})

test('a claim uses the resources that its classes stand for, beyond what the pod is counted for that it was made for', () => {
  const classes = [
    { metadata: { name: 'gold' }, spec: { extendedResourceName: 'example.com/gpu' } },
    { metadata: { name: 'silver' }, spec: {} },
  ]
  const [gpu, ofGold, ofSilver] = [
    'requests.example.com/gpu',
    'requests.deviceclass.resource.kubernetes.io/gold',
    'requests.deviceclass.resource.kubernetes.io/silver',
  ] as const
  const pod = (name: string, more: object = {}) => ({
    metadata: { namespace: 'n', name, uid: name },
    spec: { containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '2' } } }] },
    status: {},
    ...more,
  })
  const claim = (name: string, madeFor?: string, more: object = {}) => ({
    metadata: {
      ...{ namespace: 'n', name, creationTimestamp: '2026-01-01T00:00:00Z' },
      ...(madeFor === undefined
        ? {}
        : {
            annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
            ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: madeFor, uid: madeFor, controller: true }],
          }),
      ...more,
    },
    spec: {
      devices: {
        requests: ['gold', 'silver'].map((deviceClassName) => ({
          exactly: { deviceClassName, allocationMode: 'ExactCount', count: 3 },
        })),
      },
    },
  })
  const counted = { 'count/resourceclaims.resource.k8s.io': '1', [gold]: '3', [silver]: '3' }
  const whole = { ...counted, [gpu]: '3', [ofGold]: '3', [ofSilver]: '3' }
  const lessPod = { ...whole, [gpu]: '1' }
  const told = (resourceClaimName: string) => ({
    status: { extendedResourceClaimStatus: { resourceClaimName } },
  })
  const first = claim('a', 'p')
  const cases: readonly (readonly [string, any, readonly any[], readonly any[], object])[] = [
    ['made for nobody', claim('a'), [pod('p')], [], whole],
    ['made for a pod', first, [pod('p')], [first], lessPod],
    ['not stored yet, for a pod that has one', claim('b', 'p'), [pod('p')], [first], whole],
    ['the one that the pod names', claim('b', 'p'), [pod('p', told('b'))], [first], lessPod],
    ['not the one that the pod names', first, [pod('p', told('b'))], [first], whole],
    ['the pod has ended', first, [pod('p', { status: { phase: 'Failed' } })], [first], whole],
    ['the pod is gone', first, [], [first], whole],
    [
      'the pod is another of its name',
      first,
      [pod('p', { metadata: { namespace: 'n', name: 'p', uid: 'q' } })],
      [],
      whole,
    ],
    ['only named like one', claim('a', 'p', { annotations: {} }), [pod('p')], [], whole],
  ]
  for (const [about, asked, pods, all, expected] of cases) {
    const devices = deviceResources({ classes, pods, claims: all })
    assert.deepEqual(listOfUsage(usageOf(claims, asked, 0, devices)), expected, about)
  }
  const devices = deviceResources({ classes, pods: [], claims: [] })
  const names = [gpu, ofGold, ofSilver, 'requests.example.com/other', 'example.com/gpu', 'requests.cpu']
  assert.deepEqual([...namesAbout(claims, names, devices)], [gpu, ofGold, ofSilver])
  assert.deepEqual([...namesAbout(claims, names)], [])
})
