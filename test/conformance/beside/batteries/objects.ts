/** A kind, one object of it as somebody might write it, and what changes of it are tried. */
export interface Sample {
  /** The collection's path, below the group's; `NS` stands for the namespace. */
  readonly at: string
  readonly object: Readonly<Record<string, unknown>>
  /** Merge patches that change something for good, or are refused. */
  readonly changes?: readonly unknown[]
  /** A merge patch of the status. */
  readonly status?: unknown
  /** The object has no status subresource. */
}

const core = '/api/v1'
const here = '/api/v1/namespaces/NS'
const of = (group: string, resource: string) => `/apis/${group}/namespaces/NS/${resource}`
const wide = (group: string, resource: string) => `/apis/${group}/${resource}`
const named = (apiVersion: string, kind: string, more: object, name = 'a') => ({
  apiVersion,
  kind,
  metadata: { name },
  ...more,
})
const pod = { containers: [{ name: 'a', image: 'nginx', ports: [{ containerPort: 80 }] }] }
const selector = { matchLabels: { app: 'a' } }
const template = { metadata: { labels: { app: 'a' } }, spec: pod }
const condition = (type: string) => ({
  type,
  status: 'True',
  reason: 'R',
  message: 'm',
  lastTransitionTime: '2024-01-01T00:00:00Z',
})

const ofCore: readonly Sample[] = [
  {
    at: `${here}/configmaps`,
    object: named('v1', 'ConfigMap', { data: { a: 'b' }, binaryData: { c: 'AAE=' } }),
    changes: [
      { data: { 'a/b': 'x' } },
      { binaryData: { c: '$' } },
      { immutable: true },
      { data: { a: 'c' } },
      { immutable: false },
    ],
  },
  {
    at: `${here}/secrets`,
    object: named('v1', 'Secret', { stringData: { a: 'b' } }),
    changes: [
      { type: 'x' },
      { data: { a: '$' } },
      { stringData: { b: 'c' } },
      { immutable: true },
      { data: { b: null } },
    ],
  },
  {
    at: `${here}/serviceaccounts`,
    object: named('v1', 'ServiceAccount', { secrets: [{ name: 'x' }], imagePullSecrets: [{ name: 'y' }] }),
    changes: [{ automountServiceAccountToken: false }],
  },
  {
    at: `${here}/pods`,
    object: named('v1', 'Pod', {
      metadata: { name: 'a', labels: { a: 'b' } },
      spec: {
        ...pod,
        initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always' }],
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 's', secret: { secretName: 'x' } },
        ],
      },
    }),
    changes: [
      { spec: { hostname: 'x' } },
      { spec: { activeDeadlineSeconds: 5 } },
      { spec: { activeDeadlineSeconds: 50 } },
      { spec: { tolerations: [] } },
      { spec: { nodeName: 'x' } },
      { spec: { schedulingGates: [{ name: 'a' }] } },
      { spec: { terminationGracePeriodSeconds: 1 } },
    ],
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      hostIP: '10.0.0.2',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        { name: 'a', image: 'nginx', imageID: '', ready: true, restartCount: 2, state: { running: {} } },
      ],
    },
  },
  {
    at: `${here}/services`,
    object: named('v1', 'Service', { spec: { selector: { a: 'b' }, clusterIP: '10.96.0.77', ports: [{ port: 80 }] } }),
    changes: [
      { spec: { clusterIP: '10.96.1.1' } },
      { spec: { type: 'ExternalName' } },
      { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 1 }] } },
      { spec: { type: 'LoadBalancer', ports: [{ port: 80, nodePort: 30999 }] } },
      { spec: { sessionAffinity: 'ClientIP' } },
      { spec: { ipFamilies: ['IPv6'] } },
    ],
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
  },
  {
    at: `${here}/endpoints`,
    object: named('v1', 'Endpoints', { subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }] }),
    changes: [{ subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 0 }] }] }],
  },
  {
    at: `${here}/events`,
    object: named('v1', 'Event', {
      involvedObject: { kind: 'Pod', name: 'x', namespace: 'NS' },
      reason: 'R',
      message: 'm',
      type: 'Normal',
    }),
    changes: [{ reason: 'S' }, { count: 4 }],
  },
  {
    at: `${here}/limitranges`,
    object: named('v1', 'LimitRange', {
      spec: { limits: [{ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '0.5' } }] },
    }),
    changes: [
      {
        spec: {
          limits: [
            { type: 'Pod', default: { cpu: '1' } },
            { type: 'Container', min: { cpu: '2' }, max: { cpu: '1' } },
          ],
        },
      },
    ],
  },
  {
    at: `${here}/resourcequotas`,
    object: named('v1', 'ResourceQuota', {
      spec: { hard: { cpu: '100', 'count/foos': '3' }, scopes: ['NotTerminating'] },
    }),
    changes: [
      { spec: { scopes: ['Terminating'] } },
      { spec: { hard: { foo: '1', cpu: '-1' } } },
      { spec: { hard: { cpu: '200' } } },
    ],
    status: { hard: { cpu: '100' }, used: { cpu: '1' } },
  },
  {
    at: `${here}/persistentvolumeclaims`,
    object: named('v1', 'PersistentVolumeClaim', {
      spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
    changes: [
      { spec: { resources: { requests: { storage: '2Gi' } } } },
      { spec: { accessModes: ['Foo'] } },
      { spec: { storageClassName: 'x' } },
      { spec: { volumeMode: 'Block' } },
    ],
    status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
  },
  {
    at: `${here}/podtemplates`,
    object: named('v1', 'PodTemplate', { template }),
    changes: [{ template: { spec: { restartPolicy: 'Foo' } } }],
  },
  {
    at: `${here}/replicationcontrollers`,
    object: named('v1', 'ReplicationController', { spec: { replicas: 2, selector: { app: 'a' }, template } }),
    changes: [{ spec: { replicas: -1 } }, { spec: { selector: { app: 'b' } } }, { spec: { replicas: 3 } }],
    status: { replicas: 2, readyReplicas: 1, availableReplicas: 1, observedGeneration: 1 },
  },
  {
    at: `${core}/persistentvolumes`,
    object: named('v1', 'PersistentVolume', {
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
    }),
    changes: [
      { spec: { hostPath: { path: '/y' } } },
      { spec: { persistentVolumeReclaimPolicy: 'Delete' } },
      { spec: { storageClassName: 'y' } },
      { spec: { volumeMode: 'Block' } },
    ],
    status: { phase: 'Available' },
  },
  {
    at: `${core}/nodes`,
    object: named('v1', 'Node', { spec: { podCIDR: '10.1.0.0/24', taints: [{ key: 'a', effect: 'NoSchedule' }] } }),
    changes: [
      { spec: { podCIDR: '10.2.0.0/24' } },
      { spec: { unschedulable: true } },
      { spec: { providerID: 'x' } },
      { spec: { providerID: 'y' } },
      {
        spec: {
          taints: [
            { key: 'a', effect: 'Foo' },
            { key: 'a', effect: 'NoExecute' },
          ],
        },
      },
    ],
    status: {
      capacity: { cpu: '1', memory: '1Gi', pods: '10' },
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '1.2.3.4' }],
      nodeInfo: { kubeletVersion: 'v1.36.0', osImage: 'x' },
    },
  },
  {
    at: `${core}/namespaces`,
    object: named('v1', 'Namespace', {}, 'made-a'),
    changes: [{ spec: { finalizers: [] } }, { spec: { finalizers: ['a'] } }],
    status: { conditions: [condition('NamespaceDeletionContentFailure')] },
  },
]

const metrics = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
]
const ofWorkloads: readonly Sample[] = [
  {
    at: of('apps/v1', 'deployments'),
    object: named('apps/v1', 'Deployment', { spec: { selector, template } }),
    changes: [
      { spec: { selector: { matchLabels: { app: 'b' } } } },
      { spec: { replicas: 5 } },
      { spec: { paused: true } },
      { spec: { strategy: { type: 'Recreate' } } },
      { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } },
      { spec: { template: { metadata: { labels: null } } } },
    ],
    status: {
      replicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      updatedReplicas: 1,
      observedGeneration: 1,
      conditions: [{ type: 'Available', status: 'True', reason: 'R' }],
    },
  },
  {
    at: of('apps/v1', 'replicasets'),
    object: named('apps/v1', 'ReplicaSet', { spec: { selector, template } }),
    changes: [
      { spec: { selector: { matchLabels: { app: 'b' } } } },
      { spec: { replicas: 3 } },
      { spec: { minReadySeconds: -1 } },
    ],
    status: { replicas: 1, readyReplicas: 1, availableReplicas: 2 },
  },
  {
    at: of('apps/v1', 'statefulsets'),
    object: named('apps/v1', 'StatefulSet', {
      spec: {
        serviceName: 'x',
        selector,
        template,
        volumeClaimTemplates: [
          {
            metadata: { name: 'v' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    }),
    changes: [
      { spec: { serviceName: 'y' } },
      { spec: { replicas: 3 } },
      { spec: { podManagementPolicy: 'Parallel' } },
      { spec: { ordinals: { start: -1 } } },
      { spec: { updateStrategy: { type: 'OnDelete' } } },
      { spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } },
    ],
    status: { replicas: 1, readyReplicas: 1, currentRevision: 'x' },
  },
  {
    at: of('apps/v1', 'daemonsets'),
    object: named('apps/v1', 'DaemonSet', { spec: { selector, template } }),
    changes: [
      { spec: { selector: { matchLabels: { app: 'b' } } } },
      { spec: { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } } },
      { spec: { template: { spec: { activeDeadlineSeconds: 5 } } } },
      { spec: { template: { spec: { terminationGracePeriodSeconds: 5 } } } },
    ],
    status: { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 1, numberReady: 1 },
  },
  {
    at: of('apps/v1', 'controllerrevisions'),
    object: named('apps/v1', 'ControllerRevision', { revision: 1, data: { a: 'b' } }),
    changes: [{ revision: 2 }, { data: { a: 'c' } }, { revision: -1 }],
  },
  {
    at: of('batch/v1', 'jobs'),
    object: named('batch/v1', 'Job', { spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } }),
    changes: [
      { spec: { completions: 3 } },
      { spec: { parallelism: 3 } },
      { spec: { backoffLimit: -1 } },
      { spec: { suspend: true } },
      { spec: { template: { spec: { restartPolicy: 'Always' } } } },
      { spec: { ttlSecondsAfterFinished: 5 } },
      { spec: { podFailurePolicy: { rules: [{ action: 'FailJob' }] } } },
    ],
    status: { active: 1, startTime: '2024-01-01T00:00:00Z' },
  },
  {
    at: of('batch/v1', 'cronjobs'),
    object: named('batch/v1', 'CronJob', {
      spec: {
        schedule: '*/5 * * * *',
        jobTemplate: { spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } },
      },
    }),
    changes: [
      { spec: { schedule: 'x' } },
      { spec: { timeZone: 'Mars/Base' } },
      { spec: { schedule: 'TZ=UTC * * * * *' } },
      { spec: { suspend: true } },
      { spec: { concurrencyPolicy: 'Foo' } },
    ],
    status: { lastScheduleTime: '2024-01-01T00:00:00Z' },
  },
  {
    at: of('autoscaling/v2', 'horizontalpodautoscalers'),
    object: named('autoscaling/v2', 'HorizontalPodAutoscaler', {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'a', apiVersion: 'apps/v1' }, maxReplicas: 3, metrics },
    }),
    changes: [
      { spec: { minReplicas: 5 } },
      { spec: { maxReplicas: 0 } },
      { spec: { behavior: { scaleDown: { stabilizationWindowSeconds: -1 } } } },
      { spec: { metrics: [{ type: 'Foo' }] } },
    ],
    status: { currentReplicas: 1, desiredReplicas: 2, conditions: [condition('AbleToScale')] },
  },
  {
    at: of('autoscaling/v1', 'horizontalpodautoscalers'),
    object: named('autoscaling/v1', 'HorizontalPodAutoscaler', {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'a' }, maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
    }),
    changes: [{ spec: { targetCPUUtilizationPercentage: 0 } }, { spec: { targetCPUUtilizationPercentage: null } }],
    status: { currentReplicas: 1, desiredReplicas: 2 },
  },
  {
    at: of('policy/v1', 'poddisruptionbudgets'),
    object: named('policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: 1, selector } }),
    changes: [
      { spec: { maxUnavailable: 1 } },
      { spec: { minAvailable: '150%' } },
      { spec: { unhealthyPodEvictionPolicy: 'Foo' } },
      { spec: { selector: { matchLabels: { a: 'b' } } } },
    ],
    status: { disruptionsAllowed: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  },
  {
    at: of('coordination.k8s.io/v1', 'leases'),
    object: named('coordination.k8s.io/v1', 'Lease', {
      spec: { holderIdentity: 'x', leaseDurationSeconds: 15, renewTime: '2024-01-01T00:00:00.000000Z' },
    }),
    changes: [
      { spec: { leaseDurationSeconds: 0 } },
      { spec: { leaseTransitions: -1 } },
      { spec: { strategy: 'x' } },
      { spec: { renewTime: 'x' } },
    ],
  },
  {
    at: of('events.k8s.io/v1', 'events'),
    object: named('events.k8s.io/v1', 'Event', {
      eventTime: '2024-01-01T00:00:00.000000Z',
      reportingController: 'a.b/c',
      reportingInstance: 'i',
      action: 'A',
      reason: 'R',
      type: 'Normal',
      regarding: { kind: 'Pod', namespace: 'NS', name: 'x' },
    }),
    changes: [
      { reason: 'S' },
      { note: 'x' },
      { series: { count: 2, lastObservedTime: '2024-01-01T00:00:00.000000Z' } },
    ],
  },
]

const ofNetwork: readonly Sample[] = [
  {
    at: of('networking.k8s.io/v1', 'ingresses'),
    object: named('networking.k8s.io/v1', 'Ingress', {
      spec: {
        ingressClassName: 'x',
        rules: [
          {
            host: 'a.b',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }],
            },
          },
        ],
        tls: [{ hosts: ['a.b'], secretName: 't' }],
      },
    }),
    changes: [
      { spec: { rules: [{ host: '1.2.3.4' }] } },
      { spec: { rules: [{ http: { paths: [{ path: 'x', pathType: 'Exact', backend: {} }] } }] } },
      { spec: { defaultBackend: { service: { name: 's', port: { name: 'x', number: 1 } } } } },
    ],
    status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
  },
  {
    at: wide('networking.k8s.io/v1', 'ingressclasses'),
    object: named('networking.k8s.io/v1', 'IngressClass', {
      spec: { controller: 'a.b/c', parameters: { kind: 'X', name: 'y' } },
    }),
    changes: [
      { spec: { controller: 'x' } },
      { spec: { controller: 'a.b/d' } },
      { spec: { parameters: { scope: 'Namespace' } } },
    ],
  },
  {
    at: of('networking.k8s.io/v1', 'networkpolicies'),
    object: named('networking.k8s.io/v1', 'NetworkPolicy', {
      spec: { podSelector: {}, ingress: [{ from: [{ podSelector: selector }], ports: [{ port: 80 }] }] },
    }),
    changes: [
      { spec: { policyTypes: ['Foo'] } },
      { spec: { egress: [{ to: [{ ipBlock: { cidr: 'x' } }] }] } },
      { spec: { ingress: [{ ports: [{ port: 'http', endPort: 5 }] }] } },
    ],
  },
  {
    at: wide('networking.k8s.io/v1', 'servicecidrs'),
    object: named('networking.k8s.io/v1', 'ServiceCIDR', { spec: { cidrs: ['10.200.0.0/16'] } }),
    changes: [{ spec: { cidrs: ['10.201.0.0/16'] } }],
    status: { conditions: [condition('Ready')] },
  },
  {
    at: wide('networking.k8s.io/v1', 'ipaddresses'),
    object: named(
      'networking.k8s.io/v1',
      'IPAddress',
      { spec: { parentRef: { resource: 'services', name: 'x', namespace: 'NS' } } },
      '10.96.0.99',
    ),
    changes: [{ spec: { parentRef: { name: 'z' } } }],
  },
  {
    at: of('discovery.k8s.io/v1', 'endpointslices'),
    object: named('discovery.k8s.io/v1', 'EndpointSlice', {
      addressType: 'IPv4',
      endpoints: [{ addresses: ['1.2.3.4'], conditions: { ready: true }, nodeName: 'n' }],
      ports: [{ port: 80, name: '' }],
    }),
    changes: [
      { addressType: 'IPv6' },
      { endpoints: [{ addresses: ['127.0.0.1', 'x'] }] },
      { ports: [{ name: 'A' }, { name: 'A' }] },
    ],
  },
]

const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'a' }
const subjects = [
  { kind: 'User', name: 'u' },
  { kind: 'ServiceAccount', name: 's', namespace: 'NS' },
]
const webhook = {
  name: 'a.b.c',
  clientConfig: { url: 'https://127.0.0.1:1/x' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  rules: [{ apiGroups: ['nope'], apiVersions: ['v1'], resources: ['x'], operations: ['CREATE'] }],
  timeoutSeconds: 1,
}
const matchNothing = {
  resourceRules: [{ apiGroups: ['nope'], apiVersions: ['v1'], resources: ['x'], operations: ['CREATE'] }],
}
const ofPolicy: readonly Sample[] = [
  {
    at: of('rbac.authorization.k8s.io/v1', 'roles'),
    object: named('rbac.authorization.k8s.io/v1', 'Role', { rules }),
    changes: [{ rules: [{ verbs: [] }] }, { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] }],
  },
  {
    at: of('rbac.authorization.k8s.io/v1', 'rolebindings'),
    object: named('rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef, subjects }),
    changes: [
      { roleRef: { name: 'b' } },
      {
        subjects: [
          { kind: 'Foo', name: 'x' },
          { kind: 'ServiceAccount', name: 'X_' },
        ],
      },
    ],
  },
  {
    at: wide('rbac.authorization.k8s.io/v1', 'clusterroles'),
    object: named('rbac.authorization.k8s.io/v1', 'ClusterRole', { rules }),
    changes: [
      { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'a b': 'c' } }] } },
      { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'], resources: ['y'] }] },
    ],
  },
  {
    at: wide('rbac.authorization.k8s.io/v1', 'clusterrolebindings'),
    object: named('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', { roleRef, subjects }),
    changes: [{ roleRef: { name: 'b' } }, { subjects: [{ kind: 'ServiceAccount', name: 'x' }] }],
  },
  {
    at: wide('scheduling.k8s.io/v1', 'priorityclasses'),
    object: named('scheduling.k8s.io/v1', 'PriorityClass', { value: 5 }),
    changes: [{ value: 6 }, { preemptionPolicy: 'Never' }, { description: 'x' }],
  },
  {
    at: wide('node.k8s.io/v1', 'runtimeclasses'),
    object: named('node.k8s.io/v1', 'RuntimeClass', { handler: 'x', overhead: { podFixed: { cpu: '1' } } }),
    changes: [{ handler: 'y' }, { overhead: { podFixed: { cpu: '-1' } } }],
  },
  {
    at: wide('admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations'),
    object: named('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', { webhooks: [webhook] }),
    changes: [
      { webhooks: [{ ...webhook, name: 'x', timeoutSeconds: 50 }] },
      { webhooks: [{ ...webhook, matchConditions: [{ name: 'a', expression: '1 +' }] }] },
      { webhooks: [webhook, webhook] },
    ],
  },
  {
    at: wide('admissionregistration.k8s.io/v1', 'mutatingwebhookconfigurations'),
    object: named('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', { webhooks: [webhook] }),
    changes: [
      { webhooks: [{ ...webhook, sideEffects: 'Some' }] },
      { webhooks: [{ ...webhook, clientConfig: { service: { name: 'x' } } }] },
    ],
  },
  {
    at: wide('admissionregistration.k8s.io/v1', 'validatingadmissionpolicies'),
    object: named('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', {
      spec: { matchConstraints: matchNothing, validations: [{ expression: 'object.x > 1', message: 'm' }] },
    }),
    changes: [
      { spec: { validations: [{ expression: 'object.' }] } },
      { spec: { validations: [{ expression: '1', reason: 'Foo' }] } },
      { spec: { variables: [{ name: 'a', expression: 'variables.b' }] } },
      { spec: { auditAnnotations: [{ key: 'k', valueExpression: '1' }] } },
      { spec: { matchConstraints: { resourceRules: [] } } },
    ],
    status: { observedGeneration: 1, conditions: [condition('X')] },
  },
  {
    at: wide('admissionregistration.k8s.io/v1', 'validatingadmissionpolicybindings'),
    object: named('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', {
      spec: { policyName: 'x', validationActions: ['Deny'] },
    }),
    changes: [
      { spec: { policyName: 'y' } },
      { spec: { validationActions: ['Deny', 'Warn'] } },
      { spec: { validationActions: [] } },
      { spec: { paramRef: { name: 'x' } } },
    ],
  },
  {
    at: wide('admissionregistration.k8s.io/v1', 'mutatingadmissionpolicies'),
    object: named('admissionregistration.k8s.io/v1', 'MutatingAdmissionPolicy', {
      spec: {
        matchConstraints: matchNothing,
        reinvocationPolicy: 'Never',
        mutations: [
          {
            patchType: 'ApplyConfiguration',
            applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"a":"b"}}}' },
          },
        ],
      },
    }),
    changes: [
      { spec: { mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[1]' } }] } },
      { spec: { mutations: [] } },
      { spec: { mutations: [{ patchType: 'Foo' }] } },
    ],
  },
  {
    at: wide('admissionregistration.k8s.io/v1', 'mutatingadmissionpolicybindings'),
    object: named('admissionregistration.k8s.io/v1', 'MutatingAdmissionPolicyBinding', { spec: { policyName: 'x' } }),
    changes: [
      { spec: { policyName: '' } },
      { spec: { matchResources: { namespaceSelector: { matchLabels: { 'a b': 'c' } } } } },
    ],
  },
  {
    at: wide('flowcontrol.apiserver.k8s.io/v1', 'flowschemas'),
    object: named('flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', {
      spec: {
        priorityLevelConfiguration: { name: 'x' },
        matchingPrecedence: 9000,
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'zz' } }],
            resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] }],
          },
        ],
      },
    }),
    changes: [
      { spec: { matchingPrecedence: 0 } },
      { spec: { rules: [{ subjects: [] }] } },
      { spec: { distinguisherMethod: { type: 'Foo' } } },
    ],
    status: { conditions: [condition('Dangling')] },
  },
  {
    at: wide('flowcontrol.apiserver.k8s.io/v1', 'prioritylevelconfigurations'),
    object: named('flowcontrol.apiserver.k8s.io/v1', 'PriorityLevelConfiguration', {
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 1,
          limitResponse: { type: 'Queue', queuing: { queues: 8, handSize: 2, queueLengthLimit: 5 } },
        },
      },
    }),
    changes: [
      { spec: { type: 'Exempt' } },
      { spec: { limited: { limitResponse: { type: 'Reject' } } } },
      { spec: { limited: { limitResponse: { queuing: { handSize: 80 } } } } },
    ],
  },
  {
    at: wide('apiregistration.k8s.io/v1', 'apiservices'),
    object: named(
      'apiregistration.k8s.io/v1',
      'APIService',
      {
        spec: {
          group: 'x.y',
          version: 'v1',
          groupPriorityMinimum: 100,
          versionPriority: 10,
          insecureSkipTLSVerify: true,
          service: { name: 'n', namespace: 'none' },
        },
      },
      'v1.x.y',
    ),
    changes: [{ spec: { version: 'v2' } }, { spec: { groupPriorityMinimum: 0 } }, { spec: { caBundle: 'AAAA' } }],
    status: { conditions: [condition('X')] },
  },
  {
    at: wide('certificates.k8s.io/v1', 'certificatesigningrequests'),
    object: named('certificates.k8s.io/v1', 'CertificateSigningRequest', {
      spec: { signerName: 'a.b/c', usages: ['client auth'], request: 'AAAA' },
    }),
  },
]

const csi = { attacher: 'csi.x', nodeName: 'n', source: { persistentVolumeName: 'p' } }
const ofStorage: readonly Sample[] = [
  {
    at: wide('storage.k8s.io/v1', 'storageclasses'),
    object: named('storage.k8s.io/v1', 'StorageClass', { provisioner: 'x.y/z', parameters: { a: 'b' } }),
    changes: [
      { provisioner: 'y' },
      { parameters: { a: 'c' } },
      { reclaimPolicy: 'Foo' },
      { volumeBindingMode: 'WaitForFirstConsumer' },
      { allowVolumeExpansion: true },
      { allowedTopologies: [{ matchLabelExpressions: [{ key: 'a', values: [] }] }] },
    ],
  },
  {
    at: wide('storage.k8s.io/v1', 'volumeattachments'),
    object: named('storage.k8s.io/v1', 'VolumeAttachment', { spec: csi }),
    changes: [{ spec: { nodeName: 'm' } }],
    status: { attached: true },
  },
  {
    at: wide('storage.k8s.io/v1', 'csidrivers'),
    object: named('storage.k8s.io/v1', 'CSIDriver', { spec: {} }, 'csi.x'),
    changes: [
      { spec: { attachRequired: false } },
      { spec: { fsGroupPolicy: 'Foo' } },
      { spec: { volumeLifecycleModes: ['Ephemeral'] } },
      { spec: { podInfoOnMount: true } },
    ],
  },
  {
    at: wide('storage.k8s.io/v1', 'csinodes'),
    object: named('storage.k8s.io/v1', 'CSINode', {
      spec: { drivers: [{ name: 'csi.x', nodeID: 'i', topologyKeys: ['a'] }] },
    }),
    changes: [
      { spec: { drivers: [{ name: 'csi.x', nodeID: 'j', topologyKeys: ['a'] }] } },
      { spec: { drivers: [{ name: 'X_', nodeID: '' }] } },
    ],
  },
  {
    at: of('storage.k8s.io/v1', 'csistoragecapacities'),
    object: named('storage.k8s.io/v1', 'CSIStorageCapacity', {
      storageClassName: 'x',
      capacity: '1Gi',
      nodeTopology: selector,
    }),
    changes: [{ storageClassName: 'y' }, { capacity: '-1' }, { maximumVolumeSize: '2Gi' }],
  },
  {
    at: wide('storage.k8s.io/v1', 'volumeattributesclasses'),
    object: named('storage.k8s.io/v1', 'VolumeAttributesClass', { driverName: 'csi.x', parameters: { a: 'b' } }),
    changes: [{ driverName: 'y' }, { parameters: { a: 'c' } }, { parameters: {} }],
  },
]

const request = { name: 'r', exactly: { deviceClassName: 'c' } }
const ofDevices: readonly Sample[] = [
  {
    at: of('resource.k8s.io/v1', 'resourceclaims'),
    object: named('resource.k8s.io/v1', 'ResourceClaim', { spec: { devices: { requests: [request] } } }),
    changes: [
      { spec: { devices: { requests: [{ name: 'R', exactly: { deviceClassName: 'X_', allocationMode: 'Foo' } }] } } },
    ],
    status: { devices: [{ driver: 'd', pool: 'p', device: 'x' }] },
  },
  {
    at: of('resource.k8s.io/v1', 'resourceclaimtemplates'),
    object: named('resource.k8s.io/v1', 'ResourceClaimTemplate', {
      spec: { spec: { devices: { requests: [request] } } },
    }),
    changes: [{ spec: { spec: { devices: { requests: [{ name: 's', exactly: { deviceClassName: 'c' } }] } } } }],
  },
  {
    at: wide('resource.k8s.io/v1', 'deviceclasses'),
    object: named('resource.k8s.io/v1', 'DeviceClass', {
      spec: { selectors: [{ cel: { expression: 'device.driver == "x"' } }] },
    }),
    changes: [
      { spec: { selectors: [{ cel: { expression: 'device.foo' } }] } },
      { spec: { config: [{ opaque: { driver: 'X_', parameters: {} } }] } },
    ],
  },
  {
    at: wide('resource.k8s.io/v1', 'resourceslices'),
    object: named('resource.k8s.io/v1', 'ResourceSlice', {
      spec: {
        driver: 'd.x',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
        nodeName: 'n',
        devices: [{ name: 'd', attributes: { a: { string: 'x' } }, capacity: { m: { value: '1Gi' } } }],
      },
    }),
    changes: [
      { spec: { driver: 'e' } },
      { spec: { nodeName: 'm' } },
      { spec: { allNodes: true } },
      { spec: { devices: [{ name: 'D' }] } },
    ],
  },
]

/** One object of every kind that is served by default and kept. */
export const samples: readonly Sample[] = [
  ...ofCore,
  ...ofWorkloads,
  ...ofNetwork,
  ...ofPolicy,
  ...ofStorage,
  ...ofDevices,
]
