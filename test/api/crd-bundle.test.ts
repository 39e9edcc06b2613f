import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { StatusError } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'
import { bundle } from '../fixtures/crd-bundle.ts'

const api = await startApi()
after(() => api[Symbol.asyncDispose]())
const crds = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }
const at = (declared: any, version = 'v1') => ({
  group: declared.spec.group,
  version,
  resource: declared.spec.names.plural,
  namespace: 'default',
})
const create = (declared: any, spec: object, name = 'x') =>
  api.call({
    ...at(declared),
    verb: 'create',
    body: { apiVersion: `${declared.spec.group}/v1`, kind: declared.spec.names.kind, metadata: { name }, spec },
  })
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => 'not refused',
    (error: unknown) => (error instanceof StatusError ? `${error.code} ${error.message}` : String(error)),
  )
const declared = (kind: string) => bundle.find(({ spec }) => spec.names.kind === kind)!
const route = { backendRefs: [{ name: 'shop', port: 80 }] }

test('forty declarations are taken at once, and all become established', async () => {
  assert.equal(bundle.length, 40)
  await Promise.all(bundle.map((body) => api.call({ ...crds, verb: 'create', body })))
  for (const { metadata } of bundle)
    await api.until({ ...crds, verb: 'get', name: metadata.name }, ({ status }) =>
      status?.conditions?.some(({ type, status }: any) => type === 'Established' && status === 'True'),
    )
  const { items } = await api.call({ ...crds, verb: 'list' })
  const others = items.flatMap(({ status }: any) =>
    status.conditions.filter(({ type }: any) => type !== 'Established' && type !== 'NamesAccepted'),
  )
  assert.deepEqual(others, [])
})

test('objects of each are filled in and kept, and read in both versions', async () => {
  for (const one of bundle) {
    const isRoute = one.spec.group.startsWith('gateway')
    const made = await create(one, isRoute ? { rules: [route] } : { duration: '1h', dnsNames: ['a.example'] })
    if (isRoute)
      assert.deepEqual(made.spec.rules, [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ group: '', kind: 'Service', name: 'shop', port: 80, weight: 1 }],
        },
      ])
    const older = await api.call({ ...at(one, 'v1beta1'), verb: 'get', name: 'x' })
    assert.deepEqual([older.apiVersion, older.spec], [`${one.spec.group}/v1beta1`, made.spec])
  }
})

test('what its rules and schemas forbid is refused in the words of Kubernetes', async () => {
  const http = declared('HttpRoute')
  const refused = (spec: object) => refusal(create(http, spec, 'bad'))
  const because = (causes: string) => `422 HttpRoute.gateway.bundle.example "bad" is invalid: ${causes}`
  const skipped =
    '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
  assert.equal(
    await refused({ rules: [{ ...route, filters: [{ type: 'RequestRedirect', requestRedirect: {} }] }] }),
    because('spec.rules[0]: Invalid value: RequestRedirect filter must not be used together with backendRefs'),
  )
  assert.equal(
    await refused({ rules: [{ filters: [{ type: 'RequestRedirect' }] }] }),
    because(
      'spec.rules[0].filters[0]: Invalid value: filter.requestRedirect must be specified for RequestRedirect filter.type',
    ),
  )
  assert.equal(
    await refused({ rules: [{ backendRefs: [{ name: 'shop', port: 70000 }] }] }),
    because(
      'spec.rules[0].backendRefs[0].port: Invalid value: 70000: spec.rules[0].backendRefs[0].port in body should be less than or equal to 65535',
    ),
  )
  assert.equal(
    await refused({ parentRefs: [{ name: 'shop' }] }),
    because('spec.parentRefs[0]: Invalid value: Must have port for Service reference'),
  )
  assert.equal(
    await refused({ rules: [{ matches: [{ path: { type: 'Glob', value: '*' } }] }] }),
    because(
      `[spec.rules[0].matches[0].path.type: Unsupported value: "Glob": supported values: "Exact", "PathPrefix", "RegularExpression", ${skipped}]`,
    ),
  )
  assert.equal(
    await refused({ rules: [{ timeouts: { request: '1s', backendRequest: '2s' } }] }),
    because('spec.rules[0].timeouts: Invalid value: backendRequest timeout cannot be longer than request timeout'),
  )
  const headers = [
    { name: 'a', value: '1' },
    { name: 'a', value: '2' },
  ]
  assert.equal(
    await refused({ rules: [{ matches: [{ headers }] }] }),
    because('spec.rules[0].matches[0].headers[1]: Duplicate value: {"name":"a"}'),
  )
})

test('a rule about a change, one with a reason, and one over an embedded template', async () => {
  const issuer = declared('Issuer')
  await create(issuer, { secretName: 'key' }, 'kept')
  const patch = { ...at(issuer), verb: 'patch' as const, name: 'kept', patchType: 'merge' as const }
  assert.equal(
    await refusal(api.call({ ...patch, body: { spec: { secretName: null } } })),
    '422 Issuer.issuer.bundle.example "kept" is invalid: spec: Invalid value: secretName is required once set',
  )
  assert.equal(
    await refusal(create(issuer, { selfSigned: {}, acme: { server: 'https://ca.example' } }, 'both')),
    '422 Issuer.issuer.bundle.example "both" is invalid: spec: Forbidden: only one of acme and selfSigned may be set',
  )
  const solver = (container: object) => ({
    acme: { server: 'https://ca.example', solvers: [{ podTemplate: { spec: { containers: [container] } } }] },
  })
  const made = await create(issuer, solver({ name: 'c', ports: [{ containerPort: 80 }], unknown: 1 }), 'solved')
  assert.deepEqual(made.spec.acme.solvers[0].podTemplate.spec.containers, [
    { name: 'c', ports: [{ containerPort: 80, protocol: 'TCP' }] },
  ])
  assert.equal(
    await refusal(create(issuer, solver({ probeSetting3: -1 }), 'unsolved')),
    '422 Issuer.issuer.bundle.example "unsolved" is invalid: [spec.acme.solvers[0].podTemplate.spec.containers[0].probeSetting3: Invalid value: -1: spec.acme.solvers[0].podTemplate.spec.containers[0].probeSetting3 in body should be greater than or equal to 0, spec.acme.solvers[0].podTemplate.spec.containers[0].name: Required value, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
  )
})

test('discovery and OpenAPI tell of all of them', async () => {
  const { body: groups } = await api.http('GET', '/apis/gateway.bundle.example/v1')
  assert.equal(JSON.parse(groups).resources.filter(({ name }: any) => !name.includes('/')).length, 16)
  const { code, body } = await api.http('GET', '/openapi/v3/apis/issuer.bundle.example/v1')
  assert.equal(code, 200)
  const { paths } = JSON.parse(body)
  assert.equal(Object.keys(paths).filter((path) => path.endsWith('/status')).length, 24)
})

test('taking a declaration away takes its objects away', async () => {
  const names = bundle.map(({ metadata }) => metadata.name)
  await Promise.all(names.map((name) => api.call({ ...crds, verb: 'delete', name })))
  for (const name of names)
    await api.until({ ...crds, verb: 'get', name }, (answer) => answer instanceof StatusError && answer.code === 404)
})
