import { type Battery, battery, get, jsonPatch, mergePatch, post, put, remove, silently } from '../battery.ts'

const namespace = 'asked'
const here = `/api/v1/namespaces/${namespace}`
const authorization = '/apis/authorization.k8s.io/v1'
const as = (user: string) => ({ 'impersonate-user': user })
const resource = (verb: string, name: string, more: object = {}) => ({
  resourceAttributes: { verb, resource: name, ...more },
})
const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
const rule = (verbs: readonly string[], resources: readonly string[], more: object = {}) => ({
  apiGroups: [''],
  verbs,
  resources,
  ...more,
})

const access = battery(
  'reviews: who may do what',
  silently(
    post(`${roles}/roles`, {
      metadata: { name: 'reader' },
      rules: [rule(['get', 'list'], ['pods', 'pods/log']), rule(['get'], ['secrets'], { resourceNames: ['one'] })],
    }),
  ),
  silently(
    post(`${roles}/rolebindings`, {
      metadata: { name: 'reads' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'User', name: 'ann' }],
    }),
  ),
  post(`${authorization}/subjectaccessreviews`, {}),
  post(`${authorization}/subjectaccessreviews`, { spec: { user: 'ann' } }),
  post(`${authorization}/subjectaccessreviews`, { spec: resource('get', 'pods') }),
  post(`${authorization}/subjectaccessreviews`, { spec: { user: 'ann', ...resource('get', 'pods', { namespace }) } }),
  post(`${authorization}/subjectaccessreviews`, {
    spec: { user: 'ann', ...resource('get', 'pods', { namespace, subresource: 'log', name: 'x' }) },
  }),
  post(`${authorization}/subjectaccessreviews`, {
    spec: { user: 'ann', ...resource('delete', 'pods', { namespace }) },
  }),
  post(`${authorization}/subjectaccessreviews`, {
    spec: { user: 'ann', groups: ['system:masters'], ...resource('delete', 'pods') },
  }),
  post(`${authorization}/subjectaccessreviews`, {
    spec: { user: 'ann', nonResourceAttributes: { path: '/healthz', verb: 'get' } },
  }),
  post(`${authorization}/subjectaccessreviews`, {
    spec: { user: 'ann', groups: ['system:authenticated'], nonResourceAttributes: { path: '/healthz', verb: 'get' } },
  }),
  post(`${authorization}/subjectaccessreviews`, {
    spec: { user: 'ann', nonResourceAttributes: { path: '/x', verb: 'get' }, ...resource('get', 'pods') },
  }),
  post(`${authorization}/subjectaccessreviews`, {
    metadata: { name: 'x', namespace: 'y' },
    spec: { user: 'ann', ...resource('get', 'pods') },
  }),
  post(`${authorization}/subjectaccessreviews`, {
    spec: {
      user: 'ann',
      ...resource('list', 'pods', {
        labelSelector: { requirements: [{ key: 'a', operator: 'In' }] },
        fieldSelector: { rawSelector: 'a=b', requirements: [] },
      }),
    },
  }),
  post(`${authorization}/subjectaccessreviews`, {
    spec: { user: 'system:node:n', groups: ['system:nodes'], ...resource('get', 'secrets', { namespace, name: 's' }) },
  }),
  post(`${authorization}/subjectaccessreviews?dryRun=All`, { spec: { user: 'ann', ...resource('get', 'pods') } }),
  post(`${authorization}/selfsubjectaccessreviews`, { spec: resource('get', 'pods') }),
  post(`${authorization}/selfsubjectaccessreviews`, { spec: resource('get', 'pods', { namespace }) }, as('ann')),
  post(`${authorization}/selfsubjectaccessreviews`, {}),
  post(`${authorization}/namespaces/${namespace}/localsubjectaccessreviews`, {
    spec: { user: 'ann', ...resource('get', 'pods', { namespace }) },
  }),
  post(`${authorization}/namespaces/${namespace}/localsubjectaccessreviews`, {
    spec: { user: 'ann', ...resource('get', 'pods', { namespace: 'other' }) },
  }),
  post(`${authorization}/namespaces/${namespace}/localsubjectaccessreviews`, {
    spec: { user: 'ann', nonResourceAttributes: { path: '/x', verb: 'get' } },
  }),
  post(`${authorization}/selfsubjectrulesreviews`, { spec: { namespace } }, as('ann')),
  post(`${authorization}/selfsubjectrulesreviews`, { spec: { namespace } }),
  post(`${authorization}/selfsubjectrulesreviews`, {}),
  get(`${here}/pods`, as('ann')),
  get(`${here}/secrets/one`, as('ann')),
  get(`${here}/secrets/two`, as('ann')),
  get(`${here}/secrets`, as('ann')),
  post(`${here}/pods`, {}, as('ann')),
)
const authentication = '/apis/authentication.k8s.io/v1'
const identity = battery(
  'reviews: who somebody is',
  post(`${authentication}/tokenreviews`, {}),
  post(`${authentication}/tokenreviews`, { spec: { token: 'nonsense' } }),
  post(`${authentication}/tokenreviews`, { spec: { token: 'a.b.c', audiences: ['x'] } }),
  post(`${authentication}/selfsubjectreviews`, {}),
  post(`${authentication}/selfsubjectreviews`, {}, as('ann')),
  post(
    `${authentication}/selfsubjectreviews`,
    { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', foo: 1 },
    { 'impersonate-user': 'bob', 'impersonate-group': 'g', 'impersonate-uid': 'u', 'impersonate-extra-a': 'b' },
  ),
  post(`${here}/serviceaccounts/default/token`, {}),
  post(`${here}/serviceaccounts/default/token`, { spec: { expirationSeconds: 5 } }),
  post(`${here}/serviceaccounts/default/token`, { spec: { expirationSeconds: 600, audiences: ['a', 'b'] } }),
  post(`${here}/serviceaccounts/default/token`, { spec: { expirationSeconds: 2 ** 40 } }),
  post(`${here}/serviceaccounts/none/token`, { spec: {} }),
  post(`${here}/serviceaccounts/default/token`, { metadata: { name: 'other' }, spec: {} }),
  post(`${here}/serviceaccounts/default/token`, {
    spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } },
  }),
  post(`${here}/serviceaccounts/default/token`, {
    spec: { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1', name: 'none' } },
  }),
  post(`${here}/serviceaccounts/default/token`, {
    spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none', uid: 'x' } },
  }),
  get(`${here}/serviceaccounts/default/token`),
)

const pod = (name: string, spec: object = {}, metadata: object = {}) => ({
  metadata: { name, labels: { a: 'b' }, ...metadata },
  spec: { containers: [{ name: 'a', image: 'i', resources: { requests: { cpu: '1' } } }], ...spec },
})
const p = `${here}/pods/p`
const ephemeral = (name: string, more: object = {}) => ({
  spec: { ephemeralContainers: [{ name, image: 'i', ...more }] },
})
const ofPods = battery(
  'what can be asked of a pod',
  post(`${here}/pods`, pod('p')),
  get(`${p}/ephemeralcontainers`),
  mergePatch(`${p}/ephemeralcontainers`, ephemeral('e')),
  mergePatch(`${p}/ephemeralcontainers`, ephemeral('e', { image: 'j' })),
  mergePatch(`${p}/ephemeralcontainers`, ephemeral('a')),
  mergePatch(
    `${p}/ephemeralcontainers`,
    ephemeral('f', { ports: [{ containerPort: 1 }], livenessProbe: {}, targetContainerName: 'z' }),
  ),
  mergePatch(p, ephemeral('g')),
  get(`${p}/resize`),
  mergePatch(`${p}/resize`, {
    spec: { containers: [{ name: 'a', image: 'i', resources: { requests: { cpu: '2' } } }] },
  }),
  mergePatch(`${p}/resize`, {
    spec: { containers: [{ name: 'a', image: 'j', resources: { requests: { cpu: '2' } } }] },
  }),
  mergePatch(`${p}/resize`, {
    spec: { containers: [{ name: 'a', image: 'i', resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }] },
  }),
  mergePatch(p, { spec: { containers: [{ name: 'a', image: 'i', resources: { requests: { cpu: '3' } } }] } }),
  post(`${p}/binding`, { target: { kind: 'Node', name: 'n' } }),
  post(`${p}/binding`, { target: { kind: 'Node', name: 'm' } }),
  get(p),
  post(`${here}/pods`, pod('gated', { schedulingGates: [{ name: 'g' }] })),
  post(`${here}/pods/gated/binding`, { target: { kind: 'Node', name: 'n' } }),
  post(`${here}/pods`, pod('q')),
  post(`${here}/bindings`, { metadata: { name: 'q' }, target: { kind: 'Node', name: 'n' } }),
  post(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
    metadata: { name: 'b' },
    spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
  }),
  post(`${p}/eviction`, { metadata: { name: 'p' } }),
  mergePatch(`${p}/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }),
  post(`${p}/eviction`, { metadata: { name: 'p' } }),
  post(`${p}/eviction`, { metadata: { name: 'p' }, deleteOptions: { dryRun: ['All'] } }),
  mergePatch(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/b/status`, {
    status: { observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
  }),
  post(`${p}/eviction?dryRun=All`, { metadata: { name: 'p' } }),
  post(`${p}/eviction`, { metadata: { name: 'p' } }),
  get(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/b`),
  get(p),
  post(`${p}/eviction`, { metadata: { name: 'p' } }),
  remove(p, { gracePeriodSeconds: 5 }),
  remove(p, { gracePeriodSeconds: 0 }),
  get(`${here}/pods/gated/log`),
  get(`${here}/pods/gated/log?container=z`),
  get(`${here}/pods/gated/log?tailLines=-1`),
  get(`${here}/pods/gated/log?sinceSeconds=1&sinceTime=2024-01-01T00:00:00Z`),
  post(`${here}/pods/gated/exec?command=x&container=z&stdout=true`, undefined),
  post(`${here}/pods/gated/attach?stdout=true`, undefined),
)

const csr = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const approved = { type: 'Approved', status: 'True', reason: 'R', message: 'm' }
// A request of nobody, made with a key that is kept nowhere.
const request =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlHM01GOENBUUF3QURCWk1CTUdCeXFHU000OUFnRUdDQ3FHU000OUF3RUhBMElBQkFBQQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K'
const ofRequests = battery(
  'certificates are asked for',
  post(csr, {
    metadata: { name: 'c' },
    spec: { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
  }),
  post(csr, {
    metadata: { name: 'c' },
    spec: { request: 'eA==', signerName: 'x', usages: ['foo', 'client auth', 'client auth'], expirationSeconds: 5 },
  }),
  post(csr, { metadata: { name: 'c' }, spec: {} }),
  mergePatch(`${csr}/none/approval`, { status: { conditions: [approved] } }),
)

const bound = battery(
  'quotas, ranges and levels',
  post(`${here}/resourcequotas`, {
    metadata: { name: 'q' },
    spec: { hard: { pods: '1', 'requests.cpu': '2', 'count/configmaps': '1', services: '0' } },
  }),
  mergePatch(`${here}/resourcequotas/q/status`, {
    status: {
      hard: { pods: '1', 'requests.cpu': '2', 'count/configmaps': '1', services: '0' },
      used: { pods: '1', 'requests.cpu': '1', 'count/configmaps': '1', services: '0' },
    },
  }),
  post(`${here}/pods`, pod('over')),
  post(`${here}/configmaps`, { metadata: { name: 'over' } }),
  post(`${here}/services`, { metadata: { name: 'over' }, spec: { ports: [{ port: 80 }] } }),
  post(`${here}/pods`, { metadata: { name: 'none' }, spec: { containers: [{ name: 'a', image: 'i' }] } }),
  remove(`${here}/resourcequotas/q`),
  post(`${here}/limitranges`, {
    metadata: { name: 'l' },
    spec: {
      limits: [
        {
          type: 'Container',
          min: { cpu: '100m' },
          max: { cpu: '2', memory: '1Gi' },
          default: { cpu: '1' },
          defaultRequest: { cpu: '500m' },
          maxLimitRequestRatio: { cpu: '4' },
        },
        { type: 'Pod', max: { cpu: '3' } },
        { type: 'PersistentVolumeClaim', min: { storage: '1Gi' } },
      ],
    },
  }),
  post(`${here}/pods`, { metadata: { name: 'l1' }, spec: { containers: [{ name: 'a', image: 'i' }] } }),
  post(`${here}/pods`, {
    metadata: { name: 'l2' },
    spec: {
      containers: [
        { name: 'a', image: 'i', resources: { limits: { cpu: '5', memory: '2Gi' }, requests: { cpu: '1' } } },
      ],
    },
  }),
  post(`${here}/pods`, {
    metadata: { name: 'l3' },
    spec: { containers: [{ name: 'a', image: 'i', resources: { requests: { cpu: '10m' } } }] },
  }),
  post(`${here}/persistentvolumeclaims`, {
    metadata: { name: 'l4' },
    spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  }),
  remove(`${here}/limitranges/l`),
  mergePatch(`/api/v1/namespaces/${namespace}`, {
    metadata: {
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/warn': 'restricted' },
    },
  }),
  post(
    `${here}/pods`,
    pod('s1', {
      hostNetwork: true,
      containers: [
        { name: 'a', image: 'i', securityContext: { privileged: true, capabilities: { add: ['NET_ADMIN'] } } },
      ],
      volumes: [{ name: 'h', hostPath: { path: '/' } }],
    }),
  ),
  post(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
    metadata: { name: 's2' },
    spec: { selector: { matchLabels: { a: 'b' } }, template: pod('x') },
  }),
  mergePatch(`/api/v1/namespaces/${namespace}`, {
    metadata: {
      labels: { 'pod-security.kubernetes.io/enforce': 'foo', 'pod-security.kubernetes.io/audit-version': 'v9' },
    },
  }),
  mergePatch(`/api/v1/namespaces/${namespace}`, {
    metadata: { labels: { 'pod-security.kubernetes.io/enforce': null, 'pod-security.kubernetes.io/warn': null } },
  }),
  post(`${here}/pods`, pod('c1', { priorityClassName: 'none' })),
  post(`${here}/pods`, pod('c2', { priorityClassName: 'system-node-critical' })),
  post(`${here}/pods`, pod('c3', { priority: 5 })),
  post(`${here}/pods`, pod('c4', { runtimeClassName: 'none' })),
  post(`${here}/pods`, pod('c5', { serviceAccountName: 'none' })),
  post(`${here}/pods`, pod('c6', { resourceClaims: [{ name: 'r' }] })),
  post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'system-x' }, value: 2_000_000_001 }),
  post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'd1' }, value: 1, globalDefault: true }),
  post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'd2' }, value: 1, globalDefault: true }),
  remove('/apis/scheduling.k8s.io/v1/priorityclasses/d1'),
)
const told = battery(
  'warnings',
  post(
    `${here}/pods?dryRun=All`,
    pod(
      'w',
      {
        nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
        hostAliases: [{ ip: '1.2.3.4' }, { ip: '1.2.3.4' }],
        imagePullSecrets: [{ name: '' }],
        overhead: {},
        terminationGracePeriodSeconds: -1,
      },
      { annotations: { 'scheduler.alpha.kubernetes.io/critical-pod': '' } },
    ),
  ),
  post(
    `${here}/pods?dryRun=All`,
    pod('w', {
      containers: [
        {
          name: 'a',
          image: 'i',
          env: [
            { name: 'x', value: '1' },
            { name: 'x', value: '2' },
          ],
          ports: [{ containerPort: 80 }, { containerPort: 80 }],
          resources: { requests: { memory: '100m' } },
        },
      ],
      volumes: [
        { name: 'g', gitRepo: { repository: 'x' } },
        { name: 'c', cephfs: { monitors: ['x'] } },
      ],
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'beta.kubernetes.io/arch', whenUnsatisfiable: 'DoNotSchedule' },
      ],
    }),
  ),
  post(`${here}/services?dryRun=All`, {
    metadata: { name: 'w' },
    spec: { clusterIP: 'None', ports: [{ port: 80 }], sessionAffinity: 'ClientIP', loadBalancerIP: '1.2.3.4' },
  }),
  post(`${here}/services?dryRun=All`, {
    metadata: { name: 'w', annotations: { 'service.kubernetes.io/topology-aware-hints': 'x' } },
    spec: {
      externalName: 'x',
      ports: [{ port: 80 }],
      trafficDistribution: 'PreferClose',
      externalIPs: ['2001:DB8::1'],
    },
  }),
  post('/api/v1/persistentvolumes?dryRun=All', {
    metadata: { name: 'w', annotations: { 'volume.beta.kubernetes.io/mount-options': 'x' } },
    spec: {
      capacity: { storage: '100m' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Recycle',
      nfs: { server: 's', path: '/' },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'Exists' }] }] },
      },
    },
  }),
  post(`${here}/persistentvolumeclaims?dryRun=All`, {
    metadata: { name: 'w', annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1500m' } } },
  }),
  post('/apis/storage.k8s.io/v1/storageclasses?dryRun=All', {
    metadata: { name: 'w' },
    provisioner: 'x',
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'failure-domain.beta.kubernetes.io/zone', values: ['a'] }] }],
  }),
  post('/api/v1/nodes?dryRun=All', {
    metadata: { name: 'w' },
    spec: { externalID: 'x', podCIDR: '10.0.0.1/24', configSource: {} },
  }),
  post('/apis/node.k8s.io/v1/runtimeclasses?dryRun=All', {
    metadata: { name: 'w' },
    handler: 'h',
    scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'x' } },
  }),
  post(`/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses?dryRun=All`, {
    metadata: { name: 'w', annotations: { 'kubernetes.io/ingress.class': 'x' } },
    spec: { rules: [{ host: 'a' }] },
  }),
  post(`/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies?dryRun=All`, {
    metadata: { name: 'w' },
    spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.1/8', except: ['10.0.0.1/16'] } }] }] },
  }),
  post(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?dryRun=All`, {
    metadata: { name: 'w' },
    addressType: 'FQDN',
    endpoints: [{ addresses: ['a.b'] }],
  }),
  post(`/apis/batch/v1/namespaces/${namespace}/cronjobs?dryRun=All`, {
    metadata: { name: 'w' },
    spec: {
      schedule: '0 0 * * *',
      jobTemplate: {
        spec: {
          completionMode: 'Indexed',
          completions: 200_000,
          parallelism: 20_000,
          template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'i' }] } },
        },
      },
    },
  }),
  post(`/apis/batch/v1/namespaces/${namespace}/jobs?dryRun=All`, {
    metadata: { name: 'w.x' },
    spec: {
      completionMode: 'Indexed',
      completions: 200_000,
      parallelism: 20_000,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'i' }] } },
    },
  }),
  post(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets?dryRun=All`, {
    metadata: { name: 'w' },
    spec: {},
  }),
  post(`/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers?dryRun=All`, {
    metadata: { name: 'w', annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '[]' } },
    spec: {
      maxReplicas: 2,
      scaleTargetRef: { kind: 'D', name: 'd' },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 5 } } },
      ],
    },
  }),
  post('/apis/resource.k8s.io/v1/resourceslices?dryRun=All', {
    metadata: { name: 'w' },
    spec: { driver: 'A.b', nodeName: 'n', pool: { name: 'p', generation: 1, resourceSliceCount: 1 } },
  }),
  post('/apis/storage.k8s.io/v1/csidrivers?dryRun=All', {
    metadata: { name: 'w' },
    spec: { tokenRequests: [{ audience: 'x' }] },
  }),
  post(`${here}/configmaps?dryRun=All`, { metadata: { name: 'w', finalizers: ['x'], annotations: { 'a.b/c': '' } } }),
  jsonPatch('/api/v1/namespaces/default', [{ op: 'add', path: '/metadata/foo', value: 1 }]),
  put('/apis/node.k8s.io/v1/runtimeclasses/w', { metadata: { name: 'w' }, handler: 'h' }),
)

/** Reviews, subresources, admission and warnings. */
export const reviews: readonly Battery[] = [
  battery(
    'first: a namespace to ask about',
    silently(post('/api/v1/namespaces', { metadata: { name: namespace } })),
    silently(post(`${here}/serviceaccounts`, { metadata: { name: 'default' } })),
  ),
  access,
  identity,
  ofPods,
  ofRequests,
  bound,
  told,
]
