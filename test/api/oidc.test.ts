import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Authentication,
  type AuthenticationParts,
  openAuthenticationFile,
  openOidc,
} from '../../src/apiserver/index.ts'
import { dialNetwork } from '../../src/cluster/connections/dialers.ts'
import { Metrics, systemClock, yamlText } from '../../src/machinery/index.ts'
import { startApi, type TestApi } from '../fixtures/api.ts'
import { heldFile } from '../fixtures/held-file.ts'
import { startIssuer, type TestIssuer } from '../fixtures/issuer.ts'

const ownIssuer = 'https://kubernetes.default.svc.cluster.local'
const partsWith = (metrics: Metrics, complaints: string[] = []): AuthenticationParts => ({
  clock: systemClock(),
  metrics,
  connectNetwork: dialNetwork(),
  ownAudiences: [ownIssuer],
  ownIssuers: [ownIssuer],
  serverId: 'apiserver-test',
  complain: (error) => void complaints.push(error instanceof Error ? error.message : String(error)),
})

const fileOf = (issuer: TestIssuer, more: object = {}, ofIssuer: object = {}, anonymous?: object) =>
  yamlText({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    jwt: [
      {
        issuer: { url: issuer.url, certificateAuthority: issuer.authority, audiences: ['me'], ...ofIssuer },
        claimMappings: { username: { claim: 'sub', prefix: 'oidc:' } },
        ...more,
      },
    ],
    ...(anonymous === undefined ? {} : { anonymous }),
  })

async function whoIs(api: TestApi, token: string): Promise<any> {
  const { code, body } = await api.http('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    headers: { authorization: `Bearer ${token}` },
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  })
  return code === 201 ? JSON.parse(body).status.userInfo : code
}

/** Waits until the issuer's keys can be asked for: nothing tells of it but that tokens are good. */
async function untilGood(api: TestApi, issuer: TestIssuer, claims: Record<string, unknown>): Promise<any> {
  const endMs = Date.now() + 15_000
  while (Date.now() < endMs) {
    const found = await whoIs(api, await issuer.sign(claims))
    if (found !== 401) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
  return 401
}

const withFile = async (authentication: Promise<Authentication>, metrics: Metrics) =>
  startApi({ metrics, authentication: await authentication })

test('tokens of an issuer are believed while their signature, audience and time are good', async () => {
  await using issuer = await startIssuer()
  const [metrics, complaints] = [new Metrics(), [] as string[]]
  const file = heldFile(
    fileOf(issuer, {
      claimMappings: {
        username: { claim: 'sub', prefix: 'oidc:' },
        groups: { claim: 'roles', prefix: 'oidc:' },
        uid: { claim: 'id' },
      },
    }),
  )
  await using api = await withFile(openAuthenticationFile(file, partsWith(metrics, complaints)), metrics)
  const claims = { sub: 'jane', roles: 'dev', id: '7', jti: 'j' }
  assert.deepEqual(await untilGood(api, issuer, claims), {
    username: 'oidc:jane',
    uid: '7',
    groups: ['oidc:dev', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': ['JTI=j'] },
  })
  const refused = async (more: Record<string, unknown>, audience?: string) =>
    [await whoIs(api, await issuer.sign({ ...claims, ...more }, audience)), complaints.at(-1)] as const
  assert.deepEqual(await refused({}, 'others'), [401, 'oidc: expected audience in ["me"] got ["others"]'])
  assert.deepEqual(await refused({ exp: 1 }), [401, 'oidc: token is expired'])
  assert.deepEqual(await refused({ sub: 7 }), [
    401,
    'oidc: parse username claims "sub": json: cannot unmarshal number into Go value of type string',
  ])
  const [head, body] = (await issuer.sign(claims)).split('.')
  assert.equal(await whoIs(api, `${head}.${body}.AAAA`), 401)
  assert.match(metrics.text(), /jwt_authenticator_latency_seconds_count\{result="success",jwt_issuer_hash="sha256:/)
  assert.match(metrics.text(), /jwks_fetch_last_key_set_info\{.*hash="sha256:[0-9a-f]{64}"\} 1/)
})

test('keys are read once, and again when a token is signed with one that is not known', async () => {
  await using issuer = await startIssuer('ES256')
  const metrics = new Metrics()
  await using api = await withFile(openAuthenticationFile(heldFile(fileOf(issuer)), partsWith(metrics)), metrics)
  await untilGood(api, issuer, { sub: 'a' })
  const before = issuer.asked.get('/keys')
  assert.equal((await whoIs(api, await issuer.sign({ sub: 'b' }))).username, 'oidc:b')
  assert.equal(issuer.asked.get('/keys'), before)
  const old = await issuer.sign({ sub: 'old' })
  await issuer.rotate()
  assert.equal((await whoIs(api, await issuer.sign({ sub: 'c' }))).username, 'oidc:c')
  assert.equal(issuer.asked.get('/keys'), before! + 1)
  assert.equal(await whoIs(api, old), 401, 'what is no longer published is no longer believed')
})

test('expressions make users of claims, and rules in CEL refuse tokens and users', async () => {
  await using issuer = await startIssuer()
  const [metrics, complaints] = [new Metrics(), [] as string[]]
  const file = heldFile(
    fileOf(issuer, {
      claimValidationRules: [
        { expression: 'claims.email_verified == true', message: 'email must be verified' },
        { expression: 'claims.exp - claims.iat <= 86400.0', message: 'too long' },
        { claim: 'tenant', requiredValue: 't1' },
      ],
      claimMappings: {
        username: { expression: '"x-" + claims.email' },
        groups: { expression: 'claims.deep.role__dot__names.filter(one, one != "none")' },
        uid: { expression: 'string(int(claims.number))' },
        extra: [{ key: 'example.com/tenant', valueExpression: 'claims.tenant' }],
      },
      userValidationRules: [
        { expression: "!user.username.startsWith('x-system:')", message: 'reserved' },
        { expression: "user.extra['example.com/tenant'].size() == 1" },
      ],
    }),
  )
  await using api = await withFile(openAuthenticationFile(file, partsWith(metrics, complaints)), metrics)
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    ...{ email: 'a@b', email_verified: true, tenant: 't1', number: 7, iat: now, exp: now + 60 },
    deep: { 'role.names': ['dev', '', 'none'] },
  }
  assert.deepEqual(await untilGood(api, issuer, claims), {
    username: 'x-a@b',
    uid: '7',
    groups: ['dev', 'system:authenticated'],
    extra: { 'example.com/tenant': ['t1'] },
  })
  const refused = async (more: Record<string, unknown>) => {
    assert.equal(await whoIs(api, await issuer.sign({ ...claims, ...more })), 401)
    return complaints.at(-1)
  }
  assert.equal(
    await refused({ email_verified: false }),
    "oidc: error evaluating claim validation expression: validation expression 'claims.email_verified == true' failed: email must be verified",
  )
  assert.equal(await refused({ tenant: 't2' }), 'oidc: required claim tenant value does not match. Got = t2, want = t1')
  assert.equal(
    await refused({ email: 'system:admin' }),
    "oidc: error evaluating user info validation rule: validation expression '!user.username.startsWith('x-system:')' failed: reserved",
  )
})

test('groups that a token only points to are fetched from where it says', async () => {
  await using issuer = await startIssuer()
  await using groups = await startIssuer()
  const metrics = new Metrics()
  const mapping = {
    claimMappings: { username: { claim: 'sub', prefix: '' }, groups: { claim: 'groups', prefix: 'g:' } },
  }
  // Kubernetes: whoever signs distributed claims is reached with the same authorities.
  const both = { certificateAuthority: `${issuer.authority}\n${groups.authority}` }
  const file = heldFile(fileOf(issuer, mapping, both))
  await using api = await withFile(openAuthenticationFile(file, partsWith(metrics)), metrics)
  await untilGood(api, issuer, { sub: 'a' })
  groups.answer('/groups', (authorization) =>
    authorization === 'Bearer key' ? groups.sign({ groups: ['one', 'two'] }) : '',
  )
  const found = await whoIs(
    api,
    await issuer.sign({
      sub: 'b',
      _claim_names: { groups: 'src' },
      _claim_sources: { src: { endpoint: `${groups.url}/groups`, access_token: 'key' } },
    }),
  )
  assert.deepEqual(found.groups, ['g:one', 'g:two', 'system:authenticated'])
})

test('a file that changes is put into effect while the server runs, one that is wrong is not', async () => {
  await using issuer = await startIssuer()
  await using other = await startIssuer()
  const [metrics, complaints] = [new Metrics(), [] as string[]]
  const file = heldFile(fileOf(issuer))
  await using api = await withFile(openAuthenticationFile(file, partsWith(metrics, complaints)), metrics)
  await untilGood(api, issuer, { sub: 'a' })
  const total = (status: string) =>
    Number(new RegExp(`automatic_reloads_total\\{status="${status}",.*\\} (\\d+)`).exec(metrics.text())?.[1] ?? 0)
  const until = async (status: string, count: number) => {
    while (total(status) < count) await new Promise((resolve) => setImmediate(resolve))
  }
  file.write(fileOf(other, { claimMappings: { username: { claim: 'sub', prefix: 'other:' } } }))
  await until('success', 1)
  assert.equal((await whoIs(api, await other.sign({ sub: 'a' }))).username, 'other:a')
  assert.equal(await whoIs(api, await issuer.sign({ sub: 'b' })), 401)
  file.write('kind: AuthenticationConfiguration\napiVersion: apiserver.config.k8s.io/v1\njwt: [{ issuers: {} }]')
  await until('failure', 1)
  assert.equal(complaints.at(-1), 'strict decoding error: unknown field "jwt[0].issuers"')
  file.write(fileOf(other, {}, {}, { enabled: true }))
  await until('failure', 2)
  assert.equal(complaints.at(-1), 'anonymous: Forbidden: changed from initial configuration file')
  assert.equal((await whoIs(api, await other.sign({ sub: 'c' }))).username, 'other:c')
  assert.equal([...metrics.text().matchAll(/authentication_config_controller_last_config_info\{/g)].length, 1)
})

test('who may come without a token, and where, is what the file says', async () => {
  await using issuer = await startIssuer()
  const status = async (anonymous: object, path: string) => {
    const metrics = new Metrics()
    const file = heldFile(fileOf(issuer, {}, {}, anonymous))
    await using api = await withFile(openAuthenticationFile(file, partsWith(metrics)), metrics)
    return (await api.http('GET', path, { headers: { authorization: undefined as unknown as string } })).code
  }
  assert.equal(await status({ enabled: false }, '/healthz'), 401)
  assert.equal(await status({ enabled: true }, '/api/v1/pods'), 403)
  assert.equal(await status({ enabled: true, conditions: [{ path: '/livez' }] }, '/livez'), 200)
  assert.equal(await status({ enabled: true, conditions: [{ path: '/livez' }] }, '/readyz'), 401)
})

test('flags of kube-apiserver stand for a configuration, with their own prefix for names', async () => {
  await using issuer = await startIssuer()
  const metrics = new Metrics()
  const options = { issuerURL: issuer.url, clientID: 'me', certificateAuthority: issuer.authority, groupsClaim: 'g' }
  await using api = await withFile(openOidc(options, partsWith(metrics)), metrics)
  const found = await untilGood(api, issuer, { sub: 'a', g: ['x'] })
  assert.deepEqual([found.username, found.groups], [`${issuer.url}#a`, ['x', 'system:authenticated']])
})
