import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ManifestDirectory } from '../../src/apiserver/index.ts'
import { StatusError } from '../../src/machinery/index.ts'
import { startApi } from '../fixtures/api.ts'
import { heldFile } from '../fixtures/held-file.ts'

const group = 'admissionregistration.k8s.io'
const configMaps = { group: '', version: 'v1', resource: 'configmaps', namespace: 'default' }
const about = (resources: string, of = '""') =>
  `{ resourceRules: [{ operations: [CREATE, UPDATE, DELETE], apiGroups: [${of}], apiVersions: ['*'], resources: [${resources}] }] }`
const policy = (name: string, expression: string, constraints = about('configmaps'), more = '') => `
apiVersion: ${group}/v1
kind: ValidatingAdmissionPolicy
metadata: { name: ${name} }
spec:
  matchConstraints: ${constraints}
  validations: [{ expression: ${JSON.stringify(expression)} }]
${more}`
const binding = (name: string, policyName: string, more = '') => `
apiVersion: ${group}/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: ${name} }
spec: { policyName: ${policyName}, validationActions: [Deny]${more} }
`
const webhook = (name: string, clientConfig: string) => `
apiVersion: ${group}/v1
kind: ValidatingWebhookConfiguration
metadata: { name: ${name} }
webhooks:
- name: w.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: ${clientConfig}
  rules: [{ operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [configmaps] }]
`
const small = policy('small.static.k8s.io', "!has(object.data) || !('big' in object.data)")
const bound = binding('bound.static.k8s.io', 'small.static.k8s.io')

/** A directory in memory with one file. */
function held(text: string): ManifestDirectory & { write(text: string): void } {
  const file = heldFile(text)
  return {
    path: '/manifests',
    read: async () => [{ path: '/manifests/a.yaml', text: await file.read() }],
    changes: (signal) => file.changes(signal),
    write: file.write,
  }
}
const starting = (directories: Partial<Record<string, ManifestDirectory>>, complain = (_: string) => {}) =>
  startApi({
    features: { gates: { ManifestBasedAdmissionControlConfig: true } },
    admission: { manifests: { serverId: 'one', directories, complain } },
  })
const configMap = (name: string, data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
const refused = (part: string) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  assert.ok(error.message.includes(part), error.message)
  return true
}

test('policies of files hold from the start, cannot be seen or had through the API, and follow the files', async () => {
  const directory = held(`${small}---${bound}`)
  const complaints: string[] = []
  await using api = await starting({ ValidatingAdmissionPolicy: directory }, (problem) => complaints.push(problem))
  const create = (name: string, data: object) =>
    api.call({ ...configMaps, verb: 'create', body: configMap(name, data) })
  await create('fits', { a: '1' })
  await assert.rejects(create('not', { big: '1' }), refused("ValidatingAdmissionPolicy 'small.static.k8s.io'"))
  const list = { group, version: 'v1', resource: 'validatingadmissionpolicies' }
  assert.deepEqual((await api.call({ ...list, verb: 'list' })).items, [])
  const { metadata, ...rest } = { metadata: { name: 'own.static.k8s.io' }, ...{ spec: { validations: [] } } }
  await assert.rejects(
    api.call({
      ...list,
      verb: 'create',
      body: { apiVersion: `${group}/v1`, kind: 'ValidatingAdmissionPolicy', metadata, ...rest },
    }),
    refused(
      'metadata.name: Invalid value: "own.static.k8s.io": names ending with ".static.k8s.io" are reserved for static',
    ),
  )
  const metric = async (line: string) => (await api.http('GET', '/metrics')).body.includes(line)
  const until = async (done: () => Promise<boolean>) => {
    for (let tries = 0; !(await done()); tries++) {
      assert.ok(tries < 1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  directory.write(policy('small', 'true'))
  await until(async () => complaints.length > 0)
  assert.equal(
    complaints[0],
    'error loading /manifests/a.yaml: "small" in file "/manifests/a.yaml" must have a name ending with ".static.k8s.io"',
  )
  await assert.rejects(create('not', { big: '1' }), refused('small.static.k8s.io'))
  directory.write('')
  await until(() => metric('plugin="ValidatingAdmissionPolicy",status="success"} 2'))
  await create('not', { big: '1' })
  assert.ok(await metric('plugin="ValidatingAdmissionPolicy",status="failure"} 1'))
})

test('files govern policies and webhooks too, which what is in the API does not', async () => {
  const kept = policy(
    'kept.static.k8s.io',
    "request.operation != 'DELETE'",
    about('validatingadmissionpolicies', group),
    '  matchConditions: [{ name: own, expression: "request.name.startsWith(\'kept-\')" }]',
  )
  const directory = held(`${kept}\n---${binding('kept.static.k8s.io', 'kept.static.k8s.io')}`)
  await using api = await starting({ ValidatingAdmissionPolicy: directory })
  const about1 = { group, version: 'v1', resource: 'validatingadmissionpolicies' }
  for (const name of ['kept-one', 'other']) {
    const spec = {
      matchConstraints: {
        resourceRules: [{ operations: ['*'], apiGroups: ['x'], apiVersions: ['*'], resources: ['*'] }],
      },
      validations: [{ expression: 'true' }],
    }
    const body = { apiVersion: `${group}/v1`, kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec }
    await api.call({ ...about1, verb: 'create', body })
  }
  await api.call({ ...about1, verb: 'delete', name: 'other' })
  await assert.rejects(api.call({ ...about1, verb: 'delete', name: 'kept-one' }), refused('kept.static.k8s.io'))
})

test('webhooks of files are asked', async () => {
  const directory = held(webhook('asked.static.k8s.io', '{ url: "https://hook.example.com/v" }'))
  await using api = await starting({ ValidatingAdmissionWebhook: directory })
  api.answerAt('hook.example.com', ({ request, apiVersion, kind }) => ({
    apiVersion,
    kind,
    response: { uid: request.uid, allowed: request.name !== 'not' },
  }))
  await api.call({ ...configMaps, verb: 'create', body: configMap('fits', {}) })
  await assert.rejects(
    api.call({ ...configMaps, verb: 'create', body: configMap('not', {}) }),
    refused('admission webhook "w.example.com" denied the request'),
  )
})

test('a server whose manifests are wrong does not start, and says what is', async () => {
  const policies = 'ValidatingAdmissionPolicy'
  const webhooks = 'ValidatingAdmissionWebhook'
  const cases: readonly (readonly [string, string, string])[] = [
    [policies, small.replace('spec:', 'spec:\n  nothing: 1'), 'strict decoding error: unknown field "spec.nothing"'],
    [policies, 'apiVersion: v1\nkind: Pod\n', 'no kind "Pod" is registered for version "v1"'],
    [policies, webhook('a.static.k8s.io', '{ url: "https://x/" }'), 'unsupported resource type *v1.Validating'],
    [policies, small.replace('{ name: small.static.k8s.io }', '{}'), 'resource in file "/manifests/a.yaml" must have'],
    [policies, `${small}---${small}`, 'duplicate name "small.static.k8s.io" found in file "/manifests/a.yaml"'],
    [policies, policy('p.static.k8s.io', 'no such'), 'spec.validations[0].expression'],
    [
      policies,
      small.replace('spec:', 'spec:\n  paramKind: { apiVersion: v1, kind: ConfigMap }'),
      'spec.paramKind is not supported for static manifests',
    ],
    [policies, bound, 'references policy "small.static.k8s.io" which does not exist in the manifest directory'],
    [policies, binding('b.static.k8s.io', 'small'), 'spec.policyName "small" must end with ".static.k8s.io"'],
    [
      policies,
      `${small}---${binding('b.static.k8s.io', 'small.static.k8s.io', ', paramRef: { name: a, parameterNotFoundAction: Deny }')}`,
      'spec.paramRef is not supported for static manifests',
    ],
    [
      webhooks,
      webhook('a.static.k8s.io', '{ service: { namespace: a, name: b } }'),
      'clientConfig.service is not supported for static manifests; use clientConfig.url instead',
    ],
  ]
  for (const [plugin, text, expected] of cases)
    await assert.rejects(
      starting({ [plugin]: held(text) }).then((api) => api[Symbol.asyncDispose]()),
      (error: Error) => {
        assert.match(error.message, /^failed to load static (?:policy|webhook) manifests from "\/manifests": /)
        assert.ok(error.message.includes(expected), error.message)
        return true
      },
      expected,
    )
  const list = `{ apiVersion: v1, kind: List, items: [${JSON.stringify({ apiVersion: `${group}/v1`, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'l.static.k8s.io' }, spec: { matchConstraints: { resourceRules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }] }, validations: [{ expression: 'true' }] } })}] }`
  await (await starting({ [policies]: held(list) }))[Symbol.asyncDispose]()
})

test('while files are not read their names are only warned of', async () => {
  await using api = await startApi()
  const body = {
    apiVersion: `${group}/v1`,
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'own.static.k8s.io' },
  }
  const { warnings } = await api.reply({
    ...{ group, version: 'v1', resource: 'validatingwebhookconfigurations' },
    verb: 'create',
    body,
  })
  assert.match(warnings?.join() ?? '', /^metadata.name: names ending with ".static.k8s.io" are reserved/)
})
