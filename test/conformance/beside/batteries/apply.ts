import { apply, type Battery, battery, get, jsonPatch, mergePatch, post, put, remove, silently } from '../battery.ts'

const namespace = 'applied'
const here = `/api/v1/namespaces/${namespace}`
const apps = `/apis/apps/v1/namespaces/${namespace}`
const container = (name: string, more: object = {}) => ({ name, image: 'i', ...more })
const deployment = (spec: object, metadata: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', ...metadata },
  spec,
})
const whole = (replicas: number | undefined, ...containers: readonly object[]) =>
  deployment({
    ...(replicas === undefined ? {} : { replicas }),
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers } },
  })
const map = (data: object | undefined, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', ...metadata },
  ...(data === undefined ? {} : { data }),
})
const service = (ports: readonly object[], spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's' },
  spec: { clusterIP: '10.96.5.5', selector: { a: 'b' }, ports, ...spec },
})
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const d = `${apps}/deployments/d`
const c = `${here}/configmaps/c`
const s = `${here}/services/s`

const conflicts = battery(
  'apply: conflicts and force',
  apply(d, 'fieldManager=one', whole(2, container('a'))),
  apply(d, 'fieldManager=one', whole(2, container('a'))),
  apply(d, 'fieldManager=two', whole(3, container('a', { image: 'j' }))),
  apply(d, 'fieldManager=two&force=true', whole(3, container('a', { image: 'j' }))),
  apply(d, 'fieldManager=one', whole(2, container('a'))),
  apply(d, 'fieldManager=one', whole(undefined, container('a', { image: 'j' }))),
  apply(d, 'fieldManager=three', deployment({ template: { spec: { containers: [{ name: 'b' }] } } })),
  apply(d, 'fieldManager=three', deployment({ template: { spec: { containers: [container('b')] } } })),
  apply(
    d,
    'fieldManager=three',
    deployment({
      template: {
        spec: { containers: [container('b', { env: [{ name: 'x', value: 'y' }], ports: [{ containerPort: 80 }] })] },
      },
    }),
  ),
  apply(
    d,
    'fieldManager=four',
    deployment({
      template: {
        spec: {
          containers: [
            {
              name: 'b',
              env: [
                { name: 'x', value: 'z' },
                { name: 'w', value: 'v' },
              ],
            },
          ],
        },
      },
    }),
  ),
  apply(
    d,
    'fieldManager=four&force=true',
    deployment({
      template: {
        spec: {
          containers: [
            {
              name: 'b',
              env: [
                { name: 'x', value: 'z' },
                { name: 'w', value: 'v' },
              ],
            },
          ],
        },
      },
    }),
  ),
  apply(d, 'fieldManager=four', deployment({})),
  apply(d, 'fieldManager=three', deployment({})),
  mergePatch(`${d}/scale`, { spec: { replicas: 7 } }),
  apply(`${d}/scale`, 'fieldManager=scaler', {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'd' },
    spec: { replicas: 8 },
  }),
  apply(`${d}/scale`, 'fieldManager=scaler&force=true', {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'd' },
    spec: { replicas: 8 },
  }),
  get(`${d}/scale`),
  put(`${d}/scale`, { metadata: { name: 'd' }, spec: { replicas: -1 } }),
  put(`${d}/scale`, { metadata: { name: 'd' }, spec: { replicas: 9 } }),
  get(d),
  apply(`${d}/status`, 'fieldManager=st', {
    ...deployment({}),
    status: { replicas: 9, conditions: [{ type: 'A', status: 'True' }] },
  }),
  apply(`${d}/status`, 'fieldManager=su', {
    ...deployment({}),
    status: {
      conditions: [
        { type: 'A', status: 'False' },
        { type: 'B', status: 'True' },
      ],
    },
  }),
  apply(d, 'fieldManager=st', { ...deployment({ paused: true }), status: { replicas: 3 } }),
  apply(d, 'fieldManager=one&dryRun=All', whole(4, container('a', { image: 'k' }))),
)
const parts = battery(
  'apply: maps, sets and lists',
  apply(c, 'fieldManager=one', map({ a: '1', b: '2' }, { labels: { l: 'm' }, finalizers: ['x.y/a'] })),
  apply(c, 'fieldManager=two', map({ c: '3' }, { finalizers: ['x.y/b'] })),
  apply(c, 'fieldManager=two', map({ a: '1', c: '3' }, { finalizers: ['x.y/a', 'x.y/b'] })),
  apply(c, 'fieldManager=one', map({ b: '2' })),
  apply(c, 'fieldManager=two', map({ c: '3' })),
  apply(c, 'fieldManager=two', map(undefined)),
  jsonPatch(c, [{ op: 'add', path: '/data/z', value: 'z' }]),
  apply(c, 'fieldManager=one', map({ b: '2', z: 'z' })),
  mergePatch(c, { data: null }),
  apply(c, 'fieldManager=one', map({ z: 5 } as never)),
  apply(c, 'fieldManager=one', { ...map({ a: 'b' }), dota: {} }),
  apply(c, 'fieldManager=one&fieldValidation=Ignore', { ...map({ a: 'b' }), dota: {} }),
  apply(c, 'fieldManager=one', { ...map({ a: 'b' }), metadata: { name: 'c', managedFields: [] } }),
  apply(c, 'fieldManager=one', { ...map({ a: 'b' }), metadata: { name: 'c', resourceVersion: '1' } }),
  apply(c, 'fieldManager=one', { ...map({ a: 'b' }), metadata: { name: 'c', uid: 'other' } }),
  apply(c, 'fieldManager=one', { ...map({ a: 'b' }), metadata: { name: 'c', namespace: 'other' } }),
  apply(s, 'fieldManager=one', service([{ port: 80 }])),
  apply(s, 'fieldManager=two', service([{ port: 80, protocol: 'UDP', name: 'u' }])),
  apply(
    s,
    'fieldManager=two',
    service([
      { port: 80, name: 'x' },
      { port: 80, name: 'y' },
    ]),
  ),
  apply(
    s,
    'fieldManager=one',
    service(
      [
        { port: 80, name: 'x' },
        { port: 81, name: 'y' },
      ],
      { externalIPs: ['1.2.3.4'] },
    ),
  ),
  apply(s, 'fieldManager=two', service([{ port: 81, name: 'y', targetPort: 'h' }], { externalIPs: ['1.2.3.5'] })),
  apply(`${here}/services/none`, 'fieldManager=one', {
    ...service([]),
    metadata: { name: 'none', resourceVersion: '4' },
  }),
)
const migration = battery(
  'apply: after other ways of writing',
  post(
    `${here}/configmaps?fieldManager=kubectl-client-side-apply`,
    map(
      { a: '1', b: '2' },
      { name: 'm', annotations: { [lastApplied]: JSON.stringify(map({ a: '1', b: '2' }, { name: 'm' })) } },
    ),
  ),
  apply(`${here}/configmaps/m`, 'fieldManager=kubectl', map({ a: '2' }, { name: 'm' })),
  get(`${here}/configmaps/m`),
  apply(`${here}/configmaps/m`, 'fieldManager=other', map({ a: '3' }, { name: 'm' })),
  mergePatch(`${here}/configmaps/m`, { metadata: { managedFields: [{}] } }),
  apply(`${here}/configmaps/m`, 'fieldManager=other', map({ a: '2', d: '4' }, { name: 'm' })),
  apply(`${here}/configmaps/m`, 'fieldManager=third', map({ a: '5' }, { name: 'm' })),
  mergePatch(`${here}/configmaps/m`, { metadata: { managedFields: null } }),
  mergePatch(`${here}/configmaps/m`, { metadata: { managedFields: [] } }),
  mergePatch(`${here}/configmaps/m`, {
    metadata: {
      managedFields: [{ manager: 'x', operation: 'Foo', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
    },
  }),
  mergePatch(`${here}/configmaps/m`, {
    metadata: {
      managedFields: [{ manager: 'x', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV2', fieldsV1: {} }],
    },
  }),
  mergePatch(`${here}/configmaps/m`, {
    metadata: {
      managedFields: [
        {
          manager: 'x',
          operation: 'Update',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { 'f:a': {} } },
        },
      ],
    },
  }),
  apply(`${here}/configmaps/m`, 'fieldManager=third', map({ a: '6' }, { name: 'm' })),
  put(`${here}/configmaps/m`, map({ a: '7' }, { name: 'm' }), { 'user-agent': 'agent/1.2 (x)' }),
  put(`${here}/configmaps/m?fieldManager=own`, map({ a: '8', e: 'f' }, { name: 'm', labels: { a: '' } })),
  remove(`${here}/configmaps/m`),
  apply(`${here}/configmaps/m`, 'fieldManager=third', map({ a: '6' }, { name: 'm' })),
)

/** Server-side apply, by several managers. */
export const applied: readonly Battery[] = [
  battery(
    'first: a namespace for what is applied',
    silently(post('/api/v1/namespaces', { metadata: { name: namespace } })),
  ),
  conflicts,
  parts,
  migration,
]
