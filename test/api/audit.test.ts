import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEvent, AuditPolicy } from '../../src/apiserver/index.ts'
import { startApi } from '../fixtures/api.ts'

async function startAudited(policy: AuditPolicy) {
  const events: AuditEvent[] = []
  const api = await startApi({ audit: { policy, sinks: [{ write: (event) => void events.push(event) }] } })
  return { api, events, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
}
const configMaps = '/api/v1/namespaces/default/configmaps'
const ofConfigMaps = { resources: [{ group: '', resources: ['configmaps'] }] }

test('a request is written down at each stage, with who, what and why', async () => {
  await using audited = await startAudited({
    rules: [{ level: 'RequestResponse', verbs: ['create'], ...ofConfigMaps }],
  })
  const { api, events } = audited
  const answer = await api.http('POST', `${configMaps}?fieldManager=me`, {
    body: { metadata: { name: 'a' }, data: { x: '1' } },
    headers: { 'audit-id': 'mine', 'user-agent': 'kubectl/v1.36.0', 'x-forwarded-for': '192.0.2.7, nonsense' },
  })
  assert.equal(answer.headers['audit-id'], 'mine')
  assert.deepEqual(
    events.map(({ stage }) => stage),
    ['RequestReceived', 'ResponseComplete'],
  )
  const { requestReceivedTimestamp, stageTimestamp, responseObject, user, ...rest } = events[1]!
  assert.match(requestReceivedTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  assert.ok(stageTimestamp >= requestReceivedTimestamp)
  assert.match(user.username, /^system:serviceaccount:/)
  assert.deepEqual(rest, {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: 'mine',
    stage: 'ResponseComplete',
    requestURI: `${configMaps}?fieldManager=me`,
    verb: 'create',
    sourceIPs: ['192.0.2.7', '127.0.0.1'],
    userAgent: 'kubectl/v1.36.0',
    objectRef: { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' }, data: { x: '1' } },
    },
    annotations: rest.annotations,
  })
  assert.equal(rest.annotations?.['authorization.k8s.io/decision'], 'allow')
  assert.match(rest.annotations?.['authorization.k8s.io/reason'] ?? '', /^RBAC: allowed by ClusterRoleBinding /)
  assert.equal((responseObject as any).metadata.managedFields.length, 1)
  assert.equal(events[0]!.responseStatus, undefined)
})

test('levels, stages and managed fields are left out as the policy says', async () => {
  await using audited = await startAudited({
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
    rules: [
      { level: 'None', verbs: ['get'] },
      { level: 'Metadata', verbs: ['update'], ...ofConfigMaps },
      { level: 'RequestResponse', ...ofConfigMaps },
    ],
  })
  const { api, events } = audited
  const body = { metadata: { name: 'a' }, data: { x: '1' } }
  await api.http('POST', configMaps, { body })
  await api.http('GET', `${configMaps}/a`)
  await api.http('PUT', `${configMaps}/a`, { body })
  const refused = await api.http('POST', configMaps, { body })
  assert.equal(refused.code, 409)
  await api.http('GET', configMaps)
  assert.deepEqual(
    events.map(({ verb, level, stage, responseStatus }) => [verb, level, stage, responseStatus?.code]),
    [
      ['create', 'RequestResponse', 'ResponseComplete', 201],
      ['update', 'Metadata', 'ResponseComplete', 200],
      ['create', 'RequestResponse', 'ResponseComplete', 409],
      ['list', 'RequestResponse', 'ResponseComplete', 200],
    ],
  )
  const [created, updated, conflict, listed] = events as any[]
  assert.equal(created.responseObject.metadata.managedFields, undefined)
  assert.deepEqual([updated.requestObject, updated.responseObject], [undefined, undefined])
  assert.equal(conflict.responseStatus.reason, 'AlreadyExists')
  assert.equal(conflict.responseObject.kind, 'Status')
  assert.equal(listed.responseObject.kind, 'ConfigMapList')
  assert.ok(listed.responseObject.items.every((item: any) => item.metadata.managedFields === undefined))
})

test('callers that are unknown, may not, or act as others are written down as such', async () => {
  await using audited = await startAudited({ omitStages: ['RequestReceived'], rules: [{ level: 'Metadata' }] })
  const { api, events } = audited
  const seen = async (headers: Record<string, string>) => {
    const before = events.length
    await api.http('GET', configMaps, { headers })
    return events.slice(before).filter(({ verb }) => verb === 'list')
  }
  const unknown = await seen({ authorization: 'Bearer nonsense' })
  assert.deepEqual(
    unknown.map(({ stage, user, responseStatus }) => [stage, user, responseStatus?.code, responseStatus?.message]),
    [['ResponseStarted', { username: '' }, 401, 'Authentication failed, attempted: bearer']],
  )
  const [acting] = await seen({ 'impersonate-user': 'ann', 'impersonate-group': 'devs' })
  assert.match(acting!.user.username, /^system:serviceaccount:/)
  assert.deepEqual(acting!.impersonatedUser, { username: 'ann', groups: ['devs', 'system:authenticated'] })
  assert.deepEqual(acting!.authenticationMetadata, { impersonationConstraint: 'impersonate:user-info' })
  assert.equal(acting!.responseStatus?.code, 403)
  assert.equal(acting!.annotations?.['authorization.k8s.io/decision'], 'forbid')
})

test('a watch is written down as it begins and as it ends, whoever asks; calls of this process as well', async () => {
  await using audited = await startAudited({ rules: [{ level: 'Metadata', ...ofConfigMaps }] })
  const { api, events } = audited
  const before = events.length
  await api.http('GET', `${configMaps}?watch=true&timeoutSeconds=1`)
  assert.deepEqual(
    events.slice(before).map(({ verb, stage }) => `${verb} ${stage}`),
    ['watch RequestReceived', 'watch ResponseStarted', 'watch ResponseComplete'],
  )
  const call = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' }
  await api.call({ ...call, verb: 'create', body: { metadata: { name: 'b' } } })
  const [, created] = events.slice(before + 3)
  assert.deepEqual(
    [created!.requestURI, created!.user.username, created!.responseStatus?.code, created!.sourceIPs],
    [configMaps, 'admin', 201, ['127.0.0.1']],
  )
})

test('a method that stands for no verb is refused, and written down by its own name', async () => {
  await using audited = await startAudited({ omitStages: ['RequestReceived'], rules: [{ level: 'Metadata' }] })
  const { api, events } = audited
  assert.equal((await api.http('TRACE', configMaps)).code, 405)
  const [refused] = events.filter(({ verb }) => verb === 'trace')
  assert.deepEqual([refused?.stage, refused?.responseStatus?.code], ['ResponseComplete', 405])
})

test('what is created is written down filled in, as an object of its kind; a patch as it was sent', async () => {
  await using audited = await startAudited({
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Request', resources: [{ group: '', resources: ['services'] }] }],
  })
  const { api, events } = audited
  const path = '/api/v1/namespaces/default/services'
  await api.http('POST', path, { body: { metadata: { name: 's' }, spec: { ports: [{ port: 80 }], nonsense: 1 } } })
  const patch = { spec: { sessionAffinity: 'ClientIP' } }
  const headers = { 'content-type': 'application/merge-patch+json' }
  await api.http('PATCH', `${path}/s`, { body: patch, headers })
  await api.http('POST', path, { body: { metadata: { name: 7 } } })
  const of = (verb: string) =>
    (events as any[]).filter(
      (one) => one.verb === verb && /services/.test(one.requestURI) && one.userAgent === undefined,
    )
  const [created, refused] = of('create')
  assert.deepEqual([created.requestObject.kind, created.requestObject.apiVersion], ['Service', 'v1'])
  assert.deepEqual(created.requestObject.spec.ports, [{ protocol: 'TCP', port: 80, targetPort: 80 }])
  assert.deepEqual([created.requestObject.spec.type, created.requestObject.spec.nonsense], ['ClusterIP', undefined])
  assert.deepEqual(of('patch')[0].requestObject, patch)
  assert.equal(refused.requestObject, undefined)
})

test('a request waits for whoever wants to know of it first, and fails with one that must', async () => {
  let answer: (well: boolean) => void = () => {}
  const sink = { write: () => new Promise<boolean>((resolve) => (answer = resolve)) }
  let isStrict = false
  await using api = await startApi({
    audit: {
      policy: { omitStages: ['ResponseComplete'], rules: [{ level: 'Metadata', verbs: ['get'], ...ofConfigMaps }] },
      sinks: [{ write: () => (isStrict ? Promise.resolve(false) : sink.write()) }],
    },
  })
  let isAnswered = false
  const asking = api.http('GET', `${configMaps}/none`).finally(() => (isAnswered = true))
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isAnswered, false)
  answer(true)
  assert.equal((await asking).code, 404)
  isStrict = true
  const { code, body } = await api.http('GET', `${configMaps}/none`)
  assert.equal(code, 500)
  assert.match(body, /Internal error occurred: failed to store audit event/)
})
