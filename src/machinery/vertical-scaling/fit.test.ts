import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ContainerLimitRange, type ContainerPolicy, fittedContainers } from './fit.ts'

const container = (requests?: object, limits?: object) =>
  ({ name: 'c', resources: { ...(requests && { requests }), ...(limits && { limits }) } }) as never
const recommended = (target: Record<string, string>) => [{ containerName: 'c', target }]

const cases: readonly {
  readonly what: string
  readonly container: never
  readonly target: Record<string, string>
  readonly policy?: ContainerPolicy
  readonly range?: ContainerLimitRange
  readonly requests: Record<string, string>
  readonly limits?: Record<string, string>
  readonly notes?: readonly string[]
}[] = [
  {
    what: 'limits keep their proportion to requests',
    container: container({ cpu: '100m', memory: '100Mi' }, { cpu: '300m', memory: '100Mi' }),
    target: { cpu: '200m', memory: '300Mi' },
    requests: { cpu: '200m', memory: '300Mi' },
    limits: { cpu: '600m', memory: '300Mi' },
  },
  {
    what: 'a limit without a request is as large as the request',
    container: container(undefined, { cpu: '1' }),
    target: { cpu: '2' },
    requests: { cpu: '2' },
    limits: { cpu: '2' },
  },
  {
    what: 'without a limit there is none',
    container: container({ cpu: '1' }),
    target: { cpu: '2' },
    requests: { cpu: '2' },
  },
  {
    what: 'the policy has the last word on what is too little and too much',
    container: container(),
    target: { cpu: '10m', memory: '10Gi' },
    policy: { containerName: '*', minAllowed: { cpu: '50m' }, maxAllowed: { memory: '1Gi' } },
    requests: { cpu: '50m', memory: '1Gi' },
    notes: ['cpu capped to minAllowed', 'memory capped to maxAllowed'],
  },
  {
    what: 'where only requests are controlled they stay below the limit',
    container: container({ cpu: '100m' }, { cpu: '150m' }),
    target: { cpu: '200m' },
    policy: { containerName: 'c', controlledValues: 'RequestsOnly' },
    requests: { cpu: '150m' },
    notes: ['cpu capped to container limit'],
  },
  {
    what: 'a limit in proportion stays within the namespace’s',
    container: container({ cpu: '100m' }, { cpu: '200m' }),
    target: { cpu: '900m' },
    range: { max: { cpu: '1' } },
    requests: { cpu: '500m' },
    limits: { cpu: '1' },
    notes: ['cpu capped to fit Max in container LimitRange'],
  },
  {
    what: 'the namespace’s default limit is one, too',
    container: container(),
    target: { memory: '1Gi' },
    range: { default: { memory: '2Gi' } },
    requests: { memory: '1Gi' },
    limits: { memory: '1Gi' },
  },
]
for (const { what, container: one, target, policy, range, requests, limits = {}, notes = [] } of cases)
  test(what, () => {
    const [fitted] = fittedContainers([one], recommended(target), policy && [policy], range)
    assert.deepEqual(fitted, { index: 0, requests, limits, notes })
  })

test('what has no recommendation, or is not to be scaled, is left alone', () => {
  assert.deepEqual(fittedContainers([container()], [], undefined, undefined), [])
  const off: ContainerPolicy = { containerName: 'c', mode: 'Off' }
  assert.deepEqual(fittedContainers([container()], recommended({ cpu: '1' }), [off], undefined), [])
})
