import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyDefaults } from '../../defaults/defaults.ts'
import { decodeObject } from '../../schema.ts'
import { pods } from '../definitions.ts'
import { podResizeErrors } from './resize.ts'
import { ephemeralContainersErrors } from './validate.ts'

const podOf = (spec: object, metadata: object = {}): any => {
  const json = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'default', ...metadata },
    spec: { serviceAccountName: 'default', ...spec },
  }
  const { object } = decodeObject(pods.type, json)
  applyDefaults(pods.type, object)
  pods.prepareForCreate(object, { nowMs: 0, uuid: () => 'u' })
  return object
}
const container = (more: object = {}) => ({ name: 'c', image: 'nginx', ...more })
const withContainer = (more: object, spec: object = {}) => podOf({ containers: [container(more)], ...spec })
const texts = (errors: readonly { field: string; message: string }[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`)

test('a plain pod is good, begins Pending, and has its QoS', () => {
  const pod = withContainer({
    resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } },
  })
  assert.deepEqual(texts(pods.validate(pod)), [])
  assert.deepEqual([pod.status, pod.metadata.generation], [{ phase: 'Pending', qosClass: 'Guaranteed' }, 1])
})

test('a negative grace counts as a second, in a new pod and in one that is changed', () => {
  const pod = podOf({ containers: [container()], terminationGracePeriodSeconds: -1 })
  const next = structuredClone(pod)
  next.spec.terminationGracePeriodSeconds = -5
  pods.prepareForUpdate(next, pod, { nowMs: 0, uuid: () => 'u' })
  assert.deepEqual(
    [pod.spec.terminationGracePeriodSeconds, next.spec.terminationGracePeriodSeconds, next.metadata.generation],
    [1, 1, 1],
  )
})

test('what is wrong with a pod is told at its field, in the words of Kubernetes', () => {
  const dnsLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  const table: readonly [string, any, readonly string[]][] = [
    ['no containers', podOf({}), ['spec.containers: Required value']],
    [
      'bad names',
      podOf({ containers: [{ name: 'A', image: '' }] }),
      [`spec.containers[0].name: Invalid value: "A": ${dnsLabel}`, 'spec.containers[0].image: Required value'],
    ],
    [
      'same names',
      podOf({ containers: [container(), container()] }),
      ['spec.containers[1].name: Duplicate value: "c"'],
    ],
    [
      'request above limit',
      withContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      'unknown resource',
      withContainer({ resources: { limits: { foo: '1' } } }),
      [
        'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
        'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
        'spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers',
      ],
    ],
    [
      'missing volume',
      withContainer({ volumeMounts: [{ name: 'v', mountPath: '/x' }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ],
    [
      'bad ports',
      withContainer({ ports: [{ containerPort: 70000 }, { containerPort: 80, name: 'ABC' }] }),
      [
        'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
        'spec.containers[0].ports[1].name: Invalid value: "ABC": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
        'spec.containers[0].ports[1].name: Invalid value: "ABC": must contain at least one letter (a-z)',
      ],
    ],
    [
      'probes',
      withContainer({
        livenessProbe: { successThreshold: 2, exec: { command: ['x'] }, tcpSocket: { port: 80 } },
        readinessProbe: {},
      }),
      [
        'spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
        'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
        'spec.containers[0].readinessProbe: Required value: must specify a handler type',
      ],
    ],
    [
      'environment',
      withContainer({
        env: [
          { name: '' },
          { name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } },
        ],
      }),
      [
        'spec.containers[0].env[0].name: Required value',
        'spec.containers[0].env[1].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        'spec.containers[0].env[2].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
      ],
    ],
    [
      'two volume types and none',
      podOf({
        containers: [container()],
        volumes: [
          { name: 'v', emptyDir: {}, hostPath: { path: '/x' } },
          { name: 'w', secret: {} },
        ],
      }),
      [
        'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
        'spec.volumes[1].secret.secretName: Required value',
      ],
    ],
    [
      'init containers',
      podOf({
        containers: [container()],
        initContainers: [container({ livenessProbe: { exec: { command: ['x'] } } })],
      }),
      [
        'spec.initContainers[0].name: Duplicate value: "c"',
        'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      ],
    ],
    [
      'policies',
      withContainer({ imagePullPolicy: 'Sometimes' }, { restartPolicy: 'Maybe' }),
      [
        'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
        'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
      ],
    ],
    [
      'tolerations',
      withContainer({}, { tolerations: [{ operator: 'Equal' }, { key: 'a', operator: 'Exists', value: 'b' }] }),
      [
        'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
        'spec.tolerations[1].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\'',
      ],
    ],
    [
      'affinity',
      withContainer(
        {},
        {
          affinity: {
            nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight: 101, podAffinityTerm: { topologyKey: 'zone' } },
              ],
            },
          },
        },
      ),
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
        'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
      ],
    ],
    [
      'security',
      withContainer({ securityContext: { runAsUser: -1, privileged: true, allowPrivilegeEscalation: false } }),
      [
        'spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
        'spec.containers[0].securityContext: Invalid value: {"privileged":true,"runAsUser":-1,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ],
    ],
    [
      'host network',
      withContainer({ ports: [{ containerPort: 80, hostPort: 81 }] }, { hostNetwork: true }),
      [
        'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
      ],
    ],
    [
      'metadata',
      podOf({ containers: [container()] }, { name: 'A_', labels: { '-x': 'y' } }),
      [
        "metadata.name: Invalid value: \"A_\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        "metadata.labels: Invalid value: \"-x\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    ],
    [
      'dns',
      withContainer({}, { dnsPolicy: 'None', hostname: 'a.b' }),
      [
        'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
        'spec.hostname: Invalid value: "a.b": must not contain dots',
      ],
    ],
    [
      'ephemeral containers',
      podOf({ containers: [container()], ephemeralContainers: [{ name: 'e', image: 'x' }] }),
      ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
    ],
  ]
  for (const [name, pod, expected] of table) assert.deepEqual(texts(pods.validate(pod)), expected, name)
})

test('of a pod that exists little may change', () => {
  const previous = withContainer({}, { tolerations: [{ key: 'a', operator: 'Exists' }] })
  const changed = (change: (draft: any) => void) => {
    const next = structuredClone(previous)
    change(next)
    pods.prepareForUpdate(next, previous, { nowMs: 0, uuid: () => 'u' })
    return { errors: texts(pods.validateUpdate(next, previous)), generation: next.metadata.generation }
  }
  const image = changed((pod) => (pod.spec.containers[0].image = 'nginx:2'))
  assert.deepEqual(image, { errors: [], generation: 2 })
  assert.deepEqual(
    changed((pod) => (pod.metadata.labels = { a: 'b' })),
    { errors: [], generation: 1 },
  )
  assert.deepEqual(
    changed((pod) => pod.spec.containers.push(container({ name: 'd' }))).errors.at(-1),
    'spec.containers: Forbidden: pod updates may not add or remove containers',
  )
  assert.deepEqual(changed((pod) => (pod.spec.tolerations = [])).errors, [
    'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
  ])
  const [text] = changed((pod) => (pod.spec.hostname = 'x')).errors
  assert.equal(
    text!.split('\n')[0],
    'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
  )
  assert.match(text!, /^\+ "Hostname": "x",$/m)
})

test('a status write keeps the rest, the QoS, and containers that ended for good', () => {
  const previous = { ...withContainer({}, { restartPolicy: 'Never' }) }
  const ended = {
    name: 'c',
    state: { terminated: { exitCode: 1 } },
    ready: false,
    restartCount: 0,
    image: '',
    imageID: '',
  }
  previous.status = { ...previous.status, containerStatuses: [ended] }
  const next = structuredClone(previous)
  next.spec.hostname = 'ignored'
  next.status = { phase: 'Running', containerStatuses: [{ ...ended, state: { running: {} } }] }
  pods.prepareForStatusUpdate(next, previous, { nowMs: 0, uuid: () => 'u' })
  assert.deepEqual([next.spec.hostname, next.status.qosClass], [undefined, 'BestEffort'])
  assert.deepEqual(texts(pods.validateStatusUpdate(next, previous)), [
    'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
  ])
  const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }
  previous.spec.containers.push({ ...container(), name: 'd', restartPolicy: 'Never', restartPolicyRules: [rule] })
  next.spec = previous.spec
  assert.deepEqual(texts(pods.validateStatusUpdate(next, previous)), [])
})

test('gates hold a new pod back, and keys of labels become expressions', () => {
  const pod = podOf(
    {
      containers: [container()],
      schedulingGates: [{ name: 'example.com/gate' }],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: {},
          matchLabelKeys: ['hash'],
        },
      ],
    },
    { labels: { hash: 'x' } },
  )
  assert.equal(pod.status.conditions[0].reason, 'SchedulingGated')
  assert.equal(typeof pod.status.conditions[0].lastTransitionTime, 'string')
  assert.deepEqual(pod.spec.topologySpreadConstraints[0].labelSelector, {
    matchExpressions: [{ key: 'hash', operator: 'In', values: ['x'] }],
  })
})

test('doubtful pods are warned of', () => {
  const pod = podOf({
    nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
    containers: [
      container({
        env: [{ name: 'A' }, { name: 'A' }],
        resources: { requests: { memory: '100m' } },
        ports: [{ containerPort: 80 }, { containerPort: 80 }],
      }),
    ],
  })
  assert.deepEqual(pods.warnings(pod, undefined), [
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
  ])
})

test('through their subresources, debug containers are added and cpu and memory resized', () => {
  const debug = { name: 'd', image: 'busybox' }
  const previous = withContainer({ resources: { requests: { cpu: '100m' }, limits: { cpu: '1' } } })
  const changed = (change: (draft: any) => void) => {
    const next = structuredClone(previous)
    change(next)
    applyDefaults(pods.type, next)
    return next
  }
  const withDebug = changed((pod) => (pod.spec.ephemeralContainers = [debug]))
  assert.deepEqual(texts(ephemeralContainersErrors(withDebug, previous)), [])
  assert.deepEqual(texts(ephemeralContainersErrors(previous, withDebug)), [
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not be removed\n',
  ])
  assert.deepEqual(
    texts(
      podResizeErrors(
        changed((pod) => (pod.spec.containers[0].resources.requests.cpu = '200m')),
        previous,
      ),
    ),
    [],
  )
  assert.deepEqual(
    texts(
      podResizeErrors(
        changed((pod) => delete pod.spec.containers[0].resources.limits),
        previous,
      ),
    ),
    ['spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed'],
  )
  assert.deepEqual(
    texts(
      podResizeErrors(
        changed((pod) => (pod.spec.containers[0].image = 'other')),
        previous,
      ),
    ),
    ['spec: Forbidden: only cpu and memory resources are mutable'],
  )
})

test('a resize may change what the pod asks for as a whole and what init containers do, and takes nothing back', () => {
  const whole = (cpu: string) => ({ requests: { cpu }, limits: { cpu } })
  const pod = (resources: object | undefined, init: object = {}) =>
    podOf({
      ...(resources === undefined ? {} : { resources }),
      initContainers: [{ ...container(init), name: 'i' }],
      containers: [container()],
    })
  const previous = pod(whole('1'))
  const none: string[] = []
  const table: readonly [any, readonly string[]][] = [
    [pod(whole('2')), none],
    [pod(whole('1'), { resources: { requests: { cpu: '1' } } }), none],
    [pod(undefined), ['spec.resources: Forbidden: pod-level resources cannot be removed']],
    [
      pod({ requests: { cpu: '1' } }),
      ['spec.resources.limits: Forbidden: pod-level resource limits cannot be removed'],
    ],
    [
      pod(whole('1'), { image: 'other' }),
      ['spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable'],
    ],
    [
      pod(whole('1'), {
        resources: { requests: { cpu: '1' } },
        resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
      }),
      [
        'spec.initContainers[0]: Forbidden: non-sidecar init containers with a resize policy of RestartContainer cannot be resized',
      ],
    ],
  ]
  for (const [next, expected] of table)
    assert.deepEqual(
      texts(podResizeErrors(next, previous)).filter((text) => !text.includes('QOS')),
      expected,
    )
})
