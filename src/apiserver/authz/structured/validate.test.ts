import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aggregateText, decodeConfigured } from '../../structured/schema.ts'
import { conditionsHold } from './conditions.ts'
import { checkAuthorization, checkNames } from './validate.ts'

const read = (authorizers: readonly object[]) =>
  decodeConfigured(
    'AuthorizationConfiguration',
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers }),
  )
const check = (authorizers: readonly object[]) => checkAuthorization(read(authorizers), () => undefined)
const errorsOf = (authorizers: readonly object[]) => {
  const { errors } = check(authorizers)
  return errors.length === 0 ? '' : aggregateText(errors)
}
const webhook = {
  timeout: '3s',
  subjectAccessReviewVersion: 'v1',
  failurePolicy: 'Deny',
  connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: '/k' },
}
const hook = (more: object) => [{ type: 'Webhook', name: 'w', webhook: { ...webhook, ...more } }]

test('a configuration is refused in the words of Kubernetes', () => {
  const cases: readonly (readonly [string, readonly object[], string])[] = [
    ['the usual', [{ type: 'Node', name: 'node' }, { type: 'RBAC', name: 'rbac' }, ...hook({})], ''],
    ['nobody', [], 'authorizers: Required value: at least one authorization mode must be defined'],
    [
      'what is needed',
      [{ type: 'Webhook', name: 'w', webhook: {} }],
      '[authorizers[0].timeout: Required value, authorizers[0].subjectAccessReviewVersion: Required value, authorizers[0].failurePolicy: Required value, authorizers[0].connectionInfo.type: Required value]',
    ],
    [
      'a type there is not',
      [{ type: 'Magic', name: 'm' }],
      'authorizers[0].type: Unsupported value: "Magic": supported values: "ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"',
    ],
    [
      'a type twice and a name twice',
      [{ type: 'RBAC', name: 'rbac' }, { type: 'RBAC', name: 'x' }, ...hook({}), ...hook({})],
      '[authorizers[1].type: Duplicate value: "RBAC", authorizers[3].name: Duplicate value: "w"]',
    ],
    [
      'a webhook that is none',
      [
        { type: 'RBAC', name: 'rbac', webhook },
        { type: 'Webhook', name: 'w' },
      ],
      '[authorizers[0].webhook: Invalid value: "non-null": may only be specified when type=Webhook, authorizers[1].webhook: Required value: required when type=Webhook]',
    ],
    ['too patient', hook({ timeout: '31s' }), 'authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s'],
    [
      'a file somewhere',
      hook({ connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: 'k' } }),
      'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "k": must be an absolute path',
    ],
    [
      'conditions without their version, empty, twice and of another type',
      hook({
        matchConditions: [{ expression: '' }, { expression: 'true' }, { expression: 'true' }, { expression: '1' }],
      }),
      '[authorizers[0].matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified, authorizers[0].matchConditions[0].expression: Required value, authorizers[0].matchConditions[2].expression: Duplicate value: "true", authorizers[0].matchConditions[3].expression: Invalid value: "1": must evaluate to bool but got int]',
    ],
  ]
  for (const [name, authorizers, expected] of cases) assert.equal(errorsOf(authorizers), expected, name)
})

test('what is not said of a webhook is as Kubernetes has it', () => {
  const { webhook: made } = check(hook({ cacheUnauthorizedRequests: false })).checked[0]!
  assert.deepEqual(made, {
    ...{ kubeConfigFile: '/k', version: 'v1', timeoutMs: 3000, allowedKeptMs: 300_000, refusedKeptMs: 0 },
    ...{ deniesOnError: true, conditions: [] },
  })
})

test('authorizers of the server have the names of their types and stay', () => {
  const problem = (now: readonly object[], before?: readonly object[]) => {
    try {
      checkNames(check(now).checked, before && check(before).checked)
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  const [node, rbac] = [
    { type: 'Node', name: 'node' },
    { type: 'RBAC', name: 'rbac' },
  ]
  assert.equal(problem([{ type: 'RBAC', name: 'r' }]), 'expected name rbac for authorizer RBAC instead of r')
  assert.equal(problem([rbac], [node, rbac]), 'missing required types: [Node]')
  assert.equal(
    problem([node, rbac], [rbac]),
    'authorizer type Node is not allowed if it was not enabled at initial server startup',
  )
  assert.equal(problem([rbac, node], [node, rbac]), '')
})

test('conditions see a review with all its texts; one that does not hold decides, one that fails is a problem', () => {
  const conditionsOf = (...expressions: readonly string[]) =>
    check(
      hook({
        matchConditionSubjectAccessReviewVersion: 'v1',
        matchConditions: expressions.map((expression) => ({ expression })),
      }),
    ).checked[0]!.webhook!.conditions
  const spec = {
    ...{ user: 'jane', groups: ['dev'] },
    resourceAttributes: {
      ...{ verb: 'list', resource: 'pods' },
      fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }] },
    },
  }
  const held = (...expressions: readonly string[]) => conditionsHold(conditionsOf(...expressions), spec)
  assert.equal(held("request.user == 'jane'", "'dev' in request.groups", "request.uid == ''"), true)
  assert.equal(held("request.resourceAttributes.namespace == ''", 'has(request.nonResourceAttributes)'), false)
  assert.equal(held("request.resourceAttributes.fieldSelector.requirements.exists(r, r.values == ['n'])"), true)
  assert.equal(held('has(request.resourceAttributes.labelSelector)'), false)
  assert.deepEqual(held('true', "request.extra['a'][0] == 'b'"), {
    problem: "cel evaluation error: expression 'request.extra['a'][0] == 'b'' resulted in error: no such key: a",
  })
  assert.equal(held("request.extra['a'][0] == 'b'", 'false'), false)
})
