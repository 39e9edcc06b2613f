import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, podWith } from '../../../test/fixtures/kubelet.ts'
import type { Pod, ResourceRequirements } from '../../resources/index.ts'
import { containerResources, podCgroupLimits } from '../pods/resources.ts'
import { allocationOf, allocationSeen, withAllocation } from './allocation.ts'
import { decideResize, resizeMessage, resizeOf, shrinkProblem, widerOf } from './plan.ts'
import { podSizeOf } from './pod-size.ts'

const both = (cpu: string, memory: string): ResourceRequirements => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
})
const restartsFor = (resourceName: string) => ({ resizePolicy: [{ resourceName, restartPolicy: 'RestartContainer' }] })
const sized = (whole: ResourceRequirements | undefined, own: object = {}): Pod =>
  podWith({ containers: [container('main', own as never)], ...(whole === undefined ? {} : { resources: whole }) })
const inForce = (pod: Pod) => containerResources(pod, pod.spec.containers[0]!, 2 ** 30)

test('a container without limits has those of its pod, and is changed with them', () => {
  const [before, after] = [sized(both('80m', '95Mi')), sized(both('85m', '95Mi'), restartsFor('cpu'))]
  assert.deepEqual(
    [inForce(before).cpuQuotaUs, inForce(before).memoryLimitBytes, podCgroupLimits(before).cpuShares],
    [8000, 95 * 2 ** 20, 81],
  )
  const change = resizeOf(after, after.spec.containers[0]!, inForce(before))
  assert.deepEqual([change?.resources.cpuQuotaUs, change?.restart], [8500, true])
  assert.equal(resizeOf(after, after.spec.containers[0]!, inForce(after)), undefined)
})

test('a request for memory restarts a container that is to be restarted for memory, and none else', () => {
  const held = { requests: { memory: '35Mi' }, limits: { memory: '45Mi' } }
  const wanted = { resources: { requests: { memory: '40Mi' }, limits: { memory: '45Mi' } } }
  for (const [policy, restart] of [
    [restartsFor('memory'), true],
    [restartsFor('cpu'), undefined],
  ] as const) {
    const pod = sized(undefined, { ...wanted, ...policy })
    assert.equal(resizeOf(pod, pod.spec.containers[0]!, inForce(pod), held)?.restart, restart)
  }
})

test('what a node grants, it grants to the pod as a whole and to its containers', () => {
  const [before, pod] = [sized(both('1', '1Gi')), sized(both('3', '1Gi'))]
  const decide = (cpu: string, others: readonly Pod[] = []) =>
    decideResize({ pod, allocation: allocationOf(before), allocatable: { cpu, memory: '8Gi' }, others })
  assert.equal(decide('4').allocation.whole?.requests?.['cpu'], '3')
  assert.deepEqual(
    [decide('2').pending?.reason, decide('4', [before, before]).pending?.reason],
    ['Infeasible', 'Deferred'],
  )
  assert.equal(withAllocation(pod, decide('2').allocation).spec.resources?.requests?.['cpu'], '1')
  const ungranted = withAllocation(pod, allocationOf(sized(undefined)))
  assert.equal(ungranted.spec.resources, undefined)
})

test('a kubelet that starts anew goes by what the status says was granted', () => {
  const pod = { ...sized(both('3', '1Gi')) }
  pod.status = {
    phase: 'Running',
    allocatedResources: { cpu: '1', memory: '1Gi' },
    resources: both('1', '1Gi'),
    containerStatuses: [
      { name: 'main', ready: true, restartCount: 0, image: '', imageID: '', allocatedResources: { cpu: '20m' } },
    ],
  }
  const { whole, containers } = allocationSeen(pod)
  assert.deepEqual([whole, containers.get('main')], [both('1', '1Gi'), { requests: { cpu: '20m' } }])
})

test('a status tells of what is granted and what is in force; one that changes, of what was', () => {
  const granted = sized(both('80m', '95Mi'))
  const size = { granted, before: {}, isChanging: false }
  const expected = { allocatedResources: { cpu: '80m', memory: '95Mi' }, resources: both('80m', '95Mi') }
  assert.deepEqual(podSizeOf({ ...size, phase: 'Pending' }), expected)
  assert.deepEqual(podSizeOf({ ...size, phase: 'Running' }), expected)
  const before = { resources: both('1', '1Gi') }
  assert.deepEqual(podSizeOf({ ...size, phase: 'Running', before, isChanging: true }).resources, before.resources)
  const own = sized(undefined, { resources: { requests: { cpu: '20m', 'ephemeral-storage': '1Gi' } } })
  assert.deepEqual(podSizeOf({ ...size, granted: own, phase: 'Running' }).resources, { requests: { cpu: '20m' } })
  assert.deepEqual(podSizeOf({ ...size, granted: sized(undefined), phase: 'Running' }), { resources: {} })
})

test('a group is as wide as before and after while its containers change', () => {
  assert.deepEqual(widerOf({ cpuShares: 20, cpuQuotaUs: 2000 }, { cpuShares: 25, cpuQuotaUs: 1500 }), {
    cpuShares: 25,
    cpuQuotaUs: 2000,
    memoryLimitBytes: -1,
  })
})

test('memory that is in use is not taken away', () => {
  assert.equal(shrinkProblem([{ limitBytes: 100, usageBytes: 99 }]), undefined)
  assert.equal(
    shrinkProblem([{ limitBytes: 10240, usageBytes: 20480 }]),
    'cannot decrease memory limits: attempting to set pod memory limit (10240) below current usage (20480)',
  )
  assert.equal(
    shrinkProblem([
      { limitBytes: 1, usageBytes: undefined },
      { container: 'c1', limitBytes: 1, usageBytes: 1 },
    ]),
    'cannot decrease memory limits: [missing pod memory usage, attempting to set container "c1" memory limit (1) below current usage (1)]',
  )
})

test('an event of a resize says the sizes that are asked for', () => {
  const pod = sized(undefined, { resources: { requests: { cpu: '20m' } } })
  assert.equal(
    resizeMessage('error', pod, 'why'),
    'Pod resize error: {"containers":[{"name":"main","resources":{"requests":{"cpu":"20m"}}}],"generation":1,"error":"why"}',
  )
})

test('what a pod asks for beyond its containers is shared among them when memory runs out, and a sidecar is spared', () => {
  const side = container('side', { restartPolicy: 'Always' })
  const main = container('main', { resources: { requests: { memory: '100Mi' } } })
  const whole = { requests: { memory: '300Mi' } }
  const pod = podWith({ initContainers: [side], containers: [main], resources: whole })
  const score = (of: Pod, one: object) => containerResources(of, one as never, 1000 * 2 ** 20).oomScoreAdj
  assert.deepEqual([score(pod, main), score(pod, side)], [800, 800])
  const apart = podWith({ initContainers: [side], containers: [main] })
  assert.deepEqual([score(apart, main), score(apart, side)], [900, 900])
})
