import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAuthorizationFile } from '../../src/apiserver/index.ts'
import { Metrics, systemClock, yamlText } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'
import { heldFile } from '../fixtures/held-file.ts'

const jane = { name: 'jane', groups: ['dev', 'system:authenticated'] }
const node = { name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] }

const hook = (name: string, more: object = {}) => ({
  type: 'Webhook',
  name,
  webhook: {
    timeout: '3s',
    subjectAccessReviewVersion: 'v1',
    failurePolicy: 'NoOpinion',
    connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: `/${name}` },
    ...more,
  },
})
const own = [
  { type: 'Node', name: 'node' },
  { type: 'RBAC', name: 'rbac' },
]
const fileOf = (authorizers: readonly object[]) =>
  yamlText({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers })

/** An API whose authorizers are configured so; servers outside answer as given, by name. */
async function startWith(
  authorizers: readonly object[],
  answers: Readonly<Record<string, (spec: any, review: any) => object>>,
) {
  const [metrics, file, complaints] = [new Metrics(), heldFile(fileOf(authorizers)), [] as string[]]
  const asked: any[] = []
  const authorization = await openAuthorizationFile(file, {
    ...{ clock: { ...systemClock(), sleep: async () => {} }, metrics, serverId: 'apiserver-test' },
    fileProblem: () => undefined,
    postTo: (path) => async (review: any) => {
      asked.push({ at: path, ...review.spec })
      return { status: answers[path.slice(1)]!(review.spec, review) }
    },
    complain: (error) => void complaints.push((error as Error).message),
  })
  return { api: await startApi({ metrics, authorization }), metrics, file, asked, complaints }
}

const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'default' }
const tried = (api: Awaited<ReturnType<typeof startApi>>, call: object = {}, as = jane) =>
  api.call({ ...pods, verb: 'list', ...call } as any, as).then(
    () => 'allowed',
    (error: Error) => error.message,
  )

test('authorizers are asked in order; a refusal for good ends it, no opinion goes on', async () => {
  const refuse = (spec: any) => (spec.user === 'jane' ? { denied: true, reason: 'jane never' } : { allowed: false })
  const { api, metrics, asked } = await startWith([hook('first'), ...own, hook('last')], {
    first: refuse,
    last: () => ({ allowed: true }),
  })
  await using _api = api
  assert.equal(
    await tried(api),
    'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default": jane never',
  )
  assert.equal(await tried(api, {}, { ...jane, name: 'joe' }), 'allowed')
  assert.deepEqual(
    asked.map(({ at, user }) => [at, user]),
    [
      ['/first', 'jane'],
      ['/first', 'joe'],
      ['/last', 'joe'],
    ],
  )
  assert.match(metrics.text(), /decisions_total\{type="Webhook",name="first",decision="denied"\} 1/)
  assert.match(metrics.text(), /decisions_total\{type="Webhook",name="last",decision="allowed"\} 1/)
  const review = await api.call({
    ...{ group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews', verb: 'create' },
    body: { spec: { user: 'jane', resourceAttributes: { verb: 'get', resource: 'pods' } } },
  } as any)
  assert.deepEqual(review.status, { allowed: false, denied: true, reason: 'jane never' })
})

test('a server that cannot be asked denies or has no opinion, as is configured', async () => {
  const fail = () => {
    throw new Error('connect ECONNREFUSED')
  }
  for (const [failurePolicy, expected] of [
    ['NoOpinion', 'allowed'],
    ['Deny', 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"'],
  ] as const) {
    const { api, metrics } = await startWith([hook('first', { failurePolicy }), ...own, hook('last')], {
      first: fail,
      last: () => ({ allowed: true }),
    })
    await using _api = api
    assert.equal(await tried(api), expected)
    const isOpen = /webhook_evaluations_fail_open_total\{name="first",result="error"\} 1/.test(metrics.text())
    assert.equal(isOpen, failurePolicy === 'NoOpinion')
  }
})

test('match conditions decide whether a server is asked; one that fails counts as a failure of it', async () => {
  const conditions = (...expressions: readonly string[]) => ({
    matchConditionSubjectAccessReviewVersion: 'v1',
    matchConditions: expressions.map((expression) => ({ expression })),
    failurePolicy: 'Deny',
  })
  const asksFor = conditions("request.resourceAttributes.namespace != 'kube-system'", "request.extra['x'][0] == 'y'")
  const { api, asked, metrics, complaints } = await startWith([hook('one', asksFor), ...own], {
    one: () => ({ allowed: true }),
  })
  await using _api = api
  const withExtra = { ...jane, extra: { x: ['y'] } }
  assert.equal(await tried(api, {}, withExtra), 'allowed')
  assert.match(await tried(api, { namespace: 'kube-system' }), /^pods is forbidden/)
  assert.equal(asked.length, 1)
  assert.match(await tried(api), /^pods is forbidden/)
  assert.match(complaints.at(-1)!, /^cel evaluation error: expression 'request\.extra\['x'\]\[0\] == 'y''/)
  assert.match(metrics.text(), /match_condition_exclusions_total\{type="Webhook",name="one"\} 1/)
  assert.match(metrics.text(), /match_condition_evaluation_errors_total\{type="Webhook",name="one"\} 1/)
})

test('field and label selectors are asked about, also by the older version of the review', async () => {
  const { api, asked } = await startWith([...own, hook('one', { subjectAccessReviewVersion: 'v1beta1' })], {
    one: (_spec, review) => ({ allowed: review.apiVersion === 'authorization.k8s.io/v1beta1' }),
  })
  await using _api = api
  const query = { fieldSelector: 'spec.nodeName=n,metadata.name!=m', labelSelector: 'a in (b,c),!d,e' }
  assert.equal(await tried(api, { query }), 'allowed')
  assert.deepEqual(asked[0].resourceAttributes, {
    ...{ namespace: 'default', verb: 'list', version: 'v1', resource: 'pods' },
    fieldSelector: {
      requirements: [
        { key: 'metadata.name', operator: 'NotIn', values: ['m'] },
        { key: 'spec.nodeName', operator: 'In', values: ['n'] },
      ],
    },
    labelSelector: {
      requirements: [
        { key: 'a', operator: 'In', values: ['b', 'c'] },
        { key: 'd', operator: 'DoesNotExist' },
        { key: 'e', operator: 'Exists' },
      ],
    },
  })
  assert.deepEqual([asked[0].group, asked[0].groups], [jane.groups, undefined])
})

test('a node lists the pods of its own alone, by the selector it asks with', async () => {
  await using api = await startApi()
  const all = { namespace: undefined }
  assert.equal(await tried(api, { ...all, query: { fieldSelector: 'spec.nodeName=n' } }, node), 'allowed')
  assert.match(await tried(api, { ...all, query: { fieldSelector: 'spec.nodeName=m' } }, node), /spec\.nodeName field/)
  assert.match(await tried(api, all, node), /can only list\/watch pods with spec\.nodeName field selector/)
  const review = (attributes: object) =>
    api.call({
      ...{ group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews', verb: 'create' },
      body: {
        spec: {
          user: node.name,
          groups: node.groups,
          resourceAttributes: { verb: 'list', resource: 'pods', ...attributes },
        },
      },
    } as any)
  assert.equal((await review({ fieldSelector: { rawSelector: 'spec.nodeName=n' } })).status.allowed, true)
  await assert.rejects(
    review({ fieldSelector: { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'In' }] }, labelSelector: {} }),
    (error: Error) =>
      error.message ===
      '.authorization.k8s.io "" is invalid: [spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements, spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when `operator` is \'In\' or \'NotIn\', spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required]',
  )
})

test('a file that changes counts at once, one that is wrong changes nothing', async () => {
  const { api, file, metrics, complaints } = await startWith([...own], { one: () => ({ allowed: true }) })
  await using _api = api
  const total = (status: string) =>
    Number(
      new RegExp(`authorization_config_controller_automatic_reloads_total\\{status="${status}",.*\\} (\\d+)`).exec(
        metrics.text(),
      )?.[1] ?? 0,
    )
  const until = async (status: string, count: number) => {
    while (total(status) < count) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.match(await tried(api), /^pods is forbidden/)
  file.write(fileOf([...own, hook('one')]))
  await until('success', 1)
  assert.equal(await tried(api), 'allowed')
  file.write(fileOf([hook('one')]))
  await until('failure', 1)
  assert.equal(complaints.at(-1), 'missing required types: [Node RBAC]')
  assert.equal(await tried(api), 'allowed')
})

test('expressions ask the authorizer with selectors', async () => {
  const { api, asked } = await startWith([...own, hook('one')], {
    one: (spec) => ({ allowed: spec.user === 'jane' && spec.resourceAttributes.verb !== 'bother' }),
  })
  await using _api = api
  const policy = { group: 'admissionregistration.k8s.io', version: 'v1' }
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }]
  const expression =
    "!authorizer.group('').resource('pods').fieldSelector('a=b').labelSelector('c=d').check('bother').allowed()"
  await api.call({
    ...policy,
    ...{ resource: 'validatingadmissionpolicies', verb: 'create' },
    body: {
      metadata: { name: 'p' },
      spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression }] },
    },
  } as any)
  await api.call({
    ...policy,
    ...{ resource: 'validatingadmissionpolicybindings', verb: 'create' },
    body: { metadata: { name: 'p' }, spec: { policyName: 'p', validationActions: ['Deny'] } },
  } as any)
  const make = { ...pods, resource: 'configmaps', verb: 'create', body: { metadata: { generateName: 'c-' } } }
  await api.call(make as any, jane)
  const question = asked.find(({ resourceAttributes }) => resourceAttributes.verb === 'bother')
  assert.deepEqual(question.resourceAttributes, {
    ...{ verb: 'bother', version: '*', resource: 'pods' },
    fieldSelector: { requirements: [{ key: 'a', operator: 'In', values: ['b'] }] },
    labelSelector: { requirements: [{ key: 'c', operator: 'In', values: ['d'] }] },
  })
})
