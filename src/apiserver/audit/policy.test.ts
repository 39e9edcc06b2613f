import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuditRule, decideAudit } from './policy.ts'

const pods = { group: '', version: 'v1', resource: 'pods', subresource: '', namespace: 'shop', name: 'web' }
const request = {
  identity: { name: 'ann', groups: ['devs', 'system:authenticated'] },
  verb: 'get',
  path: '/api/v1/namespaces/shop/pods/web',
  resource: pods,
}
const path = { identity: request.identity, verb: 'get', path: '/healthz/ping' }
const exec = { ...request, resource: { ...pods, subresource: 'exec' } }

const cases: readonly [rule: Omit<AuditRule, 'level'>, of: typeof request | typeof path, matches: boolean][] = [
  [{}, request, true],
  [{ users: ['ann'] }, request, true],
  [{ users: ['bob'] }, request, false],
  [{ userGroups: ['ops', 'devs'] }, request, true],
  [{ userGroups: ['ops'] }, request, false],
  [{ verbs: ['list'] }, request, false],
  [{ namespaces: ['shop'] }, request, true],
  [{ namespaces: [''] }, request, false],
  [{ namespaces: ['shop'] }, path, false],
  [{ resources: [{}] }, request, true],
  [{ resources: [{ group: 'apps' }] }, request, false],
  [{ resources: [{ group: '*' }] }, request, true],
  [{ resources: [{ resources: ['pods'] }] }, request, true],
  [{ resources: [{ resources: ['pods'] }] }, exec, false],
  [{ resources: [{ resources: ['pods/exec'] }] }, exec, true],
  [{ resources: [{ resources: ['pods/*'] }] }, exec, true],
  [{ resources: [{ resources: ['*/exec'] }] }, exec, true],
  [{ resources: [{ resources: ['*'] }] }, exec, true],
  [{ resources: [{ resources: ['pods'], resourceNames: ['db'] }] }, request, false],
  [{ nonResourceURLs: ['/healthz*'] }, path, true],
  [{ nonResourceURLs: ['/healthz'] }, path, false],
  [{ nonResourceURLs: ['*'] }, path, true],
  [{ nonResourceURLs: ['*'] }, request, false],
]

test('a rule matches by who, how and what', () => {
  for (const [rule, of, matches] of cases) {
    const { level } = decideAudit({ rules: [{ level: 'Metadata', ...rule }] }, of)
    assert.equal(level, matches ? 'Metadata' : 'None', JSON.stringify(rule))
  }
})

test('the first rule that matches decides, stages left out add up, and a rule has its own say about managed fields', () => {
  const policy = {
    omitStages: ['RequestReceived' as const],
    omitManagedFields: true,
    rules: [
      { level: 'None' as const, users: ['bob'] },
      { level: 'Request' as const, omitStages: ['Panic' as const], omitManagedFields: false },
      { level: 'Metadata' as const },
    ],
  }
  assert.deepEqual(decideAudit(policy, request), {
    level: 'Request',
    omitStages: ['RequestReceived', 'Panic'],
    omitManagedFields: false,
  })
})
