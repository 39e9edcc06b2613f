import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultSettings } from '../../controllers/index.ts'
import { isWanted, readControllers } from './controller-fields.ts'

test('what is set of controllers goes by Kubernetes\u2019 names, and what has no effect is named', () => {
  const idle: string[] = []
  const read = readControllers(
    {
      Generic: { Controllers: ['*', '-cronjob', 'ttl-after-finished-controller'], Port: 10252 },
      HPAController: {
        ConcurrentHorizontalPodAutoscalerSyncs: 9,
        HorizontalPodAutoscalerSyncPeriod: '5s',
        HorizontalPodAutoscalerTolerance: 0.2,
        HorizontalPodAutoscalerInitialReadinessDelay: '0s',
      },
      NodeLifecycleController: { NodeMonitorGracePeriod: '20s', PodEvictionTimeout: '1m' },
      NodeIPAMController: { NodeCIDRMaskSize: 26, ServiceCIDR: '' },
      EndpointController: { EndpointUpdatesBatchPeriod: '500ms' },
      EndpointSliceController: { EndpointUpdatesBatchPeriod: '1s' },
      EndpointSliceMirroringController: { MirroringEndpointUpdatesBatchPeriod: '0s' },
      PodGCController: { TerminatedPodGCThreshold: 5 },
      DeploymentController: { ConcurrentDeploymentSyncs: 10 },
      AttachDetachController: { ReconcilerSyncLoopPeriod: '1m', disableForceDetachOnTimeout: true },
    },
    (path) => idle.push(path),
  )
  assert.deepEqual(read, {
    controllers: ['*', '-cronjob-controller', 'ttl-after-finished-controller'],
    nodeCidrMaskSize: 26,
    settings: {
      autoscalerSyncPeriodMs: 5000,
      autoscalerTolerance: 0.2,
      autoscalerInitialReadinessDelayMs: 0,
      nodeMonitorGraceMs: 20_000,
      endpointsBatchMs: 500,
      slicesBatchMs: 1000,
      mirrorsBatchMs: 0,
      terminatedPodsMax: 5,
      forceDetachMs: 0,
    },
    workers: { 'horizontal-pod-autoscaler-controller': 9, 'deployment-controller': 10 },
  })
  assert.deepEqual(idle, [
    'Generic.Port',
    'NodeLifecycleController.PodEvictionTimeout',
    'NodeIPAMController.ServiceCIDR',
    'AttachDetachController.ReconcilerSyncLoopPeriod',
  ])
  for (const name of Object.keys(read.settings!)) assert.ok(name in defaultSettings, name)
})

test('what cannot be meant of controllers is refused, naming the field', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [
      { HPAController: { HorizontalPodAutoscalerSyncPeriod: '0s' } },
      /^HPAController\.HorizontalPodAutoscalerSyncPeriod /,
    ],
    [
      { HPAController: { HorizontalPodAutoscalerSyncperiod: '5s' } },
      /unknown field "HPAController\.HorizontalPodAutoscalerSyncperiod"/,
    ],
    [{ JobController: { ConcurrentJobSyncs: 0 } }, /^JobController\.ConcurrentJobSyncs is 0/],
    [
      { NodeLifecycleController: { UnhealthyZoneThreshold: 2 } },
      /^NodeLifecycleController\.UnhealthyZoneThreshold is 2/,
    ],
    [{ Generic: { Controllers: ['-jobs'] } }, /"jobs" is not in the list of known controllers/],
    [{ NodeIPAMController: { NodeCIDRMaskSize: 8 } }, /^NodeIPAMController\.NodeCIDRMaskSize is 8/],
    [{ SchedulerController: {} }, /unknown field "SchedulerController"/],
  ]
  for (const [fields, says] of cases) assert.throws(() => readControllers(fields, () => {}), { message: says })
})

test('of a list of controllers the first word on a name counts', () => {
  assert.equal(isWanted('job-controller', undefined), true)
  assert.equal(isWanted('job-controller', ['*', '-job-controller']), false)
  assert.equal(isWanted('job-controller', ['-job-controller', 'job-controller', '*']), false)
  assert.equal(isWanted('job-controller', ['cronjob-controller']), false)
  assert.equal(isWanted('job-controller', ['*', '-cronjob-controller']), true)
})
