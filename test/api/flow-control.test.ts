import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi, type TestApi } from '../fixtures/api.ts'

const group = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1' }
const levels = { ...group, resource: 'prioritylevelconfigurations' }
const schemas = { ...group, resource: 'flowschemas' }
const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'
const tester = 'system:serviceaccount:kube-system:tester'

const level = (name: string, limited: object) => ({
  ...{ apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name } },
  spec: { type: 'Limited', limited },
})
const schema = (name: string, of: string, rules: readonly object[], more: object = {}) => ({
  ...{ apiVersion, kind: 'FlowSchema', metadata: { name } },
  spec: { priorityLevelConfiguration: { name: of }, matchingPrecedence: 50, rules, ...more },
})
const ofTester = (namespace: string) => ({
  subjects: [{ kind: 'User', user: { name: tester } }],
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: [namespace] }],
})

const dangling = (object: any) => object.status?.conditions?.find(({ type }: any) => type === 'Dangling')

async function tryLevel(api: TestApi, limited: object, namespace = 'default') {
  const made = await api.call({ ...levels, verb: 'create', body: level('small', limited) })
  const flow = await api.call({ ...schemas, verb: 'create', body: schema('tests', 'small', [ofTester(namespace)]) })
  await api.until({ ...schemas, verb: 'get', name: 'tests' }, (one) => dangling(one)?.status === 'False')
  return { made, flow }
}

test('every cluster has its levels and schemas, and each schema says whether its level is there', async () => {
  await using api = await startApi()
  const all = await api.call({ ...levels, verb: 'list' })
  const names = all.items.map(({ metadata }: any) => metadata.name)
  assert.deepEqual(names.toSorted(), [
    ...['catch-all', 'exempt', 'global-default', 'leader-election'],
    ...['node-high', 'system', 'workload-high', 'workload-low'],
  ])
  assert.equal(all.items[0].metadata.annotations['apf.kubernetes.io/autoupdate-spec'], 'true')
  await api.call({ ...schemas, verb: 'create', body: schema('lost', 'nowhere', [ofTester('*')]) })
  const lost = await api.until({ ...schemas, verb: 'get', name: 'lost' }, (one) => dangling(one) !== undefined)
  const { lastTransitionTime: _time, ...condition } = dangling(lost)
  assert.deepEqual(condition, {
    type: 'Dangling',
    status: 'True',
    reason: 'NotFound',
    message:
      'This FlowSchema references the PriorityLevelConfiguration object named "nowhere" but there is no such object',
  })
  await api.until({ ...schemas, verb: 'get', name: 'exempt' }, (one) => dangling(one)?.status === 'False')
})

test('callers learn by which objects their requests were judged', async () => {
  await using api = await startApi()
  const { made, flow } = await tryLevel(api, { limitResponse: { type: 'Reject' } })
  const { code, headers } = await api.http('GET', '/api/v1/namespaces/default/pods')
  assert.equal(code, 200)
  assert.equal(headers['x-kubernetes-pf-flowschema-uid'], flow.metadata.uid)
  assert.equal(headers['x-kubernetes-pf-prioritylevel-uid'], made.metadata.uid)
  const other = await api.http('GET', '/version')
  assert.match(String(other.headers['x-kubernetes-pf-flowschema-uid']), /^[-0-9a-f]{36}$/)
  assert.notEqual(other.headers['x-kubernetes-pf-flowschema-uid'], flow.metadata.uid)
})

test('a level without seats turns requests away with 429 and a time to wait', async () => {
  await using api = await startApi()
  const none = { nominalConcurrencyShares: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } }
  const { made } = await tryLevel(api, none)
  // One request that is wider than all seats runs alone; the second finds it running.
  const [first, second] = await Promise.all([
    api.http('GET', '/api/v1/namespaces/default/pods'),
    api.http('GET', '/api/v1/namespaces/default/pods'),
  ])
  assert.deepEqual([first!.code, second!.code].toSorted(), [200, 429])
  const refused = first!.code === 429 ? first! : second!
  assert.equal(refused.body, 'Too many requests, please try again later.\n')
  assert.equal(refused.headers['retry-after'], '1')
  assert.equal(refused.headers['x-kubernetes-pf-prioritylevel-uid'], made.metadata.uid)
  const { body } = await api.http('GET', '/metrics')
  const rejected =
    'apiserver_flowcontrol_rejected_requests_total{flow_schema="tests",priority_level="small",reason="concurrency-limit"} 1'
  assert.ok(body.includes(rejected))
})

test('watches hold a seat only until what was there before has been sent', async () => {
  await using api = await startApi()
  await tryLevel(api, { nominalConcurrencyShares: 1, borrowingLimitPercent: 0, limitResponse: { type: 'Reject' } })
  const watches = Array.from({ length: 20 }, () =>
    api.http('GET', '/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=1&resourceVersion=1'),
  )
  assert.ok((await Promise.all(watches)).filter(({ code }) => code === 200).length > 0)
  const page = await api.http('GET', '/debug/api_priority_and_fairness/dump_priority_levels')
  assert.match(page.body, /^PriorityLevelName, ActiveQueues, IsIdle, /)
  assert.match(page.body, /^small, +0, +true, +false, +0, +0, /m)
})

test('objects that contradict themselves or the fixed ones are refused in Kubernetes’ words', async () => {
  await using api = await startApi()
  const refusal = async (kind: typeof levels | typeof schemas, body: object) =>
    api.call({ ...kind, verb: 'create', body }).then(
      () => [],
      (error) => error.status.details.causes.map(({ field, message }: any) => `${field}: ${message}`),
    )
  const queuing = (queues: number, handSize: number) => ({
    limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 5 } },
  })
  assert.deepEqual(await refusal(levels, level('a', queuing(512, 7))), [
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 512 and handSize 7 should not be greater than 60',
  ])
  assert.deepEqual(await refusal(levels, level('a', { limitResponse: { type: 'Queue' }, lendablePercent: 101 })), [
    'spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited',
    'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
  ])
  const rule = { subjects: [{ kind: 'Team' }], nonResourceRules: [{ verbs: ['see'], nonResourceURLs: ['a', '/b*'] }] }
  const [verbs, ...others] = (await refusal(
    schemas,
    schema('a', 'exempt', [rule, {}], { matchingPrecedence: 1 }),
  )) as string[]
  assert.match(String(verbs), /matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have/)
  assert.deepEqual(
    others.map((one) => one.split(': ').slice(0, 2).join(': ')),
    [
      'spec.rules[0].subjects[0].kind: Unsupported value',
      'spec.rules[0].nonResourceRules[0].verbs: Unsupported value',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value',
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value',
      'spec.rules[1].subjects: Required value',
      'spec.rules[1]: Required value',
    ],
  )
  const patch = { ...schemas, verb: 'patch', name: 'catch-all', patchType: 'merge' } as const
  await assert.rejects(
    api.call({ ...patch, body: { spec: { matchingPrecedence: 9 } } }),
    /spec of 'catch-all' must equal the fixed value/,
  )
  const exempt = { ...levels, verb: 'patch', name: 'exempt', patchType: 'merge' } as const
  const lent = await api.call({ ...exempt, body: { spec: { exempt: { lendablePercent: 10 } } } })
  assert.equal(lent.spec.exempt.lendablePercent, 10)
})

test('each schema’s status is written once, whatever else changes meanwhile', async () => {
  await using api = await startApi()
  const all = await api.until({ ...schemas, verb: 'list' }, ({ items }) => items.every((one: any) => dangling(one)))
  const revisions = all.items.map(({ metadata }: any) => metadata.resourceVersion)
  await api.call({ ...levels, verb: 'create', body: level('other', { limitResponse: { type: 'Reject' } }) })
  await api.call({ ...schemas, verb: 'create', body: schema('other', 'other', [ofTester('*')]) })
  await api.until({ ...schemas, verb: 'get', name: 'other' }, (one) => dangling(one) !== undefined)
  const later = await api.call({ ...schemas, verb: 'list' })
  const same = later.items.filter(({ metadata }: any) => revisions.includes(metadata.resourceVersion))
  assert.equal(same.length, all.items.length)
})

test('with a status nothing else is written, and whether the level is there is said again beside it', async () => {
  await using api = await startApi()
  await tryLevel(api, { limitResponse: { type: 'Reject' } })
  const status = { conditions: [{ type: 'Mine', status: 'True' }] }
  const body = { metadata: { annotations: { a: 'b' } }, status }
  const patch = { ...schemas, verb: 'patch', name: 'tests', subresource: 'status', patchType: 'merge', body } as const
  const patched = await api.call(patch)
  assert.equal(patched.metadata.annotations, undefined)
  assert.equal(patched.status.conditions[0].type, 'Mine')
  const said = await api.until({ ...schemas, verb: 'get', name: 'tests' }, (one) => one.status.conditions.length === 2)
  assert.deepEqual(said.status.conditions.map(({ type }: any) => type).toSorted(), ['Dangling', 'Mine'])
})
