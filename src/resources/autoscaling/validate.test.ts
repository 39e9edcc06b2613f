import assert from 'node:assert/strict'
import { test } from 'node:test'
import { horizontalPodAutoscalers, scalingToZero } from './definitions.ts'
import { autoscalerChecks, autoscalerV1Checks } from './validate.ts'

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
const spec = { scaleTargetRef: target, maxReplicas: 5 }
const texts = (found: readonly { field: string; message: string }[] | undefined) =>
  (found ?? []).map(({ field, message }) => `${field.replace(/^spec\./, '')}: ${message}`)
const errorsOf = (more: object, zero = false) =>
  texts(autoscalerChecks(zero).create!({ spec: { ...spec, ...more } } as any))
const ofMetric = (metric: object) => errorsOf({ metrics: [metric] }).map((text) => text.replace(/^metrics\[0\]\./, ''))
const ofDown = (rules: object) =>
  errorsOf({ behavior: { scaleDown: rules } }).map((text) => text.replace(/^behavior\.scaleDown\./, ''))

const value = { type: 'Value', value: '100' }
const average = { type: 'AverageValue', averageValue: '100' }
const half = { type: 'Utilization', averageUtilization: 50 }
const policies = [{ type: 'Pods', value: 1, periodSeconds: 60 }]
const service = { apiVersion: 'v1', kind: 'Service', name: 'a' }

test('a spec has bounds in order, and a target that can be named', () => {
  for (const [more, errors] of [
    [{}, []],
    [{ minReplicas: 1, maxReplicas: 1 }, []],
    [
      { minReplicas: 0 },
      [
        'minReplicas: Invalid value: 0: must be greater than or equal to 1',
        'metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
      ],
    ],
    [{ minReplicas: -1 }, ['minReplicas: Invalid value: -1: must be greater than or equal to 1']],
    [{ maxReplicas: 0 }, ['maxReplicas: Required value: must be set and greater than 0']],
    [{ maxReplicas: -1 }, ['maxReplicas: Invalid value: -1: must be greater than or equal to 1']],
    [{ minReplicas: 7 }, ['maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`']],
    [{ scaleTargetRef: { ...target, kind: '' } }, ['scaleTargetRef.kind: Required value']],
    [{ scaleTargetRef: { ...target, kind: '..' } }, ['scaleTargetRef.kind: Invalid value: "..": may not be \'..\'']],
    [{ scaleTargetRef: { ...target, name: '' } }, ['scaleTargetRef.name: Required value']],
    [
      { scaleTargetRef: { ...target, name: 'a/b' } },
      ['scaleTargetRef.name: Invalid value: "a/b": may not contain \'/\''],
    ],
    [
      { scaleTargetRef: { ...target, apiVersion: 'v1' } },
      ['scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
    ],
    [
      { scaleTargetRef: { ...target, apiVersion: 'a/b/c' } },
      ['scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
    ],
    [{ scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'a' } }, []],
  ] as const)
    assert.deepEqual(errorsOf(more), errors, JSON.stringify(more))
})

test('a metric says what is measured, and what it should be', () => {
  const name = { name: 'm' }
  for (const [metric, errors] of [
    [{ type: 'Object', object: { describedObject: service, metric: name, target: value } }, []],
    [{ type: 'Object', object: { describedObject: service, metric: name, target: average } }, []],
    [
      {
        type: 'Object',
        object: { describedObject: { kind: 'S', name: '' }, metric: { name: 'a/b' }, target: { type: 'Value' } },
      },
      [
        'object.describedObject.name: Required value',
        'object.metric.name: Invalid value: "a/b": may not contain \'/\'',
        'object.target.averageValue: Required value: must set either a target value or averageValue',
      ],
    ],
    [{ type: 'External', external: { metric: name, target: value } }, []],
    [
      { type: 'External', external: { metric: { name: '' }, target: { ...value, averageValue: '0' } } },
      [
        'external.metric.name: Required value: must specify a metric name',
        'external.target.averageValue: Invalid value: "0": must be positive',
        'external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
      ],
    ],
    [
      { type: 'External', external: { metric: name, target: { type: 'Value' } } },
      ['external.target.averageValue: Required value: must set either a target value for metric or a per-pod target'],
    ],
    [{ type: 'Pods', pods: { metric: name, target: average } }, []],
    [
      { type: 'Pods', pods: { metric: name, target: { type: 'AverageValue', averageValue: '-1' } } },
      ['pods.target.averageValue: Invalid value: "-1": must be positive'],
    ],
    [
      { type: 'Pods', pods: { metric: name, target: value } },
      ['pods.target.averageValue: Required value: must specify a positive target averageValue'],
    ],
    [{ type: 'Resource', resource: { name: 'cpu', target: half } }, []],
    [
      { type: 'Resource', resource: { name: '', target: { type: 'Utilization', averageUtilization: 0 } } },
      [
        'resource.name: Required value: must specify a resource name',
        'resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
      ],
    ],
    [
      { type: 'Resource', resource: { name: 'cpu', target: { ...half, averageValue: '1' } } },
      ['resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization'],
    ],
    [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'None' } } },
      [
        'resource.target.type: Invalid value: "None": must be either Utilization, Value, or AverageValue',
        'resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
      ],
    ],
    [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'main', target: half } }, []],
    [
      { type: 'ContainerResource', containerResource: { name: 'foo', container: '', target: {} } },
      [
        'containerResource.name: Invalid value: "foo": must be a standard resource type or fully qualified',
        'containerResource.name: Invalid value: "foo": must be a standard resource for containers',
        'containerResource.container: Required value: must specify a container',
        'containerResource.target.type: Required value: must specify a metric target type',
        'containerResource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue',
        'containerResource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
      ],
    ],
  ] as const)
    assert.deepEqual(ofMetric(metric), errors, JSON.stringify(metric))
})

test('rules of behaviour have policies, and no period is longer than can be remembered', () => {
  for (const [rules, errors] of [
    [{ policies }, []],
    [{ policies, tolerance: '50m' }, []],
    [{}, ['policies: Required value: must specify at least one Policy']],
    [
      { policies, stabilizationWindowSeconds: -1 },
      ['stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero'],
    ],
    [
      { policies, stabilizationWindowSeconds: 3601 },
      ['stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600'],
    ],
    [
      { policies, selectPolicy: 'Some' },
      ['selectPolicy: Unsupported value: "Some": supported values: "Disabled", "Max", "Min"'],
    ],
    [{ policies, tolerance: '-1m' }, ['tolerance: Invalid value: "-1m": must be greater than or equal to 0']],
    [
      { policies: [{ type: 'Hm', value: 0, periodSeconds: 1801 }] },
      [
        'policies[0].type: Unsupported value: "Hm": supported values: "Percent", "Pods"',
        'policies[0].value: Invalid value: 0: must be greater than zero',
        'policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      ],
    ],
    [
      { policies: [{ type: 'Pods', value: 1, periodSeconds: 0 }] },
      ['policies[0].periodSeconds: Invalid value: 0: must be greater than zero'],
    ],
  ] as const)
    assert.deepEqual(ofDown(rules), errors, JSON.stringify(rules))
})

test('nothing at all may be the least where the feature is on, or was so before', () => {
  const metrics = [{ type: 'External', external: { metric: { name: 'm' }, target: value } }]
  const zero: any = { spec: { ...spec, minReplicas: 0, metrics } }
  assert.deepEqual(errorsOf(zero.spec), ['minReplicas: Invalid value: 0: must be greater than or equal to 1'])
  assert.deepEqual(errorsOf(zero.spec, true), [])
  assert.deepEqual(autoscalerChecks(false).update!(zero, zero), [])
  assert.notEqual(scalingToZero(horizontalPodAutoscalers), horizontalPodAutoscalers)
})

test('a reference that stays is not judged anew, and the first version is judged as the second', () => {
  const old: any = { spec: { ...spec, scaleTargetRef: { ...target, apiVersion: '' } } }
  assert.deepEqual(autoscalerChecks(false).update!(old, old), [])
  const first: any = { spec: { ...spec, targetCPUUtilizationPercentage: 0, maxReplicas: 0 } }
  assert.deepEqual(texts(autoscalerV1Checks(false).create!(first)), [
    'maxReplicas: Required value: must be set and greater than 0',
    'metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
  ])
})
