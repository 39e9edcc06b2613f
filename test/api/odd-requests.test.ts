import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startApi, type TestApi } from '../fixtures/api.ts'

/**
 * What kube-apiserver v1.36 answered to requests that are odd in some way: the code, the reason and the message of the
 * Status, or the text of a page.
 */
interface Case {
  readonly asked: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly code: number
  readonly reason?: string
  readonly says: string
}
const of = '/api/v1/namespaces/default'
const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'a', image: 'nginx' }] } }
const noMethod = {
  code: 405,
  reason: 'MethodNotAllowed',
  says: 'the server does not allow this method on the requested resource',
}
const untold = (about: string) =>
  `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: ${about}`
const goType = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
const notAccepted = (types: string) => ({
  code: 406,
  reason: 'NotAcceptable',
  says: `406: Not Acceptable\n\nAvailable representations: ${types}`,
})
const usual = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const asForm = (as: string) => ({ accept: `application/json;as=${as};g=meta.k8s.io;v=v1` })

const cases: readonly Case[] = [
  // Methods that a path has no handler for.
  { asked: 'POST /api/v1/pods', body: pod, ...noMethod },
  { asked: 'DELETE /api/v1/pods', ...noMethod },
  { asked: `PUT ${of}/pods`, body: {}, ...noMethod },
  { asked: `PATCH ${of}/pods`, body: {}, ...noMethod },
  { asked: `POST ${of}/pods/p`, body: pod, ...noMethod },
  { asked: 'DELETE /apis/authorization.k8s.io/v1/selfsubjectaccessreviews', ...noMethod },
  { asked: `POST ${of}/pods/p/status`, body: {}, ...noMethod },
  { asked: 'POST /version', ...noMethod },
  // Paths that there are not.
  { asked: 'GET /foo', code: 404, says: '404 page not found\n' },
  { asked: 'GET /apis/nope/v1/foos', code: 404, says: '404 page not found\n' },
  {
    asked: 'GET /apis/apps/v9/foos',
    code: 404,
    reason: 'NotFound',
    says: 'the server could not find the requested resource',
  },
  // Bodies that cannot be read.
  { asked: `POST ${of}/pods`, body: '{', code: 400, says: untold('unexpected end of JSON input ({)') },
  { asked: `POST ${of}/pods`, body: '', code: 400, says: untold('unexpected end of JSON input (<empty>)') },
  {
    asked: `POST ${of}/pods`,
    body: '[]',
    code: 400,
    says: untold(`json: cannot unmarshal array into Go value of type ${goType} (5b5d)`),
  },
  {
    asked: `POST ${of}/pods`,
    body: 'null',
    code: 422,
    reason: 'Invalid',
    says: 'Pod "" is invalid: [metadata.name: Required value: name or generateName is required, spec.containers: Required value]',
  },
  {
    asked: `POST ${of}/pods`,
    body: { kind: 'Service', apiVersion: 'v1' },
    code: 400,
    says: 'Service in version "v1" cannot be handled as a Pod: converting (v1.Service) to (core.Pod): unknown conversion',
  },
  {
    asked: `POST ${of}/pods`,
    body: { kind: 'Pod', apiVersion: 'apps/v1' },
    code: 400,
    says: 'Pod in version "v1" cannot be handled as a Pod: no kind "Pod" is registered for version "apps/v1" in scheme "pkg/runtime/scheme.go:111"',
  },
  // Parameters.
  {
    asked: `POST ${of}/pods?dryRun=X`,
    body: pod,
    code: 422,
    reason: 'Invalid',
    says: 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["X"]: supported values: "All"',
  },
  {
    asked: `PUT ${of}/pods/p?fieldValidation=X`,
    body: pod,
    code: 422,
    reason: 'Invalid',
    says: 'UpdateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "X": supported values: "", "Ignore", "Strict", "Warn"',
  },
  {
    asked: `GET ${of}/pods?resourceVersion=abc`,
    code: 400,
    says: 'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  },
  {
    asked: `GET ${of}/pods?watch=foo&resourceVersion=abc`,
    code: 500,
    reason: 'none',
    says: 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  },
  {
    asked: `GET ${of}/pods?continue=abc`,
    code: 400,
    says: "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
  },
  { asked: `GET ${of}/pods?timeoutSeconds=x`, code: 400, says: 'strconv.ParseInt: parsing "x": invalid syntax' },
  {
    asked: `GET ${of}/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=Exact`,
    code: 422,
    reason: 'Invalid',
    says: 'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
  },
  {
    asked: `DELETE ${of}/configmaps/x?gracePeriodSeconds=abc`,
    code: 400,
    says: 'strconv.ParseInt: parsing "abc": invalid syntax',
  },
  {
    asked: `DELETE ${of}/configmaps/x`,
    body: { gracePeriodSeconds: 'x' },
    code: 400,
    says: 'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
  },
  {
    asked: `DELETE ${of}/configmaps/x`,
    body: { kind: 'Foo', apiVersion: 'v1' },
    code: 400,
    says: 'no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
  },
  {
    asked: `DELETE ${of}/configmaps/x`,
    body: { dryRun: ['X'] },
    code: 422,
    reason: 'Invalid',
    says: 'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["X"]: supported values: "All"',
  },
  // Names in two places.
  {
    asked: `POST ${of}/pods/p/eviction`,
    body: {},
    code: 400,
    says: 'name in URL does not match name in Eviction object',
  },
  {
    asked: `POST ${of}/pods/p/binding`,
    body: {},
    code: 400,
    says: 'name in URL does not match name in Binding object',
  },
  // Media types.
  { asked: `GET ${of}/pods/p`, headers: { accept: 'text/html' }, ...notAccepted(usual) },
  {
    asked: `GET ${of}/pods`,
    headers: { accept: 'application/*' },
    ...notAccepted(`${usual}, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch`),
  },
  {
    asked: `PATCH ${of}/pods/p`,
    headers: { 'content-type': 'application/json' },
    body: {},
    code: 415,
    reason: 'UnsupportedMediaType',
    // Unlike there, where it says "415: Unsupported Media Type", it says what would be taken.
    says: 'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
  },
  {
    asked: `GET ${of}/pods`,
    headers: asForm('PartialObjectMetadata'),
    code: 406,
    reason: 'NotAcceptable',
    says: 'you requested PartialObjectMetadata, but the requested object is a list (*core.PodList)',
  },
  {
    asked: 'GET /api/v1/namespaces/default',
    headers: asForm('PartialObjectMetadataList'),
    code: 406,
    reason: 'NotAcceptable',
    says: 'you requested PartialObjectMetadataList, but the requested object is not a list (*core.Namespace)',
  },
  {
    asked: 'GET /apis',
    headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList' },
    code: 406,
    reason: 'NotAcceptable',
    says: `only the following media types are accepted: ${usual}`,
  },
  {
    asked: 'GET /openid/v1/jwks',
    headers: { accept: 'application/json' },
    ...notAccepted('application/jwk-set+json'),
  },
  // Who may not is told so first.
  {
    asked: 'PATCH /apis/apps/v1/namespaces/default/deployments/x',
    headers: { 'impersonate-user': 'bob' },
    code: 403,
    reason: 'Forbidden',
    says: 'deployments.apps "x" is forbidden: User "bob" cannot patch resource "deployments" in API group "apps" in the namespace "default"',
  },
  {
    asked: `GET ${of}/pods`,
    headers: { 'impersonate-group': 'g' },
    code: 400,
    says: 'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)} without impersonating a user name',
  },
  // Apply configurations.
  {
    asked: `PATCH ${of}/pods/p?fieldManager=m`,
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: '{}',
    code: 400,
    says: 'invalid object type: /, Kind=',
  },
  {
    asked: `PATCH ${of}/pods/p?fieldManager=m`,
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: '[]',
    code: 400,
    says: 'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
  },
]

let api: TestApi
before(async () => {
  api = await startApi()
})
after(() => api[Symbol.asyncDispose]())

for (const { asked, body, headers, code, reason = 'BadRequest', says } of cases) {
  const [method = '', path = ''] = asked.split(' ')
  const sent = [body, headers].filter((one) => one !== undefined).map((one) => JSON.stringify(one))
  test(`${asked} ${sent.join(' ')} is answered as Kubernetes answers it`, async () => {
    const answer = await api.http(method, path, {
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    })
    assert.equal(answer.code, code, answer.body)
    if (says.endsWith('\n')) return assert.equal(answer.body, says)
    const status = JSON.parse(answer.body)
    assert.deepEqual([status.message, status.reason ?? 'none'], [says, reason])
    assert.notEqual(status.details?.name, '', 'a Status names nothing rather than an empty name')
  })
}

test('who is given a role in a namespace may be given the namespace itself', async () => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
  const rules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'] }]
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }]
  await api.http('POST', `${rbac}/roles`, { body: { metadata: { name: 'r' }, rules } })
  await api.http('POST', `${rbac}/rolebindings`, { body: { metadata: { name: 'r' }, roleRef, subjects } })
  const asBob = (path: string) => api.http('GET', path, { headers: { 'impersonate-user': 'bob' } })
  assert.equal((await asBob('/api/v1/namespaces/default')).code, 200)
  assert.match(
    (await asBob('/api/v1/namespaces/kube-system')).body,
    /User \\"bob\\" cannot get resource \\"namespaces\\" in API group \\"\\" in the namespace \\"kube-system\\"/,
  )
})

test('what is deprecated says so, whatever is asked of it', async () => {
  const warned = async (path: string) => String((await api.http('GET', path)).headers.warning ?? '')
  assert.equal(
    await warned(`${of}/endpoints`),
    '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
  )
  assert.equal(await warned('/api/v1/componentstatuses'), '299 - "v1 ComponentStatus is deprecated in v1.19+"')
  assert.equal(await warned(`${of}/pods`), '')
})

test('what is no stored object is shown in rows as any other is', async () => {
  const headers = asForm('Table')
  for (const [path, names] of [
    ['/api/v1/componentstatuses', ['controller-manager', 'scheduler', 'etcd-0']],
    ['/api/v1/componentstatuses/scheduler', ['scheduler']],
  ] as const) {
    const { rows } = JSON.parse((await api.http('GET', path, { headers })).body)
    assert.deepEqual(
      rows.map(({ cells }: { cells: readonly string[] }) => cells),
      names.map((name) => [name, 'Healthy', 'ok', '']),
    )
  }
})

test('discovery says of its own group version neither group nor version, and may be kept by whoever sees it', async () => {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const { body, headers } = await api.http('GET', '/api', { headers: { accept } })
  assert.equal(headers['cache-control'], 'public')
  const [core] = JSON.parse(body).items
  assert.deepEqual(core.metadata, {})
  const pods = core.versions[0].resources.find(({ resource }: { resource: string }) => resource === 'pods')
  assert.deepEqual(pods.responseKind, { group: '', version: '', kind: 'Pod' })
  const kindOf = (name: string) =>
    pods.subresources.find(({ subresource }: { subresource: string }) => subresource === name).responseKind
  assert.deepEqual(kindOf('status'), { group: '', version: '', kind: 'Pod' })
  assert.deepEqual(kindOf('eviction'), { group: 'policy', version: 'v1', kind: 'Eviction' })
  assert.equal('apiVersion' in JSON.parse((await api.http('GET', '/api/v1')).body), false)
  assert.equal(JSON.parse((await api.http('GET', '/apis/apps/v1')).body).apiVersion, 'v1')
  for (const path of ['/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1']) {
    const { code, headers } = await api.http('GET', path, {
      headers: { accept: 'application/vnd.kubernetes.protobuf' },
    })
    assert.deepEqual([code, headers['content-type']], [200, 'application/vnd.kubernetes.protobuf'], path)
  }
})
