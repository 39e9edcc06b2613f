import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listOfUsage } from './amounts.ts'
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
