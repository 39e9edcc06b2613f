import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../src/machinery/index.ts'
import { declare, startApi, type TestApi, things } from '../fixtures/api.ts'

const configMaps = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' }
const configMap = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...more },
  data: { a: '1' },
})
const rules = [{ operations: ['*'], apiGroups: [''], apiVersions: ['*'], resources: ['configmaps'] }]
const hook = (more: object = {}) => ({
  name: 'one.hooks.example',
  clientConfig: { url: 'https://hooks.example/ask' },
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  rules,
  ...more,
})

async function configure(api: TestApi, resource: string, webhooks: readonly object[], name = 'hooks'): Promise<void> {
  const at = { group: 'admissionregistration.k8s.io', version: 'v1', resource }
  const kind = resource.startsWith('mutating') ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration'
  const body = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, webhooks }
  await api.call({ ...at, verb: 'create', body })
}
const mutating = 'mutatingwebhookconfigurations'
const validating = 'validatingwebhookconfigurations'

const answer = (request: any, more: object) => ({
  kind: 'AdmissionReview',
  apiVersion: 'admission.k8s.io/v1',
  response: { uid: request.uid, allowed: true, ...more },
})
const patched = (request: any, patch: readonly object[]) =>
  answer(request, { patchType: 'JSONPatch', patch: btoa(JSON.stringify(patch)) })
const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'not refused',
    (error: unknown) => (error instanceof StatusError ? `${error.code} ${error.message}` : String(error)),
  )

test('a mutating webhook changes the object, and defaults follow', async () => {
  await using api = await startApi()
  const asked: any[] = []
  api.answerAt('hooks.example', ({ request }) => {
    asked.push(request)
    return patched(request, [{ op: 'add', path: '/data/b', value: '2' }])
  })
  await configure(api, mutating, [hook()])
  const created = await api.call({ ...configMaps, verb: 'create', body: configMap('x') })
  assert.deepEqual(created.data, { a: '1', b: '2' })
  const [{ operation, kind, resource, namespace, name, object, oldObject, userInfo, dryRun }] = asked
  assert.deepEqual(
    { operation, kind, resource, namespace, name, dryRun, oldObject, user: userInfo.username, data: object.data },
    {
      operation: 'CREATE',
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      namespace: 'default',
      name: 'x',
      dryRun: false,
      oldObject: null,
      user: 'admin',
      data: { a: '1' },
    },
  )
})

test('a refusal names the webhook, and nothing is stored', async () => {
  await using api = await startApi()
  const statuses = [{ message: 'not today', code: 418 }, { reason: 'Because' }, undefined]
  api.answerAt('hooks.example', ({ request }) => answer(request, { allowed: false, status: statuses.shift() }))
  await configure(api, validating, [hook()])
  const create = () => messageOf(api.call({ ...configMaps, verb: 'create', body: configMap('x') }))
  assert.equal(await create(), '418 admission webhook "one.hooks.example" denied the request: not today')
  assert.equal(await create(), '400 admission webhook "one.hooks.example" denied the request: Because')
  assert.equal(await create(), '400 admission webhook "one.hooks.example" denied the request without explanation')
  assert.match(await messageOf(api.call({ ...configMaps, verb: 'get', name: 'x' })), /404/)
})

test('updates, deletes and collections of deletes are asked about, too', async () => {
  await using api = await startApi()
  await api.call({ ...configMaps, verb: 'create', body: configMap('x') })
  api.answerAt('hooks.example', ({ request }) =>
    answer(request, { allowed: false, status: { message: request.operation } }),
  )
  await configure(api, validating, [hook()])
  const denied = (operation: string) => `400 admission webhook "one.hooks.example" denied the request: ${operation}`
  const patch = {
    ...configMaps,
    verb: 'patch' as const,
    name: 'x',
    patchType: 'merge' as const,
    body: { data: { a: '2' } },
  }
  assert.equal(await messageOf(api.call(patch)), denied('UPDATE'))
  assert.equal(await messageOf(api.call({ ...configMaps, verb: 'delete', name: 'x' })), denied('DELETE'))
  assert.equal(await messageOf(api.call({ ...configMaps, verb: 'deletecollection' })), denied('DELETE'))
})

test('a webhook that cannot be asked closes the way or not, as it says', async () => {
  await using api = await startApi()
  await configure(api, validating, [hook({ failurePolicy: 'Fail' })], 'closing')
  const create = (name: string) => messageOf(api.call({ ...configMaps, verb: 'create', body: configMap(name) }))
  assert.equal(
    await create('x'),
    '500 Internal error occurred: failed calling webhook "one.hooks.example": failed to call webhook: Post "https://hooks.example/ask?timeout=10s": dial tcp hooks.example:443: connect: connection refused',
  )
  api.answerAt('hooks.example', () => new Promise(() => {}))
  const at = { group: 'admissionregistration.k8s.io', version: 'v1', resource: validating }
  await api.call({ ...at, verb: 'delete', name: 'closing' })
  await configure(api, validating, [hook({ failurePolicy: 'Fail', timeoutSeconds: 1 })], 'slow')
  assert.equal(
    await create('x'),
    '500 Internal error occurred: failed calling webhook "one.hooks.example": failed to call webhook: Post "https://hooks.example/ask?timeout=1s": context deadline exceeded',
  )
  await api.call({ ...at, verb: 'delete', name: 'slow' })
  await configure(api, validating, [hook({ failurePolicy: 'Ignore', timeoutSeconds: 1 })], 'open')
  assert.equal(await create('x'), 'not refused')
})

test('selectors, dry runs and exempt kinds are respected', async () => {
  await using api = await startApi()
  api.answerAt('hooks.example', ({ request }) => answer(request, { allowed: false }))
  const at = { group: 'admissionregistration.k8s.io', version: 'v1', resource: validating }
  const all = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }]
  await configure(api, validating, [
    hook({ objectSelector: { matchLabels: { guarded: 'yes' } }, rules: all }),
    hook({ name: 'two.hooks.example', namespaceSelector: { matchLabels: { guarded: 'yes' } }, rules: all }),
  ])
  const create = (more: object) => messageOf(api.call({ ...configMaps, verb: 'create', body: configMap('x', more) }))
  assert.equal(
    await create({ labels: { guarded: 'yes' } }),
    '400 admission webhook "one.hooks.example" denied the request without explanation',
  )
  assert.equal(await create({}), 'not refused')
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n', labels: { guarded: 'yes' } } }
  assert.match(
    await messageOf(api.call({ group: '', version: 'v1', resource: 'namespaces', verb: 'create', body: namespace })),
    /"(one|two)\.hooks\.example" denied/,
  )
  // Whatever webhooks say, they can be taken away.
  await api.call({ ...at, verb: 'delete', name: 'hooks' })
})

test('a webhook is asked again when a later one changed the object', async () => {
  await using api = await startApi()
  const seen: string[] = []
  api.answerAt('first.example', ({ request }) => {
    seen.push(`first ${Object.keys(request.object.data).join()}`)
    return request.object.data.second === undefined
      ? answer(request, {})
      : patched(request, [{ op: 'add', path: '/data/first', value: 'x' }])
  })
  api.answerAt('second.example', ({ request }) => {
    seen.push('second')
    return patched(request, [{ op: 'add', path: '/data/second', value: 'x' }])
  })
  await configure(api, mutating, [
    hook({ clientConfig: { url: 'https://first.example/' }, reinvocationPolicy: 'IfNeeded' }),
    hook({ name: 'two.hooks.example', clientConfig: { url: 'https://second.example/' } }),
  ])
  const created = await api.call({ ...configMaps, verb: 'create', body: configMap('x') })
  assert.deepEqual(created.data, { a: '1', second: 'x', first: 'x' })
  assert.deepEqual(seen, ['first a', 'second', 'first a,second'])
})

test('custom resources are patched, pruned, and asked about in the version a webhook knows', async () => {
  await using api = await startApi()
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } } },
  }
  await declare(api, things({ v1: schema, v2: schema }))
  const versions: string[] = []
  api.answerAt('hooks.example', ({ request }) => {
    versions.push(`${request.kind.version} for ${request.requestKind.version}, ${request.object.apiVersion}`)
    return patched(request, [
      { op: 'add', path: '/spec/b', value: 'added' },
      { op: 'add', path: '/spec/unknown', value: 'gone' },
    ])
  })
  const known = [{ operations: ['CREATE'], apiGroups: ['example.com'], apiVersions: ['v1'], resources: ['things'] }]
  await configure(api, mutating, [hook({ rules: known, matchPolicy: 'Equivalent' })])
  const body = { apiVersion: 'example.com/v2', kind: 'Thing', metadata: { name: 'x' }, spec: { a: '1' } }
  const created = await api.call({
    group: 'example.com',
    version: 'v2',
    resource: 'things',
    namespace: 'default',
    verb: 'create',
    body,
  })
  assert.deepEqual([created.apiVersion, created.spec], ['example.com/v2', { a: '1', b: 'added' }])
  assert.deepEqual(versions, ['v1 for v2, example.com/v1'])
})
