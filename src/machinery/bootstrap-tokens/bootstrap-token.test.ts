import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bootstrapTokenOf, splitBootstrapToken } from './bootstrap-token.ts'

const secret = (data: Record<string, string>, more: object = {}): any => ({
  metadata: { name: 'bootstrap-token-abcdef' },
  type: 'bootstrap.kubernetes.io/token',
  data: Object.fromEntries(
    Object.entries({ 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', ...data }).map(([key, value]) => [
      key,
      btoa(value),
    ]),
  ),
  ...more,
})

test('a token is six and sixteen characters', () => {
  assert.deepEqual(splitBootstrapToken('abcdef.0123456789abcdef'), { id: 'abcdef', secret: '0123456789abcdef' })
  for (const text of ['abcdef', 'ABCDEF.0123456789abcdef', 'abcdef.0123456789abcdef\n', 'abcdef.0123'])
    assert.equal(splitBootstrapToken(text), undefined)
})

test('a Secret holds a token, for what it says, until it ends', () => {
  const plain = { id: 'abcdef', secret: '0123456789abcdef', expiresMs: Number.POSITIVE_INFINITY }
  const none = { maySign: false, mayAuthenticate: false, groups: ['system:bootstrappers'] }
  const cases = [
    { given: secret({}), token: { ...plain, ...none } },
    { given: secret({ 'usage-bootstrap-signing': 'true' }), token: { ...plain, ...none, maySign: true } },
    { given: secret({ 'usage-bootstrap-authentication': 'yes' }), token: { ...plain, ...none } },
    { given: secret({ expiration: 'soon' }), token: { ...plain, ...none, expiresMs: 0 } },
    {
      given: secret({ expiration: '2026-01-01T00:00:00Z' }),
      token: { ...plain, ...none, expiresMs: Date.UTC(2026, 0, 1) },
    },
    {
      given: secret({ 'auth-extra-groups': 'system:bootstrappers:workers' }),
      token: { ...plain, ...none, groups: ['system:bootstrappers', 'system:bootstrappers:workers'] },
    },
    { given: secret({ 'auth-extra-groups': 'system:masters' }), token: { ...plain, ...none, groups: undefined } },
    { given: secret({}, { type: 'Opaque' }), token: undefined },
    { given: secret({ 'token-id': 'ghijkl' }), token: undefined },
    { given: secret({}, { metadata: { name: 'bootstrap-token-abcdef', deletionTimestamp: 'x' } }), token: undefined },
  ]
  for (const { given, token } of cases) assert.deepEqual(bootstrapTokenOf(given), token)
})
