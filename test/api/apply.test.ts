import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declare, startApi, type TestApi, things } from '../fixtures/api.ts'

const structural = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        foo: { type: 'string' },
        whole: { type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } } },
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
        },
      },
    },
  },
}

async function apply(api: TestApi, body: string, query = 'fieldManager=me', path = thingPath) {
  const answer = await api.http('PATCH', `${path}?${query}`, {
    body,
    headers: { 'content-type': 'application/apply-patch+yaml' },
  })
  return { code: answer.code, headers: answer.headers, ...JSON.parse(answer.body) }
}
const thingPath = '/apis/example.com/v1/namespaces/default/things/mine'
const head = 'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: mine}\n'
const said = 'failed to create typed patch object (/mine; example.com/v1, Kind=Thing): '

const refused = [
  { of: 'a field at the top', text: `${head}other: 1\n`, says: '.other: field not declared in schema' },
  {
    of: 'a field of the metadata',
    text: head.replace('mine}', 'mine, other: 1}'),
    says: '.metadata.other: field not declared in schema',
  },
  {
    of: 'a field of an embedded object',
    text: `${head}spec: {template: {apiVersion: v1, kind: X, metadata: {other: 1}, anything: 2}}\n`,
    says: '.spec.template.metadata.other: field not declared in schema',
  },
  {
    of: 'several at once',
    text: `${head}spec: {bar: 1, ports: [{name: a, x: 1}, {name: a}, {}]}\n`,
    says: [
      'errors:',
      '  .spec.bar: field not declared in schema',
      '  .spec.ports[name="a"].x: field not declared in schema',
      '  .spec.ports: duplicate entries for key [name="a"]',
      '  .spec.ports: element 2: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    ].join('\n'),
  },
  {
    of: 'a field inside a value that is owned as a whole',
    text: `${head}spec: {whole: [{a: x, b: y}]}\n`,
    says: '.spec.whole[0].b: field not declared in schema',
  },
]

test('an applied configuration may hold only what its type declares, whatever fieldValidation asks', async (t) => {
  await using api = await startApi()
  await declare(api, things({ v1: structural }))
  for (const { of, text, says } of refused)
    await t.test(of, async () => {
      for (const validation of ['', '&fieldValidation=Ignore']) {
        const answer = await apply(api, text, `fieldManager=me${validation}`)
        assert.deepEqual([answer.code, answer.reason, answer.message], [500, undefined, said + says])
      }
    })
  await t.test('a built-in kind', async () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\nother: 1\n'
    const answer = await apply(api, text, 'fieldManager=me', '/api/v1/namespaces/default/configmaps/mine')
    assert.equal(
      answer.message,
      'failed to create typed patch object (/mine; /v1, Kind=ConfigMap): .other: field not declared in schema',
    )
  })
})

test('a key given twice in an applied configuration is reported by its line, as fieldValidation asks', async () => {
  await using api = await startApi()
  await declare(api, things({ v1: structural }))
  const text = `${head}spec:\n  foo: a\n  foo: b\n`
  const says = 'yaml: unmarshal errors:\n  line 6: key "foo" already set in map'
  const strict = await apply(api, text, 'fieldManager=me&fieldValidation=Strict')
  assert.deepEqual([strict.code, strict.message], [400, `error strict decoding YAML: ${says}`])
  const warned = await apply(api, text, 'fieldManager=me&fieldValidation=Warn')
  assert.equal(warned.code, 201)
  assert.match(String(warned.headers['warning']), /line 6: key \\"foo\\" already set in map/)
  const ignored = await apply(api, text, 'fieldManager=me&fieldValidation=Ignore')
  assert.equal(ignored.headers['warning'], undefined)
  assert.equal(ignored.spec.foo, 'b')
})

const workload = (kind: string) => {
  const labels = { app: kind.toLowerCase() }
  const container = { name: 'web', image: 'nginx:1', ports: [{ containerPort: 80 }], resources: {} }
  const template = { metadata: { labels }, spec: { containers: [container] } }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'mine', annotations: { round: '0' } },
    spec: { selector: { matchLabels: labels }, template, ...(kind === 'StatefulSet' ? { serviceName: 'mine' } : {}) },
  }
}
const kinds: readonly { readonly path: string; readonly object: any; change(object: any): void }[] = [
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => ({
    path: `/apis/apps/v1/namespaces/default/${kind.toLowerCase()}s/mine`,
    object: workload(kind),
    change(object: any) {
      object.spec.template.spec.containers[0].image = 'nginx:2'
    },
  })),
  ...['ConfigMap', 'Secret'].map((kind) => ({
    path: `/api/v1/namespaces/default/${kind.toLowerCase()}s/mine`,
    object: { apiVersion: 'v1', kind, metadata: { name: 'mine', annotations: { round: '0' } }, data: { a: 'YQ==' } },
    change(object: any) {
      object.data.a = 'Yg=='
    },
  })),
]

test('what is applied again changes what it says, and nothing where it says the same', async (t) => {
  await using api = await startApi()
  for (const { path, object, change } of kinds)
    await t.test(object.kind, async () => {
      const send = async (body: object, query = 'fieldManager=me') => {
        const { headers: _, ...answer } = await apply(api, JSON.stringify(body), query, path)
        return answer
      }
      const first = await send(object)
      for (let at = 0; at < 3; at++) assert.deepEqual(await send(object), { ...first, code: 200 })
      for (const round of ['1', '2']) {
        object.metadata.annotations.round = round
        const changed = await send(object)
        assert.equal(changed.metadata.annotations.round, round)
        assert.notEqual(changed.metadata.resourceVersion, first.metadata.resourceVersion)
        assert.deepEqual({ ...changed, metadata: {} }, { ...first, code: 200, metadata: {} })
        // Kubernetes: of Deployments alone are annotations part of what is desired.
        assert.equal(
          changed.metadata.generation,
          object.kind === 'Deployment' ? Number(round) + 1 : first.metadata.generation,
        )
        assert.deepEqual(changed.metadata.managedFields[0].fieldsV1, first.metadata.managedFields[0].fieldsV1)
        assert.deepEqual(JSON.parse((await api.http('GET', path)).body).metadata, changed.metadata)
      }
      change(object)
      const changed = await send(object)
      assert.deepEqual(changed.spec?.template?.spec.containers[0].image ?? changed.data.a, object.data?.a ?? 'nginx:2')
      assert.equal((await send(object, 'fieldManager=other')).code, 200)
      object.metadata.annotations.round = '3'
      const conflict = await send(object, 'fieldManager=other')
      assert.match(conflict.message, /^Apply failed with 1 conflict: conflict with "me": .metadata.annotations.round$/)
      if (changed.spec === undefined) return
      object.spec.template.spec.containers[0].image = ''
      assert.match(
        (await send(object, 'fieldManager=me&force=true')).message,
        /spec.template.spec.containers\[0\].image: Required value/,
      )
    })
})
