import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../client/index.ts'
import { Metrics, manualClock, StatusError, silentLog } from '../../machinery/index.ts'
import { chooseGates, type HorizontalPodAutoscaler, type MetricSpec } from '../../resources/index.ts'
import { podThatIs } from '../runtime/fixtures.ts'
import { measuresOf } from './measures.ts'
import { Autoscaling } from './sync.ts'

interface World {
  /** Replicas asked for; as many pods are there, unless told otherwise. */
  readonly replicas?: number
  readonly min?: number
  readonly max?: number
  readonly selector?: string
  /** What each pod uses, in thousandths of a processor; none is known when left out. */
  readonly cpu?: readonly number[]
  readonly external?: readonly string[]
  readonly metrics?: readonly MetricSpec[]
  readonly behavior?: object
  readonly conditions?: readonly object[]
  readonly scaleToZero?: boolean
  /** Calls that fail, and with what. */
  readonly fails?: Readonly<Record<string, Error>>
  readonly apiVersion?: string
  readonly kind?: string
}
const wrong = new Error('something went wrong')
const half: MetricSpec = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
}
const queue: MetricSpec = {
  type: 'External',
  external: { metric: { name: 'queue' }, target: { type: 'Value', value: '10' } },
}

function worldOf(world: World) {
  const { replicas = 2, selector = 'app=web', cpu, external, fails = {}, scaleToZero = false } = world
  const clock = manualClock()
  const events: string[] = []
  const reasons: string[] = []
  const scaled: number[] = []
  const pods = Array.from({ length: replicas }, (_, index) => ({
    ...podThatIs('ready', { name: `web-${index}`, labels: { app: 'web' } }),
    spec: { containers: [{ name: 'main', resources: { requests: { cpu: '100m' } } }] },
    status: {
      phase: 'Running',
      startTime: '2025-01-01T00:00:00Z',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2025-01-01T00:00:10Z' }],
    },
  }))
  let written: HorizontalPodAutoscaler['status'] | undefined
  const failing = (name: string) => {
    if (fails[name] !== undefined) throw fails[name]
  }
  const client = {
    async get() {
      failing('scale')
      const status = { replicas, ...(selector === '' ? {} : { selector }) }
      return { metadata: { name: 'web', namespace: 'default' }, spec: { replicas }, status }
    },
    async update(_of: unknown, object: any, subresource: string) {
      failing(subresource === 'scale' ? 'rescale' : 'status')
      if (subresource === 'scale') scaled.push(object.spec.replicas)
      else written = object.status
      return object
    },
    async list() {
      failing('metrics')
      const items = (cpu ?? []).map((value, index) => ({
        metadata: { name: `web-${index}` },
        timestamp: '2026-01-01T00:00:00Z',
        window: '15s',
        containers: [{ name: 'main', usage: { cpu: `${value}m` } }],
      }))
      return { items }
    },
    async read({ group }: { group: string }) {
      failing(group)
      return { items: (external ?? []).map((value) => ({ value, timestamp: '2026-01-01T00:00:00Z' })) }
    },
    async discover() {
      return { resources: [], groupVersions: [{ group: 'custom.metrics.k8s.io', version: 'v1beta1' }], stale: [] }
    },
  } as unknown as Client
  const gates = chooseGates({ HPAScaleToZero: scaleToZero })
  const metrics = new Metrics()
  const autoscaling = new Autoscaling(
    {
      clock,
      metrics,
      config: { ...('gates' in gates ? { gates: gates.gates } : {}) },
      cached: () => ({ list: () => pods }),
      record: (_about: unknown, type: string, reason: string, message: string) =>
        void events.push(`${type} ${reason}: ${message}`),
      log: silentLog,
    } as never,
    measuresOf(metrics),
  )
  const { min = 1, max = 10, apiVersion = 'apps/v1', kind = 'Deployment', behavior, conditions } = world
  const autoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      scaleTargetRef: { apiVersion, kind, name: 'web' },
      minReplicas: min,
      maxReplicas: max,
      metrics: world.metrics ?? [half],
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: { desiredReplicas: replicas, ...(conditions === undefined ? {} : { conditions }) },
  } as unknown as HorizontalPodAutoscaler
  const run = async () => {
    autoscaling.register(autoscaler.metadata as { name: string })
    const because = (reason: string) => void reasons.push(reason)
    await autoscaling.run(autoscaler, { client, signal: new AbortController().signal, because })
    return { status: written, scaled, events, reasons, metrics: metrics.text() }
  }
  return { run, autoscaling }
}
const turn = (world: World) => worldOf(world).run()
const conditionsOf = (status: HorizontalPodAutoscaler['status'] | undefined) =>
  (status?.conditions ?? []).map(({ type, status: is, reason }) => `${type} ${is} ${reason}`)
const got = 'AbleToScale True SucceededGetScale'

test('a busy target is made larger, and all of it is told', async () => {
  const { status, scaled, events, metrics } = await turn({ cpu: [100, 100] })
  assert.deepEqual(scaled, [4])
  assert.deepEqual(status, {
    currentReplicas: 2,
    desiredReplicas: 4,
    lastScaleTime: '2026-01-01T00:00:00Z',
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } } },
    ],
    conditions: [
      ['AbleToScale', 'True', 'SucceededRescale', 'the HPA controller was able to update the target scale to 4'],
      [
        'ScalingActive',
        'True',
        'ValidMetricFound',
        'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
      ],
      ['ScalingLimited', 'False', 'DesiredWithinRange', 'the desired count is within the acceptable range'],
    ].map(([type, is, reason, message]) => ({
      type,
      status: is,
      reason,
      message,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    })),
  })
  assert.deepEqual(events, [
    'Normal SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
  ])
  for (const line of [
    'horizontal_pod_autoscaler_controller_reconciliations_total{action="scale_up",error="none"} 1',
    'horizontal_pod_autoscaler_controller_metric_computation_total{action="scale_up",error="none",metric_type="Resource"} 1',
    'horizontal_pod_autoscaler_controller_desired_replicas{namespace="default",hpa_name="web"} 4',
    'horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers 1',
  ])
    assert.ok(metrics.includes(`${line}\n`), line)
})

test('counts out of bounds are put right before anything is measured', async () => {
  for (const [world, replicas, reason] of [
    [{ replicas: 12, max: 10 }, 10, 'Current number of replicas above Spec.MaxReplicas'],
    [{ replicas: 2, min: 3 }, 3, 'Current number of replicas below Spec.MinReplicas'],
  ] as const) {
    const { scaled, events, status } = await turn(world)
    assert.deepEqual(scaled, [replicas])
    assert.deepEqual(events, [`Normal SuccessfulRescale: New size: ${replicas}; reason: ${reason}`])
    assert.deepEqual(conditionsOf(status), ['AbleToScale True SucceededRescale'])
  }
})

test('a target that somebody scaled to nothing is left alone', async () => {
  const { scaled, status } = await turn({ replicas: 0 })
  assert.deepEqual(scaled, [])
  assert.deepEqual(conditionsOf(status), [got, 'ScalingActive False ScalingDisabled'])
})

test('a target that was scaled to nothing comes back when there is work, where the feature is on', async () => {
  const zero = { replicas: 0, min: 0, metrics: [queue], external: ['20'] }
  const conditions = [{ type: 'ScaledToZero', status: 'True', reason: 'ScaledToZero' }]
  const on = await turn({ ...zero, conditions, scaleToZero: true })
  assert.deepEqual(on.scaled, [2])
  assert.ok(conditionsOf(on.status).includes('ScaledToZero False NotScaledToZero'))
  assert.deepEqual((await turn({ ...zero, conditions })).scaled, [])
  assert.deepEqual((await turn({ ...zero, scaleToZero: true })).scaled, [])
  const down = await turn({
    replicas: 1,
    min: 0,
    metrics: [queue],
    external: ['0'],
    scaleToZero: true,
    behavior: {
      scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    },
  })
  assert.deepEqual(down.scaled, [0])
  assert.ok(conditionsOf(down.status).includes('ScaledToZero True ScaledToZero'))
})

test('what cannot be had is told by the reason of its kind', async () => {
  const average = { type: 'AverageValue', averageValue: '15' }
  const value = { type: 'Value', value: '15' }
  const service = { apiVersion: 'v1', kind: 'Namespace', name: 'other' }
  const cases: readonly (readonly [World, string, string, string])[] = [
    [
      { fails: { metrics: wrong } },
      'FailedGetResourceMetric',
      'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: something went wrong',
      'failed to get cpu resource metric value: ',
    ],
    [
      {},
      'FailedGetResourceMetric',
      'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
      'failed to get cpu resource metric value: ',
    ],
    [
      { fails: { metrics: new StatusError(404, 'NotFound', 'the server could not find the requested resource') } },
      'FailedGetResourceMetric',
      'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
      'failed to get cpu resource metric value: ',
    ],
    [
      {
        metrics: [
          { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'main', target: average } },
        ],
        fails: { metrics: wrong },
      },
      'FailedGetContainerResourceMetric',
      'failed to get cpu usage: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: something went wrong',
      'failed to get main container metric value: ',
    ],
    [
      {
        metrics: [{ type: 'Pods', pods: { metric: { name: 'qps' }, target: average } }],
        fails: { 'custom.metrics.k8s.io': wrong },
      },
      'FailedGetPodsMetric',
      'unable to get metric qps: unable to fetch metrics from custom metrics API: something went wrong',
      'failed to get pods metric value: ',
    ],
    [
      {
        metrics: [{ type: 'Object', object: { describedObject: service, metric: { name: 'qps' }, target: value } }],
        fails: { 'custom.metrics.k8s.io': wrong },
      },
      'FailedGetObjectMetric',
      'unable to get metric qps: Namespace on default other/unable to fetch metrics from custom metrics API: something went wrong',
      'failed to get object metric value: ',
    ],
    [
      { metrics: [queue], fails: { 'external.metrics.k8s.io': wrong } },
      'FailedGetExternalMetric',
      'unable to get external metric default/queue/nil: unable to fetch metrics from external metrics API: something went wrong',
      'failed to get queue external metric value: failed to get external metric queue: ',
    ],
    [
      { metrics: [{ type: 'CheddarCheese' }] },
      'InvalidMetricSourceType',
      'unknown metric source type "CheddarCheese"',
      '',
    ],
  ]
  for (const [world, reason, message, context] of cases) {
    const { status, scaled, events } = await turn(world)
    assert.deepEqual(scaled, [], reason)
    assert.deepEqual(conditionsOf(status), [got, `ScalingActive False ${reason}`])
    assert.equal(status?.conditions?.[1]?.message, `the HPA was unable to compute the replica count: ${message}`)
    assert.deepEqual(events, [
      `Warning ${reason}: ${message}`,
      `Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: ${context}${message}`,
    ])
    assert.deepEqual(status?.currentMetrics, [{ type: '' }])
  }
})

test('while one metric is missing the others may add pods, and take none away', async () => {
  const broken = { metrics: [queue, half], fails: { 'external.metrics.k8s.io': wrong } }
  const up = await turn({ ...broken, cpu: [100, 100] })
  assert.deepEqual(up.scaled, [4])
  assert.deepEqual(
    up.status?.currentMetrics?.map(({ type }) => type),
    ['', 'Resource'],
  )
  const down = await turn({ ...broken, cpu: [1, 1] })
  assert.deepEqual(down.scaled, [])
  assert.ok(conditionsOf(down.status).includes('ScalingActive False FailedGetExternalMetric'))
})

test('the metric that asks for most decides', async () => {
  const { scaled, events } = await turn({ metrics: [half, queue], cpu: [60, 60], external: ['15', '15'] })
  assert.deepEqual(scaled, [4])
  assert.deepEqual(events, ['Normal SuccessfulRescale: New size: 4; reason: external metric queue(nil) above target'])
})

test('a scale that cannot be read or written is told', async () => {
  const unread = await turn({ fails: { scale: wrong } })
  assert.deepEqual(conditionsOf(unread.status), ['AbleToScale False FailedGetScale'])
  assert.deepEqual(unread.events, ['Warning FailedGetScale: something went wrong'])
  assert.deepEqual(unread.reasons, [
    'failed to query scale subresource for Deployment/default/web: something went wrong',
  ])
  const unwritten = await turn({ cpu: [100, 100], fails: { rescale: wrong } })
  assert.equal(conditionsOf(unwritten.status)[0], 'AbleToScale False FailedUpdateScale')
  assert.deepEqual(unwritten.events, [
    'Warning FailedRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target; error: something went wrong',
  ])
  const unknown = await turn({ kind: 'Thing', apiVersion: 'example.com/v1' })
  assert.deepEqual(unknown.events, ['Warning FailedGetScale: no matches for kind "Thing" in group "example.com"'])
  const version = await turn({ apiVersion: 'a/b/c' })
  assert.deepEqual(version.events, ['Warning FailedGetScale: unexpected GroupVersion string: a/b/c'])
  assert.match(version.metrics, /reconciliations_total\{action="none",error="spec"\} 1/)
})

test('a target must tell its pods, and no other autoscaler may speak for them', async () => {
  const missing = await turn({ selector: '' })
  assert.deepEqual(conditionsOf(missing.status), [got, 'ScalingActive False InvalidSelector'])
  assert.deepEqual(missing.events, [
    'Warning SelectorRequired: selector is required',
    'Warning FailedComputeMetricsReplicas: selector is required',
  ])
  const unreadable = await turn({ selector: 'cheddar cheese' })
  assert.deepEqual(conditionsOf(unreadable.status), [got, 'ScalingActive False InvalidSelector'])
  const { run, autoscaling } = worldOf({ cpu: [50, 50] })
  await run()
  const rival = { namespace: 'default', name: 'rival' }
  autoscaling.register(rival)
  assert.ok(!conditionsOf((await run()).status).some((one) => one.includes('AmbiguousSelector')))
})

test('two autoscalers of the same pods both stop', async () => {
  const { run, autoscaling } = worldOf({ cpu: [50, 50] })
  const first = await run()
  assert.ok(conditionsOf(first.status).includes('ScalingActive True ValidMetricFound'))
  const client = {
    get: async () => ({ spec: { replicas: 2 }, status: { replicas: 2, selector: 'app' } }),
    update: async (_of: unknown, object: unknown) => object,
  }
  const rival = {
    metadata: { namespace: 'default', name: 'rival' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 3 },
  }
  autoscaling.register(rival.metadata)
  await autoscaling.run(rival as never, { client, because() {} } as never)
  const { status } = await run()
  assert.deepEqual(conditionsOf(status).slice(0, 2), [got, 'ScalingActive False AmbiguousSelector'])
  assert.equal(
    status?.conditions?.[1]?.message,
    'pods by selector app=web are controlled by multiple HPAs: [{rival default} {web default}]',
  )
  autoscaling.forget(rival.metadata)
  assert.ok(conditionsOf((await run()).status).includes('ScalingActive True ValidMetricFound'))
})
