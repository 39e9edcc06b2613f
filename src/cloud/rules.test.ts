import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorise, matchesPattern } from './rules.ts'
import type { Rule } from './state.ts'

const routes: Rule = { name: 'routes', effect: 'allow', actions: ['vpc:*'], resources: ['route/10.244.*'] }
const rule = (name: string, effect: Rule['effect'], actions: readonly string[], resources = ['*']): Rule => ({
  ...{ name, effect, actions, resources },
})

const cases: readonly {
  readonly says: string
  readonly rules?: readonly Rule[]
  readonly refused?: string
}[] = [
  { says: 'a rule that allows it lets it be done', rules: [routes] },
  {
    says: 'a rule that denies it comes before all that allow it',
    rules: [routes, rule('freeze', 'deny', ['vpc:Create*'])],
    refused:
      'role nodes may not vpc:CreateRouteEntry on route/10.244.1.0/24: denied by rule "freeze" (deny vpc:Create* on *)',
  },
  {
    says: 'a rule for the action on something else is named',
    rules: [rule('balancers', 'allow', ['slb:*']), { ...routes, resources: ['route/10.9.*'] }],
    refused:
      'role nodes may not vpc:CreateRouteEntry on route/10.244.1.0/24: not allowed by rule "routes" (allow vpc:* on route/10.9.*)',
  },
  {
    says: 'a rule that once allowed it and lost the action is named',
    rules: [rule('routes', 'allow', ['vpc:DescribeRouteEntryList', 'vpc:DeleteRouteEntry'])],
    refused:
      'role nodes may not vpc:CreateRouteEntry on route/10.244.1.0/24: not allowed by rule "routes" (allow vpc:DescribeRouteEntryList, vpc:DeleteRouteEntry on *)',
  },
  {
    says: 'without any rule about it, none is named',
    rules: [rule('balancers', 'allow', ['slb:*'])],
    refused: 'role nodes may not vpc:CreateRouteEntry on route/10.244.1.0/24: no rule of the role allows it',
  },
  {
    says: 'a role that is gone allows nothing',
    refused: 'role nodes may not vpc:CreateRouteEntry on route/10.244.1.0/24: there is no such role',
  },
]

test('a call is held against the rules of a role, and a refusal names the rule', () => {
  for (const { says, rules, refused } of cases) {
    const role = rules === undefined ? undefined : { name: 'nodes', rules }
    const act = () => authorise(role, 'nodes', 'vpc:CreateRouteEntry', 'route/10.244.1.0/24')
    if (refused === undefined) assert.doesNotThrow(act, says)
    else assert.throws(act, { message: refused, code: 'Forbidden.RAM', status: 403 }, says)
  }
})

test('a star in a pattern stands for any text, and for none', () => {
  const matches: readonly (readonly [string, string, boolean])[] = [
    ['*', '', true],
    ['vpc:*', 'vpc:', true],
    ['vpc:*', 'slb:x', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*bc', 'abc', true],
    ['ab*bc', 'abc', false],
    ['*Route*', 'vpc:DescribeRouteEntryList', true],
    ['route', 'routes', false],
  ]
  for (const [pattern, text, wanted] of matches)
    assert.equal(matchesPattern(pattern, text), wanted, `${pattern} ${text}`)
})
