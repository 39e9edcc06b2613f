import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingRules } from './covers.ts'

const rule = (verbs: string, resources: string, more: object = {}) => ({
  ...{ verbs: verbs.split(' '), apiGroups: [''], resources: resources.split(' ') },
  ...more,
})

test('rights cover others as RBAC says', () => {
  const named = { resourceNames: ['a'] }
  const cases = [
    { held: [rule('*', '*')], granted: [rule('get list', 'pods pods/log')], missing: [] },
    { held: [rule('get', 'pods'), rule('list', 'pods')], granted: [rule('get list', 'pods')], missing: [] },
    {
      held: [rule('get', 'pods')],
      granted: [rule('get list', 'pods')],
      missing: ['{APIGroups:[""], Resources:["pods"], Verbs:["list"]}'],
    },
    { held: [rule('get', '*/log')], granted: [rule('get', 'pods/log')], missing: [] },
    {
      held: [rule('get', 'pods')],
      granted: [rule('get', 'pods/log')],
      missing: ['{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}'],
    },
    {
      held: [rule('get', 'pods', named)],
      granted: [rule('get', 'pods')],
      missing: ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'],
    },
    { held: [rule('get', 'pods')], granted: [rule('get', 'pods', named)], missing: [] },
    {
      held: [rule('get', 'pods', named)],
      granted: [rule('get', 'pods', { resourceNames: ['a', 'b'] })],
      missing: ['{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get"]}'],
    },
    {
      held: [{ verbs: ['get'], nonResourceURLs: ['/a/*'] }],
      granted: [{ verbs: ['get'], nonResourceURLs: ['/a/b', '/c'] }],
      missing: ['{NonResourceURLs:["/c"], Verbs:["get"]}'],
    },
  ]
  for (const { held, granted, missing } of cases) assert.deepEqual(missingRules(held, granted), missing)
})
