import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyDefaults } from './defaults/defaults.ts'
import type { ResourceDefinition } from './definition.ts'
import {
  clusterRoleBindings,
  configMaps,
  cronJobs,
  csiNodes,
  deployments,
  horizontalPodAutoscalers,
  ingresses,
  jobs,
  namespaces,
  nodes,
  persistentVolumeClaims,
  podDisruptionBudgets,
  priorityClasses,
  roles,
  secrets,
  services,
  statefulSets,
  validatingWebhookConfigurations,
} from './index.ts'
import { allResources } from './registry.ts'
import { decodeObject, zeroObject } from './schema.ts'

const context = { nowMs: 0, uuid: () => 'u' }
/** An object as the server has it when it judges it. */
function made(resource: ResourceDefinition<any>, json: any): any {
  const metadata = { name: 'a', ...(resource.scope === 'Namespaced' ? { namespace: 'default' } : {}), ...json.metadata }
  const { object } = decodeObject(resource.type, { ...json, metadata })
  applyDefaults(resource.type, object)
  resource.prepareForCreate(object, context)
  return object
}
const texts = (errors: readonly { field: string; message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`)
const errorsOf = (resource: ResourceDefinition<any>, json: object) => texts(resource.validate(made(resource, json)))
function changeErrors(
  resource: ResourceDefinition<any>,
  json: object,
  change: (draft: any) => void,
): readonly string[] {
  const previous = made(resource, json)
  const next = structuredClone(previous)
  change(next)
  resource.prepareForUpdate(next, previous, context)
  return texts(resource.validateUpdate(next, previous))
}

const pod = { spec: { containers: [{ name: 'c', image: 'i' }] } }
const template = { metadata: { labels: { app: 'a' } }, ...pod }
const selector = { matchLabels: { app: 'a' } }

test('good objects of many kinds are good', () => {
  const table: readonly [ResourceDefinition<any>, object][] = [
    [deployments, { spec: { selector, template } }],
    [statefulSets, { spec: { selector, template, serviceName: 'a' } }],
    [jobs, { spec: { template: { spec: { ...pod.spec, restartPolicy: 'Never' } } } }],
    [
      cronJobs,
      {
        spec: {
          schedule: '*/5 1-3 * jan mon',
          jobTemplate: { spec: { template: { spec: { ...pod.spec, restartPolicy: 'OnFailure' } } } },
        },
      },
    ],
    [services, { spec: { ports: [{ port: 80 }], clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] } }],
    [configMaps, { data: { 'a.b': 'x' } }],
    [namespaces, {}],
    [nodes, { metadata: { name: 'n1.example' } }],
    [roles, { metadata: { name: 'system:x' }, rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }],
    [persistentVolumeClaims, { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }],
  ]
  for (const [resource, json] of table) assert.deepEqual(errorsOf(resource, json), [], resource.plural)
})

test('what is wrong is told at its field, in the words of Kubernetes', () => {
  const table: readonly [ResourceDefinition<any>, object, readonly string[]][] = [
    [
      deployments,
      { spec: { replicas: -1, selector: { matchLabels: { app: 'b' } }, template } },
      [
        'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
      ],
    ],
    [
      deployments,
      { spec: { selector, template, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
    ],
    [
      deployments,
      { spec: { template: { ...template, spec: { ...pod.spec, restartPolicy: 'Never' } } } },
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
        'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      ],
    ],
    [
      jobs,
      { spec: { template: pod } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      cronJobs,
      {
        spec: {
          schedule: '* * *',
          timeZone: 'Mars/Base',
          jobTemplate: { spec: { template: { spec: { ...pod.spec, restartPolicy: 'Never' } } } },
        },
      },
      [
        'spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]',
        'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
      ],
    ],
    [services, { spec: { type: 'ClusterIP' } }, ['spec.ports: Required value']],
    [
      services,
      { spec: { ports: [{ port: 80 }, { port: 80, name: 'b' }], clusterIP: 'x', clusterIPs: ['x'] } },
      [
        'spec.ports[0].name: Required value',
        'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [services, { spec: { type: 'ExternalName' } }, ['spec.externalName: Required value']],
    [
      configMaps,
      { data: { 'a/b': 'x', c: 'x'.repeat(1024 * 1024 + 1) } },
      [
        "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ': Too long: may not be more than 1048576 bytes',
      ],
    ],
    [secrets, { type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==' } }, ['data[tls.key]: Required value']],
    [namespaces, { metadata: { name: 'a.b' } }, ['metadata.name: Invalid value: "a.b": must not contain dots']],
    [
      roles,
      { rules: [{ verbs: [] }] },
      [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      clusterRoleBindings,
      {
        roleRef: { kind: 'Role', name: 'x', apiGroup: 'rbac.authorization.k8s.io' },
        subjects: [{ kind: 'ServiceAccount', name: 'a' }],
      },
      [
        'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
        'subjects[0].namespace: Required value',
      ],
    ],
    [
      persistentVolumeClaims,
      { spec: {} },
      [
        'spec.accessModes: Required value: at least 1 access mode is required',
        'spec.resources[storage]: Required value',
      ],
    ],
    [
      podDisruptionBudgets,
      { spec: { minAvailable: '101%', maxUnavailable: 1 } },
      [
        'spec: Invalid value: {"MinAvailable":"101%","Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
        'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
      ],
    ],
    [ingresses, { spec: {} }, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
    [
      priorityClasses,
      { value: 2_000_000_001 },
      ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ],
  ]
  for (const [resource, json, expected] of table)
    assert.deepEqual(errorsOf(resource, json), expected, `${resource.plural} ${JSON.stringify(json).slice(0, 80)}`)
})

test('what may not change does not', () => {
  const immutable = 'field is immutable'
  assert.deepEqual(
    changeErrors(deployments, { spec: { selector, template } }, (draft) => {
      draft.spec.selector.matchLabels.app = 'b'
      draft.spec.template.metadata.labels.app = 'b'
    }),
    [`spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: ${immutable}`],
  )
  assert.deepEqual(
    changeErrors(
      statefulSets,
      { spec: { selector, template, serviceName: 'a' } },
      (draft) => (draft.spec.serviceName = 'b'),
    ),
    [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ],
  )
  assert.deepEqual(
    changeErrors(configMaps, { immutable: true, data: { a: '1' } }, (draft) => (draft.data.a = '2')),
    ['data: Forbidden: field is immutable when `immutable` is set'],
  )
  assert.deepEqual(
    changeErrors(
      services,
      { spec: { ports: [{ port: 80 }], clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] } },
      (draft) => {
        draft.spec.clusterIP = '10.0.0.2'
        draft.spec.clusterIPs = ['10.0.0.2']
      },
    ),
    ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'],
  )
  // Metadata is checked for all kinds, and once more by most of them.
  const fixed = 'metadata.uid: Invalid value: "other": field is immutable'
  const otherUid = (draft: any) => (draft.metadata.uid = 'other')
  assert.deepEqual(changeErrors(roles, {}, otherUid), [fixed, fixed])
  assert.deepEqual(changeErrors(csiNodes, { spec: { drivers: [] } }, otherUid), [fixed])
})

test('generation counts changes of what is desired, and jobs select by their uid', () => {
  const bump = (change: (draft: any) => void) => {
    const previous = made(deployments, { spec: { selector, template } })
    const next = structuredClone(previous)
    change(next)
    deployments.prepareForUpdate(next, previous, context)
    return next.metadata.generation
  }
  assert.deepEqual(
    [
      bump(() => {}),
      bump((d) => (d.spec.replicas = 3)),
      bump((d) => (d.metadata.labels = { x: 'y' })),
      bump((d) => (d.metadata.annotations = { x: 'y' })),
      bump((d) => (d.status = { replicas: 1 })),
    ],
    [1, 2, 1, 2, 1],
  )
  const job = made(jobs, { spec: { template: pod } })
  assert.deepEqual(job.spec.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } })
  assert.equal(job.spec.template.metadata.labels['job-name'], 'a')
  assert.deepEqual(made(namespaces, {}).spec, { finalizers: ['kubernetes'] })
})

test('no kind breaks down over an object in which nothing is set', () => {
  for (const resource of allResources) {
    const object = { ...zeroObject(resource.type), metadata: { name: 'a', namespace: 'b' } }
    const about = `${resource.plural}.${resource.version}.${resource.group}`
    assert(Array.isArray(resource.validate(object)), about)
    assert(Array.isArray(resource.validateUpdate(object, structuredClone(object))), about)
    assert(Array.isArray(resource.validateStatusUpdate(object, structuredClone(object))), about)
    assert(Array.isArray(resource.warnings(object, undefined)), about)
    resource.prepareForUpdate(structuredClone(object), object, context)
    resource.prepareForStatusUpdate(structuredClone(object), object, context)
  }
})

test('a metric of an autoscaler has one source, that of its type', () => {
  const metrics = (...all: object[]) =>
    errorsOf(horizontalPodAutoscalers, {
      spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' }, metrics: all },
    })
  const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } }
  assert.deepEqual(metrics({ type: 'Resource', resource }), [])
  assert.deepEqual(metrics({ type: '' }), [
    'spec.metrics[0].type: Required value: must specify a metric source type',
    'spec.metrics[0].type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
  ])
  const external = { metric: { name: 'x' }, target: { type: 'Value', value: '1' } }
  assert.deepEqual(metrics({ type: 'Pods', resource, external }), [
    'spec.metrics[0].pods: Required value: must populate information for the given metric source',
    'spec.metrics[0].external: Forbidden: must populate the given metric source only',
    'spec.metrics[0].resource: Forbidden: must populate the given metric source only',
  ])
})

test('what is left out or null is told, and breaks nothing', () => {
  const nameless: any = decodeObject(priorityClasses.type, { metadata: {}, value: 1 }).object
  assert.deepEqual(texts(priorityClasses.validate(nameless)), [
    'metadata.name: Required value: name or generateName is required',
  ])
  const namespace: any = { metadata: {} }
  namespaces.prepareForCreate(namespace, context)
  assert.deepEqual(texts(namespaces.validate(namespace)), [
    'metadata.name: Required value: name or generateName is required',
  ])
  assert.deepEqual(errorsOf(configMaps, { data: { constructor: 'x', toString: 'y' } }), [])
  assert.deepEqual(errorsOf(secrets, { data: { a: null } }), [])
  assert.deepEqual(errorsOf(configMaps, { binaryData: { a: null } }), [])
  const hook = { name: 'a.b.c', admissionReviewVersions: null, sideEffects: 'None', clientConfig: { url: 'https://a' } }
  const configuration: any = { metadata: { name: 'a', resourceVersion: '1' }, webhooks: [hook] }
  assert.deepEqual(texts(validatingWebhookConfigurations.validateUpdate(configuration, configuration)), [
    'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1',
  ])
})

test('pods of a StatefulSet mount its claims, whose templates are judged as claims are', () => {
  const selector = { matchLabels: { app: 'a' } }
  const mounting = (claims: readonly object[]) =>
    errorsOf(statefulSets, {
      spec: {
        selector,
        serviceName: 'a',
        volumeClaimTemplates: claims,
        template: {
          metadata: { labels: { app: 'a' } },
          spec: { containers: [{ name: 'c', image: 'i', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
        },
      },
    })
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  assert.deepEqual(mounting([{ metadata: { name: 'data' }, spec }]), [])
  assert.deepEqual(mounting([]), ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'])
  assert.deepEqual(mounting([{ metadata: { name: 'data' }, spec: { ...spec, accessModes: [] } }]), [
    'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required',
  ])
})
