import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorizationOf, webhookUserFor } from './credentials.ts'

test('who the server is to a webhook is said by the most exact name', () => {
  const of = (...names: readonly string[]) => ({ users: new Map(names.map((name) => [name, { username: name }])) })
  const cases: readonly (readonly [names: readonly string[], host: string, port: number, found: string | undefined])[] =
    [
      [['a.b.svc:443', 'a.b.svc', '*.svc'], 'a.b.svc', 443, 'a.b.svc:443'],
      [['a.b.svc', '*.b.svc:443'], 'a.b.svc', 443, '*.b.svc:443'],
      [['a.b.svc', '*.svc'], 'a.b.svc', 443, 'a.b.svc'],
      [['a.b.svc', '*.svc'], 'a.b.svc', 8443, undefined],
      [['*.svc:8443', '*'], 'a.b.svc', 8443, '*.svc:8443'],
      [['*.svc', '*'], 'other.example', 443, '*'],
    ]
  for (const [names, host, port, found] of cases)
    assert.equal(webhookUserFor(of(...names), host, port)?.username, found, `${host}:${port}`)
  assert.equal(webhookUserFor({ ...of('me'), current: 'me' }, 'x', 443)?.username, 'me')
  assert.equal(authorizationOf({ token: () => 't' }), 'Bearer t')
  assert.equal(authorizationOf({ username: 'a', password: 'b' }), 'Basic YTpi')
  assert.equal(authorizationOf({ cert: 'c', key: 'k' }), undefined)
})
