import { type Asked, type Battery, battery, get, post, put, remove, silently } from '../battery.ts'

const here = '/api/v1/namespaces/default'
const pods = `${here}/pods`
const p = `${pods}/p1`
const pod = (name: string, spec: object = {}, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'a', image: 'nginx' }], ...spec },
  ...more,
})
const ask = (text: string): Asked => ({ ask: text })

const bodies = battery(
  'odd: bodies',
  silently(post(`${here}/serviceaccounts`, { metadata: { name: 'default' } })),
  post(pods, pod('p1')),
  post(pods, pod('p1')),
  post(pods, { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'X_' }, spec: {} }),
  post(pods, { kind: 'Service', apiVersion: 'v1', metadata: { name: 'a' } }),
  post(pods, { kind: 'Pod', apiVersion: 'v2', metadata: { name: 'a' } }),
  ...[
    '{',
    '[]',
    '"x"',
    'null',
    '{"metadata":{"name":5}}',
    '{"metadata":{"name":"a"},"spec":{"containers":"x"}}',
    '{"metadata":{"name":"a","labels":{"a":1}}}',
    '{"spec":{"terminationGracePeriodSeconds":1.5}}',
    '{"spec":{"containers":[{"resources":{"limits":{"cpu":"abc"}}}]}}',
    '{"metadata":{"creationTimestamp":"x"}}',
  ].map((body) => post(pods, body)),
  post(`${pods}?fieldValidation=Strict`, pod('p2', {}, { foo: 1 })),
  post(`${pods}?fieldValidation=Warn`, pod('p3', { nope: 1 }, { foo: 1 })),
  post(
    `${pods}?fieldValidation=Strict`,
    '{"metadata":{"name":"a","name":"b"},"spec":{"containers":[{"name":"a","image":"b"}]}}',
  ),
  put(p, pod('px')),
  put(`${pods}/none`, pod('none')),
  put(p, pod('p1', {}, { metadata: { name: 'p1', resourceVersion: '1' } })),
  put(p, pod('p1', {}, { metadata: { name: 'p1', uid: 'x' } })),
  put(p, pod('p1', {}, { metadata: { name: 'p1', namespace: 'other' } })),
  put(p, pod('p1', { hostname: 'x' })),
  post('/api/v1/namespaces/none/pods', pod('a')),
  post(`${here}/configmaps`, '{"metadata":{"name":"ct"}}', { 'content-type': 'text/plain' }),
  post(`${here}/configmaps`, 'metadata: {name: yaml}', { 'content-type': 'application/yaml' }),
)
const parameters = battery(
  'odd: parameters, methods and paths',
  ...[
    'labelSelector=a%3D%3D%3Db',
    'labelSelector=a%20in',
    'labelSelector=!!a',
    'labelSelector=a%3D_b',
    'fieldSelector=foo%3Dbar',
    'fieldSelector=spec.nodeName',
    'limit=abc',
    'limit=-1',
    'continue=abc',
    'continue=abc&resourceVersion=1',
    'resourceVersion=abc',
    'resourceVersionMatch=Exact',
    'resourceVersionMatch=Foo&resourceVersion=1',
    'resourceVersionMatch=Exact&resourceVersion=0',
    'resourceVersion=-1',
    'watch=true&sendInitialEvents=true',
    'sendInitialEvents=true',
    'timeoutSeconds=x',
    'watch=true&resourceVersion=1&timeoutSeconds=1',
  ].map((query) => get(`${pods}?${query}`)),
  ...['dryRun=Foo', `fieldManager=${'x'.repeat(200)}`, 'fieldValidation=Nope', 'timeout=abc'].map((query) =>
    post(`${pods}?${query}`, pod('p5')),
  ),
  ...[
    { propagationPolicy: 'Foo' },
    { propagationPolicy: 'Orphan', orphanDependents: true },
    { preconditions: { uid: 'x' } },
    { preconditions: { resourceVersion: '1' } },
    { kind: 'Foo', apiVersion: 'v1' },
    { dryRun: ['X'] },
    { gracePeriodSeconds: 'x' },
  ].map((body) => remove(p, body)),
  remove(`${p}?gracePeriodSeconds=abc`),
  remove(`${p}?dryRun=All`),
  ...[
    'GET /apis/nope',
    'GET /apis/apps/v9',
    'GET /foo',
    'GET /openapi/v4',
    'POST /version',
    'DELETE /apis/apps',
    'PATCH /api/v1/namespaces',
    `GET ${here}/nothings`,
    'POST /api/v1/pods',
    'DELETE /api/v1/pods',
    `PUT ${pods}`,
    `GET ${p}/foo`,
    `GET ${p}/portforward`,
    `POST ${p}/status`,
    'GET /api/v1/nodes/none/proxy',
    'GET /api/v1/nodes/none',
    'DELETE /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  ].map(ask),
)
const forms = battery(
  'odd: forms and callers',
  ...[
    'application/xml',
    'text/html',
    '*/*',
    'application/json;as=Table;g=meta.k8s.io;v=v2',
    'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    'application/json;as=Foo;g=meta.k8s.io;v=v1',
    'application/json;stream=watch',
    'application/cbor',
  ].flatMap((accept) => [get(pods, { accept }), get(p, { accept })]),
  ...[
    { 'impersonate-group': 'g' },
    { 'impersonate-uid': '1' },
    { 'impersonate-user': 'system:serviceaccount:default:default' },
    { 'impersonate-user': 'system:anonymous' },
  ].map((headers) => get(`${here}/secrets`, headers)),
  ...['bob', 'system:node:n1', 'system:kube-scheduler'].flatMap((user) =>
    [
      'GET /api/v1/nodes',
      'GET /api/v1/nodes/n1',
      `DELETE ${pods}`,
      'GET /metrics',
      'GET /api',
      `POST ${p}/exec`,
      `GET ${here}/secrets/s`,
      'PATCH /apis/apps/v1/deployments/x',
    ].map((text) => ({ ...ask(text), headers: { 'impersonate-user': user } })),
  ),
)

/** Requests that are odd in some way. */
export const odd: readonly Battery[] = [bodies, parameters, forms]
