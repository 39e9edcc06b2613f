import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { request as requestHttps } from 'node:https'
import { after, suite, test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { parseYaml } from '../../src/machinery/index.ts'
import { serviceAccounts } from '../../src/resources/index.ts'

const cluster = await startCluster({ nodes: 0 })
after(() => cluster.stop())
const kubeconfig = parseYaml(await cluster.kubeconfig()).value as any
const decode = (text: string) => Buffer.from(text, 'base64').toString()
const { server, 'certificate-authority-data': authority } = kubeconfig.clusters[0].cluster
const { 'client-certificate-data': certificate, 'client-key-data': key } = kubeconfig.users[0].user
const administrator = { ca: decode(authority), cert: decode(certificate), key: decode(key) }

interface Ask {
  readonly method?: string
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
  readonly credentials?: object
}
interface Reply {
  readonly code: number
  readonly headers: Record<string, unknown>
  readonly body: any
}

/** The same question over HTTP/1.1 and over HTTP/2. */
const transports: Readonly<Record<string, (ask: Ask) => Promise<Reply>>> = {
  'HTTP/1.1': ({ method = 'GET', path, headers = {}, body, credentials = administrator }) =>
    new Promise((resolve, reject) => {
      const { ca } = administrator
      const request = requestHttps(
        `${server}${path}`,
        { method, headers, ca, ...credentials, agent: false },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk) => chunks.push(chunk))
          response.on('end', () =>
            resolve({
              code: response.statusCode ?? 0,
              headers: response.headers,
              body: parsed(Buffer.concat(chunks).toString()),
            }),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    }),
  'HTTP/2': ({ method = 'GET', path, headers = {}, body, credentials = administrator }) =>
    new Promise((resolve, reject) => {
      const { ca } = administrator
      const session = connect(server, { ca, ...credentials })
      session.on('error', reject)
      const stream = session.request({ ':method': method, ':path': path, ...headers })
      let head: Record<string, unknown> = {}
      const chunks: Buffer[] = []
      stream.on('response', (received) => {
        head = received
      })
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        session.close()
        resolve({ code: Number(head[':status']), headers: head, body: parsed(Buffer.concat(chunks).toString()) })
      })
      stream.on('error', reject)
      stream.end(body)
    }),
}
const parsed = (text: string) => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
const configMaps = '/api/v1/namespaces/default/configmaps'
const json = { 'content-type': 'application/json' }
const nobody = {}
await cluster.client.create(serviceAccounts, {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'poor', namespace: 'default' },
} as never)
const { status } = await cluster.client.post<any>(serviceAccounts, { namespace: 'default', name: 'poor' }, 'token', {
  spec: {},
})

const cases: readonly (Ask & {
  readonly name: string
  readonly code: number
  readonly reason: string
  readonly says: RegExp
})[] = [
  {
    name: 'torn JSON',
    method: 'POST',
    path: configMaps,
    headers: json,
    body: '{"a":',
    code: 400,
    reason: 'BadRequest',
    says: /unexpected end of JSON input/,
  },
  {
    name: 'torn YAML',
    method: 'POST',
    path: configMaps,
    headers: { 'content-type': 'application/yaml' },
    body: 'a: [\n b',
    code: 400,
    reason: 'BadRequest',
    says: /error converting YAML to JSON: yaml: line 2/,
  },
  {
    name: 'what is no protobuf',
    method: 'POST',
    path: configMaps,
    headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
    body: 'abcdef',
    code: 400,
    reason: 'BadRequest',
    says: /expected prefix \[107 56 115 0\]/,
  },
  {
    name: 'a body of 4 MiB',
    method: 'POST',
    path: configMaps,
    headers: json,
    body: Buffer.alloc(4 << 20, 97),
    code: 413,
    reason: 'RequestEntityTooLarge',
    says: /limit is 3145728/,
  },
  {
    name: 'a number for a name',
    method: 'POST',
    path: configMaps,
    headers: json,
    body: '{"metadata":{"name":5}}',
    code: 400,
    reason: 'BadRequest',
    says: /cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string/,
  },
  {
    name: 'another kind',
    method: 'POST',
    path: configMaps,
    headers: json,
    body: '{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}',
    code: 400,
    reason: 'BadRequest',
    says: /Secret in version "v1" cannot be handled as a ConfigMap/,
  },
  {
    name: 'an invalid name',
    method: 'POST',
    path: configMaps,
    headers: json,
    body: '{"metadata":{"name":"A_b"}}',
    code: 422,
    reason: 'Invalid',
    says: /metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain/,
  },
  {
    name: 'unknown and repeated fields, strictly',
    method: 'POST',
    path: `${configMaps}?fieldValidation=Strict`,
    headers: json,
    body: '{"metadata":{"name":"a"},"foo":1,"data":{"a":"1","a":"2"}}',
    code: 400,
    reason: 'BadRequest',
    says: /strict decoding error: unknown field "foo", duplicate field "data.a"/,
  },
  {
    name: 'an update that lost the race',
    method: 'PUT',
    path: `${configMaps}/kube-root-ca.crt`,
    headers: json,
    body: '{"metadata":{"name":"kube-root-ca.crt","resourceVersion":"1"}}',
    code: 409,
    reason: 'Conflict',
    says: /the object has been modified; please apply your changes to the latest version/,
  },
  {
    name: 'a name that is not there',
    path: `${configMaps}/nothing`,
    code: 404,
    reason: 'NotFound',
    says: /^configmaps "nothing" not found$/,
  },
  {
    name: 'a namespace that is not there',
    method: 'POST',
    path: '/api/v1/namespaces/nowhere/configmaps',
    headers: json,
    body: '{"metadata":{"name":"a"}}',
    code: 404,
    reason: 'NotFound',
    says: /^namespaces "nowhere" not found$/,
  },
  {
    name: 'a resource that is not there',
    path: '/api/v1/nothing',
    code: 404,
    reason: 'NotFound',
    says: /the server could not find the requested resource/,
  },
  {
    name: 'a patch of no kind',
    method: 'PATCH',
    path: `${configMaps}/kube-root-ca.crt`,
    headers: json,
    body: '{}',
    code: 415,
    reason: 'UnsupportedMediaType',
    says: /application\/json-patch\+json, application\/merge-patch\+json/,
  },
  {
    name: 'a form nobody serves',
    path: configMaps,
    headers: { accept: 'text/csv' },
    code: 406,
    reason: 'NotAcceptable',
    says: /Available representations: application\/json, application\/yaml/,
  },
  {
    name: 'an unknown field selector',
    path: `${configMaps}?fieldSelector=spec.x%3Dy`,
    code: 400,
    reason: 'BadRequest',
    says: /is not a known field selector: only "metadata.name", "metadata.namespace"/,
  },
  {
    name: 'a revision from the future',
    path: `${configMaps}?resourceVersion=99999999`,
    code: 504,
    reason: 'Timeout',
    says: /Too large resource version: 99999999/,
  },
  {
    name: 'no credentials',
    path: configMaps,
    credentials: nobody,
    code: 401,
    reason: 'Unauthorized',
    says: /^Unauthorized$/,
  },
  {
    name: 'a token of nobody',
    path: configMaps,
    headers: { authorization: 'Bearer nonsense' },
    credentials: nobody,
    code: 401,
    reason: 'Unauthorized',
    says: /^Unauthorized$/,
  },
  {
    name: 'no rights',
    path: configMaps,
    headers: { authorization: `Bearer ${status.token}` },
    credentials: nobody,
    code: 403,
    reason: 'Forbidden',
    says: /^configmaps is forbidden: User "system:serviceaccount:default:poor" cannot list resource "configmaps" in API group "" in the namespace "default"$/,
  },
]
for (const [version, send] of Object.entries(transports)) {
  suite(`bad input over ${version} is answered with its name, and the server goes on`, () => {
    for (const { name, code, reason, says, ...ask } of cases) {
      test(`${name}: ${code} ${reason}`, async () => {
        const reply = await send(ask)
        assert.deepEqual(
          [reply.code, reply.body.kind, reply.body.reason, reply.body.code],
          [code, 'Status', reason, code],
          JSON.stringify(reply.body),
        )
        assert.match(reply.body.message, says)
        assert.equal((await send({ path: '/readyz' })).body, 'ok')
      })
    }
    test('an unknown field is kept out with a warning unless asked otherwise', async () => {
      const reply = await send({
        method: 'POST',
        path: `${configMaps}?dryRun=All`,
        headers: json,
        body: '{"metadata":{"name":"warned"},"foo":1}',
      })
      assert.equal(reply.code, 201)
      assert.deepEqual([reply.headers.warning, reply.body.foo], ['299 - "unknown field \\"foo\\""', undefined])
    })
  })
}
