import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startApi, type TestApi } from '../fixtures/api.ts'

/** What kube-apiserver v1.36 answers when ordinary objects are created, changed and deleted. */
let api: TestApi
before(async () => {
  api = await startApi()
  await api.call({
    verb: 'create',
    group: '',
    version: 'v1',
    resource: 'namespaces',
    body: { metadata: { name: 'n' } },
  })
})
after(() => api[Symbol.asyncDispose]())

const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'nginx' }] } }
const selector = { matchLabels: { app: 'a' } }
const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const { code, body: text, headers: answered } = await api.http(method, path, { body, headers })
  return { code, headers: answered, body: JSON.parse(text) }
}
const ofApps = '/apis/apps/v1/namespaces/n'
const merge = { 'content-type': 'application/merge-patch+json' }
const applied = { 'content-type': 'application/apply-patch+yaml' }

test('a new status has the counts that are always written', async () => {
  const { body: set } = await ask('POST', `${ofApps}/statefulsets`, {
    metadata: { name: 's' },
    spec: {
      selector,
      template,
      volumeClaimTemplates: [
        {
          metadata: { name: 'v' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  })
  assert.deepEqual(set.status, { replicas: 0, availableReplicas: 0 })
  assert.deepEqual(
    [set.spec.volumeClaimTemplates[0].apiVersion, set.spec.volumeClaimTemplates[0].kind],
    ['v1', 'PersistentVolumeClaim'],
  )
  const { body: scaler } = await ask('POST', '/apis/autoscaling/v2/namespaces/n/horizontalpodautoscalers', {
    metadata: { name: 'h' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, maxReplicas: 2 },
  })
  assert.deepEqual(scaler.status, { desiredReplicas: 0, currentMetrics: null })
})

test('a DaemonSet numbers its templates in an annotation', async () => {
  const number = ({ body }: { body: any }) => body.metadata.annotations['deprecated.daemonset.template.generation']
  const path = `${ofApps}/daemonsets`
  assert.equal(number(await ask('POST', path, { metadata: { name: 'd' }, spec: { selector, template } })), '1')
  assert.equal(number(await ask('PATCH', `${path}/d`, { metadata: { labels: { a: 'b' } } }, merge)), '1')
  const change = { spec: { template: { spec: { terminationGracePeriodSeconds: 5 } } } }
  assert.equal(number(await ask('PATCH', `${path}/d`, change, merge)), '2')
})

test('a Job has the labels of its pods, and the template within a CronJob is left as it is', async () => {
  const spec = { template: { spec: { ...template.spec, restartPolicy: 'Never' } } }
  const { body: job } = await ask('POST', '/apis/batch/v1/namespaces/n/jobs', { metadata: { name: 'j' }, spec })
  assert.deepEqual(job.metadata.labels, job.spec.template.metadata.labels)
  assert.equal(job.metadata.labels['batch.kubernetes.io/job-name'], 'j')
  const { body: cronJob } = await ask('POST', '/apis/batch/v1/namespaces/n/cronjobs', {
    metadata: { name: 'c' },
    spec: { schedule: '0 0 * * *', jobTemplate: { spec } },
  })
  assert.deepEqual(Object.keys(cronJob.spec.jobTemplate.spec), ['template'])
  const { headers } = await ask('DELETE', '/apis/batch/v1/namespaces/n/jobs/j')
  assert.match(String(headers['warning']), /child pods are preserved by default/)
})

test('a status keeps the metadata that its kind keeps, and its writer does not own it', async () => {
  await ask('POST', '/apis/storage.k8s.io/v1/volumeattachments', {
    metadata: { name: 'v' },
    spec: { attacher: 'x.y', nodeName: 'n', source: { persistentVolumeName: 'p' } },
  })
  const change = { metadata: { labels: { a: 'b' } }, status: { attached: true } }
  const path = '/apis/storage.k8s.io/v1/volumeattachments/v/status'
  const { body } = await ask('PATCH', path, change, merge)
  assert.equal(body.metadata.labels, undefined)
  assert.deepEqual(body.metadata.managedFields.at(-1).fieldsV1, { 'f:status': { 'f:attached': {} } })
})

test('who applies what is there already owns it from no time on', async () => {
  const path = '/api/v1/namespaces/n/configmaps'
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } }
  await ask('POST', path, body)
  const { body: object } = await ask('PATCH', `${path}/c?fieldManager=m`, body, applied)
  assert.deepEqual(
    object.metadata.managedFields.map((entry: any) => [entry.manager, entry.operation, entry.time === undefined]),
    [
      ['m', 'Apply', true],
      ['unknown', 'Update', false],
    ],
  )
})

test('a dry delete answers with what would be left', async () => {
  const path = `${ofApps}/deployments`
  await ask('POST', path, { metadata: { name: 'f', finalizers: ['a.b/c'] }, spec: { selector, template } })
  const { body } = await ask('DELETE', `${path}/f?dryRun=All&propagationPolicy=Orphan`)
  assert.deepEqual(body.metadata.finalizers, ['a.b/c', 'orphan'])
  assert.deepEqual([body.metadata.deletionGracePeriodSeconds, body.metadata.generation], [0, 2])
  assert.equal((await ask('GET', `${path}/f`)).body.metadata.deletionTimestamp, undefined)
  await ask('DELETE', `${path}/f`)
  const late = await ask('PATCH', `${path}/f`, { metadata: { finalizers: ['a.b/c', 'd.e/f'] } }, merge)
  const why = 'no new finalizers can be added if the object is being deleted, found new finalizers []string{"d.e/f"}'
  assert.equal(late.body.message, `Deployment.apps "f" is invalid: metadata.finalizers: Forbidden: ${why}`)
  assert.equal(late.body.details.causes.length, 2)
})

test('a table is of the version that was asked for, describes its columns, and leaves out the objects on demand', async () => {
  const asked = (version: string) => ({ accept: `application/json;as=Table;v=${version};g=meta.k8s.io` })
  const { body: earlier } = await ask('GET', '/api/v1/namespaces', undefined, asked('v1beta1'))
  assert.equal(earlier.apiVersion, 'meta.k8s.io/v1beta1')
  assert.equal(earlier.rows[0].object.apiVersion, 'meta.k8s.io/v1beta1')
  const { body: table } = await ask('GET', '/api/v1/namespaces?includeObject=None', undefined, asked('v1'))
  assert.equal(table.columnDefinitions[1].description, 'The status of the namespace')
  assert.match(table.columnDefinitions[0].description, /^Name must be unique within a namespace\./)
  assert.equal(table.rows[0].object, null)
})

test('who is refused is warned all the same', async () => {
  const { code, headers } = await ask('GET', '/api/v1/namespaces/n/endpoints/none')
  assert.equal(code, 404)
  assert.deepEqual(headers['warning'], [
    '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
  ])
})

test('an object that must state its revision is named by its resource when it does not', async () => {
  await ask('POST', '/apis/storage.k8s.io/v1/csidrivers', { metadata: { name: 'x.y' }, spec: {} })
  const { body } = await ask('PUT', '/apis/storage.k8s.io/v1/csidrivers/x.y', { metadata: { name: 'x.y' }, spec: {} })
  const why = 'metadata.resourceVersion: Invalid value: 0: must be specified for an update'
  assert.equal(body.message, `csidrivers.storage.k8s.io "x.y" is invalid: ${why}`)
})

test('a Scale that is applied owns the replicas, and is in conflict with who owned them', async () => {
  const path = `${ofApps}/deployments`
  await ask('POST', path, { metadata: { name: 'scaled' }, spec: { replicas: 2, selector, template } })
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'scaled' }, spec: { replicas: 3 } }
  const refused = await ask('PATCH', `${path}/scaled/scale?fieldManager=s`, scale, applied)
  assert.deepEqual([refused.code, refused.body.details.causes[0].field], [409, '.spec.replicas'])
  await ask('PATCH', `${path}/scaled/scale?fieldManager=s&force=true`, scale, applied)
  const { body } = await ask('GET', `${path}/scaled`)
  const { fieldsV1, operation, subresource } = body.metadata.managedFields[0]
  assert.deepEqual(
    { fieldsV1, operation, subresource },
    { fieldsV1: { 'f:spec': { 'f:replicas': {} } }, operation: 'Apply', subresource: 'scale' },
  )
  assert.equal(body.spec.replicas, 3)
})

test('managers are forgotten on demand', async () => {
  const path = '/api/v1/namespaces/n/configmaps'
  await ask('POST', path, { metadata: { name: 'forgotten' }, data: { a: 'b' } })
  const { body } = await ask('PATCH', `${path}/forgotten`, { metadata: { managedFields: [] } }, merge)
  assert.equal(body.metadata.managedFields, undefined)
})

test('what is applied may not be another object than the one that is there', async () => {
  const path = '/api/v1/namespaces/n/configmaps/typed'
  const map = (more: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'typed' }, ...more })
  await ask('PATCH', `${path}?fieldManager=m`, map({ data: { a: 'b' } }), applied)
  const other = await ask('PATCH', `${path}?fieldManager=m`, map({ metadata: { name: 'typed', uid: 'x' } }), applied)
  assert.equal(other.body.message, 'ConfigMap "typed" is invalid: metadata.uid: Invalid value: "x": field is immutable')
})

test('a Service is told of fields that mean nothing', async () => {
  const ports = [{ port: 80 }]
  const { headers } = await ask('POST', '/api/v1/namespaces/n/services', {
    metadata: { name: 's' },
    spec: { ports, externalIPs: ['192.0.2.1'], externalName: 'x' },
  })
  assert.deepEqual(headers['warning'], [
    '299 - "spec.externalIPs is deprecated and may no longer be implemented in some clusters"',
    '299 - "spec.externalName is ignored when spec.type is not \\"ExternalName\\""',
  ])
})

test('authors are warned of what is deprecated', async () => {
  const warned = async (path: string, body: object) =>
    (await ask('POST', `${path}?dryRun=All`, body)).headers['warning']
  const metadata = { name: 'w' }
  assert.deepEqual(
    await warned('/apis/node.k8s.io/v1/runtimeclasses', {
      metadata,
      handler: 'h',
      scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'x' } },
    }),
    ['299 - "scheduling.nodeSelector: deprecated since v1.14; use \\"kubernetes.io/os\\" instead"'],
  )
  assert.deepEqual(
    await warned('/api/v1/namespaces/n/persistentvolumeclaims', {
      metadata: { name: 'w', annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1500m' } } },
    }),
    [
      '299 - "metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use \\"storageClassName\\" attribute instead"',
      '299 - "spec.resources.requests[storage]: fractional byte value \\"1500m\\" is invalid, must be an integer"',
    ],
  )
  assert.deepEqual(
    await warned('/apis/discovery.k8s.io/v1/namespaces/n/endpointslices', {
      metadata,
      addressType: 'FQDN',
      endpoints: [{ addresses: ['a.b'] }],
    }),
    ['299 - "spec.addressType: FQDN endpoints are deprecated"'],
  )
})

test('finalizers of new objects are qualified, but for some kinds', async () => {
  const { body } = await ask('POST', '/api/v1/namespaces/n/configmaps', { metadata: { name: 'x', finalizers: ['x'] } })
  const why = 'name is neither a standard finalizer name nor is it fully qualified'
  assert.equal(body.message, `ConfigMap "x" is invalid: metadata.finalizers[0]: Invalid value: "x": ${why}`)
  const lease = { metadata: { name: 'x', finalizers: ['x'] } }
  assert.equal((await ask('POST', '/apis/coordination.k8s.io/v1/namespaces/n/leases', lease)).code, 201)
})

test('one object is watched below /watch alone, and is read elsewhere', async () => {
  const path = 'namespaces/n/configmaps'
  for (const name of ['one', 'two']) await ask('POST', `/api/v1/${path}`, { metadata: { name } })
  assert.equal((await ask('GET', `/api/v1/${path}/one?watch=true`)).body.metadata.name, 'one')
  const { body } = await api.http('GET', `/api/v1/watch/${path}/two?timeoutSeconds=1`)
  const events = body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    events.map(({ type, object }) => [type, object.metadata.name]),
    [['ADDED', 'two']],
  )
})

test('who asks in a review owns the question, and a review that is refused is called what it calls itself', async () => {
  const reviews = '/apis/authorization.k8s.io/v1'
  const spec = { user: 'ann', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'n' } }
  const { body } = await ask('POST', `${reviews}/namespaces/n/localsubjectaccessreviews`, { spec })
  assert.equal(body.metadata.namespace, 'n')
  assert.deepEqual(body.metadata.managedFields[0].fieldsV1['f:spec']['f:user'], {})
  const both = { ...spec, nonResourceAttributes: { path: '/x', verb: 'get' } }
  const refused = await ask('POST', `${reviews}/subjectaccessreviews`, { spec: both })
  const why = 'cannot be specified in combination with resourceAttributes'
  assert.equal(
    refused.body.message,
    `.authorization.k8s.io "" is invalid: spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":"get"}: ${why}`,
  )
})
