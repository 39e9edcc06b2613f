import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { request as requestHttps } from 'node:https'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { startCluster } from '../../src/index.ts'
import { parseYaml } from '../../src/machinery/index.ts'

const cluster = await startCluster({ nodes: 0 })
after(() => cluster.stop())
const { clusters, users } = parseYaml(await cluster.kubeconfig()).value as any
const decode = (text: string) => Buffer.from(text, 'base64').toString()
const { server } = clusters[0].cluster
const credentials = {
  ca: decode(clusters[0].cluster['certificate-authority-data']),
  cert: decode(users[0].user['client-certificate-data']),
  key: decode(users[0].user['client-key-data']),
}
interface Reply {
  readonly code: number
  readonly body: any
}
type Headers = Readonly<Record<string, string>>
const json = { 'content-type': 'application/json' }
const parsed = (text: string) => (text.startsWith('{') ? JSON.parse(text) : text)

function http1(method: string, path: string, body: string | Buffer, headers: Headers): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = requestHttps(
      `${server}${path}`,
      { method, headers, ...credentials, agent: false },
      async (response) => {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        resolve({ code: response.statusCode ?? 0, body: parsed(text) })
        asked.destroy()
      },
    )
    asked.once('error', reject).end(body)
  })
}

function http2(method: string, path: string, body: string | Buffer, headers: Headers): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const session = connect(server, { ...credentials, maxSendHeaderBlockLength: 8 << 20 })
    session.once('error', reject)
    const stream = session.request({ ':method': method, ':path': path, ...headers })
    let code = 0
    let text = ''
    stream.once('response', (head) => {
      code = head[':status'] ?? 0
    })
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    stream.once('error', reject)
    stream.once('end', () => {
      session.destroy()
      resolve({ code, body: parsed(text) })
    })
    if (body.length > 0) stream.end(body)
  })
}

const configMaps = '/api/v1/namespaces/default/configmaps'
const things = '/apis/limits.example/v1/namespaces/default/things'
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const thing = (name: string, spec: string) =>
  `{"apiVersion":"limits.example/v1","kind":"Thing","metadata":{"name":"${name}"},"spec":${spec}}`
const declaration = (plural: string, kind: string, spec: object) =>
  JSON.stringify({
    metadata: { name: `${plural}.limits.example` },
    spec: {
      group: 'limits.example',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  })
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...[...'bcdefghi'].map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`).join()}]`),
].join('\n')
const operations = (count: number) =>
  JSON.stringify(Array.from({ length: count }, () => ({ op: 'test', path: '/metadata/name', value: 'patched' })))

await http2(
  'POST',
  crds,
  declaration('things', 'Thing', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
  json,
)
await http2('POST', configMaps, '{"metadata":{"name":"patched"}}', json)
for (let code = 0; code !== 200; ) code = (await http2('GET', things, '', {})).code
const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'
const dear = 'object.data.all(a, object.data.all(b, object.data.all(c, a != b || b != c || true)))'
await http2(
  'POST',
  policies,
  JSON.stringify({
    metadata: { name: 'dear' },
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      },
      matchConditions: [{ name: 'many', expression: 'has(object.data) && object.data.size() > 500' }],
      validations: [{ expression: dear }],
    },
  }),
  json,
)
await http2(
  'POST',
  `${policies.replace('policies', 'policybindings')}`,
  JSON.stringify({ metadata: { name: 'dear' }, spec: { policyName: 'dear', validationActions: ['Deny'] } }),
  json,
)
const many = JSON.stringify({
  metadata: { name: 'many' },
  data: Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`k${at}`, ''])),
})
for (let code = 201; code === 201; ) code = (await http2('POST', `${configMaps}?dryRun=All`, many, json)).code

const cases: readonly (readonly [string, number, string, RegExp, string, string, string | Buffer, Headers])[] = [
  [
    'a body above 3 MiB',
    413,
    'RequestEntityTooLarge',
    /limit is 3145728/,
    'POST',
    configMaps,
    Buffer.alloc((3 << 20) + 1, 32),
    json,
  ],
  [
    'a body that unzips to more',
    413,
    'RequestEntityTooLarge',
    /limit is 3145728/,
    'POST',
    configMaps,
    gzipSync(Buffer.alloc(100 << 20, 32)),
    { ...json, 'content-encoding': 'gzip' },
  ],
  [
    'a body that does not unzip',
    400,
    'BadRequest',
    /cannot be unzipped/,
    'POST',
    configMaps,
    'nonsense',
    { ...json, 'content-encoding': 'gzip' },
  ],
  [
    'an object above 1.5 MiB',
    413,
    'RequestEntityTooLarge',
    /limit is 1572864/,
    'POST',
    things,
    thing('large', `{"a":"${'x'.repeat(1.6 * 2 ** 20)}"}`),
    json,
  ],
  [
    'a secret above 1 MiB',
    422,
    'Invalid',
    /data: Too long: may not be more than 1048576 bytes/,
    'POST',
    '/api/v1/namespaces/default/secrets',
    JSON.stringify({ metadata: { name: 's' }, data: { a: 'YWFh'.repeat(420_000) } }),
    json,
  ],
  [
    'annotations above 256 KiB',
    422,
    'Invalid',
    /annotations: Too long: may not be more than 262144 bytes/,
    'POST',
    configMaps,
    JSON.stringify({ metadata: { name: 'a', annotations: { a: 'x'.repeat(300 << 10) } } }),
    json,
  ],
  ['deep JSON', 400, 'BadRequest', /exceeded max depth/, 'POST', things, thing('deep', nested(9000)), json],
  [
    'a deep merge patch',
    400,
    'BadRequest',
    /exceeded max depth/,
    'PATCH',
    `${things}/x`,
    nested(9000),
    { 'content-type': 'application/merge-patch+json' },
  ],
  [
    'deep YAML',
    400,
    'BadRequest',
    /exceeded max depth of 1000/,
    'POST',
    configMaps,
    '['.repeat(20_000),
    { 'content-type': 'application/yaml' },
  ],
  [
    'a bomb of aliases',
    400,
    'BadRequest',
    /document contains excessive aliasing/,
    'POST',
    configMaps,
    bomb,
    { 'content-type': 'application/yaml' },
  ],
  [
    'a bomb as a configuration',
    400,
    'BadRequest',
    /document contains excessive aliasing/,
    'PATCH',
    `${configMaps}/b?fieldManager=a`,
    bomb,
    { 'content-type': 'application/apply-patch+yaml' },
  ],
  [
    'a patch of 10,001 operations',
    413,
    'RequestEntityTooLarge',
    /maximum operations in a JSON patch is 10000, got 10001/,
    'PATCH',
    `${configMaps}/patched`,
    operations(10_001),
    { 'content-type': 'application/json-patch+json' },
  ],
  [
    'a manager of 129 letters',
    422,
    'Invalid',
    /fieldManager: Too long: may not be more than 128 bytes/,
    'POST',
    `${configMaps}?fieldManager=${'x'.repeat(129)}`,
    '{"metadata":{"name":"m"}}',
    json,
  ],
  [
    'a manager that cannot be printed',
    422,
    'Invalid',
    /fieldManager: Invalid value: "\\x01": invalid character U\+0001 \(at position 0\)/,
    'POST',
    `${configMaps}?fieldManager=%01`,
    '{"metadata":{"name":"m"}}',
    json,
  ],
  [
    'a long manager within managedFields',
    422,
    'Invalid',
    /managedFields\[0\].manager: Too long: may not be more than 128 bytes/,
    'POST',
    configMaps,
    JSON.stringify({
      metadata: {
        name: 'm',
        managedFields: [
          {
            manager: 'x'.repeat(129),
            operation: 'Update',
            apiVersion: 'v1',
            time: '2026-01-01T00:00:00Z',
            fieldsType: 'FieldsV1',
            fieldsV1: { 'f:data': {} },
          },
        ],
      },
    }),
    json,
  ],
  [
    'a rule whose cost has no end',
    422,
    'Invalid',
    /estimated rule cost exceeds budget by factor of more than 100x/,
    'POST',
    crds,
    declaration('dears', 'Dear', {
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'string' } } },
      'x-kubernetes-validations': [{ rule: 'self.a.all(x, self.a.all(y, self.a.all(z, x == y || y == z)))' }],
    }),
    json,
  ],
  ['a policy that costs too much when asked', 422, 'Invalid', /denied request: .*cost/, 'POST', configMaps, many, json],
]
/** So many fields of 45,000 letters. */
const headersOf = (count: number): Headers =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, 'y'.repeat(45_000)]))
for (const [transport, send] of Object.entries({ 'HTTP/1.1': http1, 'HTTP/2': http2 })) {
  for (const [name, code, reason, says, method, path, body, headers] of cases)
    test(`${name} over ${transport}: ${code} ${reason}`, async () => {
      const reply = await send(method, path, body, headers)
      assert.deepEqual([reply.code, reply.body.reason], [code, reason], JSON.stringify(reply.body).slice(0, 500))
      assert.match(reply.body.message, says)
    })
  test(`what is within the limits over ${transport} is taken`, async () => {
    const deep = thing('deep', nested(900))
    assert.equal((await send('POST', `${things}?dryRun=All`, deep, json)).code, 201)
    const patch = { 'content-type': 'application/json-patch+json' }
    assert.equal((await send('PATCH', `${configMaps}/patched`, operations(10_000), patch)).code, 200)
    const fields = headersOf(20)
    assert.equal((await send('GET', '/readyz', '', fields)).code, 200)
  })
  test(`headers above the limit over ${transport}: 431, and the server goes on`, async () => {
    const fields = headersOf(24)
    assert.equal((await send('GET', '/readyz', '', fields)).code, 431)
    assert.equal((await send('GET', '/readyz', '', {})).body, 'ok')
  })
}
