import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceClass, Pod } from '../../resources/index.ts'
import { classesByResource, ExtendedClaims, extendedClaim } from './extended.ts'

const gpu = 'example.com/gpu'
const container = (name: string, requests: object, more: object = {}) => ({ name, resources: { requests }, ...more })
const podThat = (containers: readonly object[], initContainers: readonly object[] = []) =>
  ({ metadata: { name: 'pod', namespace: 'ns', uid: 'u' }, spec: { containers, initContainers } }) as unknown as Pod
const classThat = (name: string, creationTimestamp: string, extendedResourceName?: string) =>
  ({ metadata: { name, creationTimestamp }, spec: { extendedResourceName } }) as unknown as DeviceClass

test('of the classes that stand for a resource the newest does, and of those the first by name', () => {
  const known = classesByResource([
    classThat('old', '2026-01-01T00:00:00Z', gpu),
    classThat('b', '2026-01-02T00:00:00Z', gpu),
    classThat('a', '2026-01-02T00:00:00Z', gpu),
    classThat('plain', '2026-01-03T00:00:00Z'),
  ])
  assert.equal(known.get(gpu), 'a')
  assert.equal(known.get('deviceclass.resource.kubernetes.io/old'), 'old')
  assert.equal(known.get('deviceclass.resource.kubernetes.io/plain'), 'plain')
  assert.equal(known.get('example.com/other'), undefined)
})

test('each container asks for its devices, and those that end before others use what those will', () => {
  const asked = (pod: Pod, classOf: Readonly<Record<string, string>> = { [gpu]: 'gpu' }) => {
    const { claim, mappings } = extendedClaim(pod, 'x', new Map(Object.entries(classOf)))
    return [
      (claim.spec.devices?.requests ?? []).map(
        ({ name, exactly }) => `${name}: ${exactly?.count} ${exactly?.deviceClassName}`,
      ),
      mappings.map(({ containerName, requestName }) => `${containerName} ${requestName}`),
    ]
  }
  const cases: readonly [title: string, is: unknown, requests: readonly string[], mappings: readonly string[]][] = [
    [
      'one',
      asked(podThat([container('a', { cpu: '1', [gpu]: '2' })])),
      ['container-0-request-1: 2 gpu'],
      ['a container-0-request-1'],
    ],
    ['none', asked(podThat([container('a', { [gpu]: '0' }), container('b', {})])), [], []],
    [
      'two resources of two containers',
      asked(podThat([container('a', { 'example.com/b': '1' }), container('b', { [gpu]: '3', 'example.com/b': '1' })]), {
        [gpu]: 'gpu',
        'example.com/b': 'other',
      }),
      ['container-0-request-0: 1 other', 'container-1-request-0: 1 other', 'container-1-request-1: 3 gpu'],
      ['a container-0-request-0', 'b container-1-request-0', 'b container-1-request-1'],
    ],
    [
      'an init container that asks for no more than is there later',
      asked(podThat([container('a', { [gpu]: '2' })], [container('i', { [gpu]: '1' })])),
      ['container-1-request-0: 2 gpu'],
      ['a container-1-request-0', 'i container-1-request-0'],
    ],
    [
      'init containers that ask for more',
      asked(
        podThat([container('a', { [gpu]: '1' })], [container('i', { [gpu]: '2' }), container('j', { [gpu]: '4' })]),
      ),
      ['container-1-request-0: 3 gpu', 'container-2-request-0: 1 gpu'],
      [
        'a container-2-request-0',
        'i container-2-request-0',
        'i container-1-request-0',
        'j container-2-request-0',
        'j container-1-request-0',
      ],
    ],
    [
      'a sidecar, which stays',
      asked(
        podThat(
          [container('a', { [gpu]: '1' })],
          [container('i', { [gpu]: '1' }), container('s', { [gpu]: '1' }, { restartPolicy: 'Always' })],
        ),
      ),
      ['container-1-request-0: 1 gpu', 'container-2-request-0: 1 gpu'],
      ['s container-1-request-0', 'a container-2-request-0', 'i container-1-request-0'],
    ],
  ]
  for (const [title, is, requests, mappings] of cases) assert.deepEqual(is, [requests, mappings], title)
})

test('a claim is for what the node does not offer itself', () => {
  const pod = podThat([container('a', { [gpu]: '1', 'example.com/nic': '1' })])
  let made = 0
  const claims = new ExtendedClaims(
    pod,
    new Map([
      [gpu, 'gpu'],
      ['example.com/nic', 'nic'],
    ]),
    () => `uid-${made++}`,
  )
  const on = (offered: Readonly<Record<string, number>>) =>
    claims.for(new Map(Object.entries(offered)))?.mappings.map(({ resourceName }) => resourceName)
  assert.deepEqual(on({}), [gpu, 'example.com/nic'])
  assert.deepEqual(on({ [gpu]: 4 }), ['example.com/nic'])
  assert.deepEqual(on({ [gpu]: 0, 'example.com/nic': 1 }), [gpu])
  assert.equal(on({ [gpu]: 1, 'example.com/nic': 1 }), undefined)
  assert.equal(claims.for(undefined), claims.for(new Map()))
})
