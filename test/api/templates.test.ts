import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Client, createClient } from '../../src/client/index.ts'
import { startCluster } from '../../src/index.ts'
import { StatusError } from '../../src/machinery/index.ts'
import {
  limitRanges,
  mutatingWebhookConfigurations,
  namespaces,
  type Pod,
  pods,
  priorityClasses,
  resourceQuotas,
  serviceAccounts,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../src/resources/index.ts'
import { startApi } from '../fixtures/api.ts'

const template = {
  metadata: { labels: { app: 'web' }, annotations: { note: 'n' } },
  spec: {
    containers: [
      { name: 'c', image: 'web:1', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }, { name: 'A' }] },
    ],
  },
}
const podOf = (metadata: object, more: object = {}): any => ({
  apiVersion: 'v1',
  kind: 'Pod',
  ...template,
  metadata: { ...template.metadata, namespace: 'default', ...metadata },
  ...more,
})
/** What does not differ between two pods of one template, whenever they were made. */
function shown({ metadata, ...rest }: Pod): object {
  const { uid: _uid, name: _name, resourceVersion: _revision, creationTimestamp, managedFields, ...meta } = metadata
  const managers = managedFields!.map(({ time, ...entry }) => {
    assert.equal(time, creationTimestamp)
    return entry
  })
  const text = JSON.stringify({ ...rest, metadata: { ...meta, managers } })
  return JSON.parse(text.replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-'))
}
const openCluster = () => startCluster({ nodes: 0, without: ['controllers', 'scheduler'] })

test('pods that differ in their names alone come to what each comes to by itself, and share it', async () => {
  await using cluster = await openCluster()
  await using other = await openCluster()
  const made: Pod[] = []
  for (const name of ['a', 'b', 'c']) made.push(await cluster.client.create(pods, podOf({ name })))
  const alone = await other.client.create(pods, podOf({ name: 'alone' }))
  for (const pod of made) assert.deepEqual(shown(pod), shown(alone))
  assert.equal(new Set(made.map(({ metadata }) => metadata.uid)).size, 3)
  assert.equal(made[1]!.spec, made[2]!.spec)
  assert.deepEqual(
    (await cluster.client.list(pods)).items.map(({ metadata }) => metadata.name),
    ['a', 'b', 'c'],
  )
})

test('names that are made up by the server differ, and what is wrong with a name is said all the same', async () => {
  await using cluster = await openCluster()
  const create = (metadata: object) => cluster.client.create(pods, podOf(metadata))
  const names = new Set<string>()
  for (let at = 0; at < 5; at++) names.add((await create({ generateName: 'web-' })).metadata.name)
  assert.equal(names.size, 5)
  await create({ name: 'a' })
  const refused = async (name: string, reason: string) =>
    assert.rejects(create({ name }), (error) => error instanceof StatusError && error.status.reason === reason)
  await refused('a', 'AlreadyExists')
  await refused('Not_a_name', 'Invalid')
  await refused('', 'Invalid')
  assert.equal((await create({ name: 'a.b' })).metadata.name, 'a.b')
})

test('what decides about pods is asked for each of them', async () => {
  await using cluster = await openCluster()
  const { client } = cluster
  const create = (name: string) => client.create(pods, podOf({ name }))
  assert.equal((await create('a')).spec!.priority, 0)
  await create('b')
  await client.create(priorityClasses, {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'high' },
    value: 7,
    globalDefault: true,
  } as any)
  assert.equal((await create('c')).spec!.priority, 7)
  await client.create(limitRanges, {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'l', namespace: 'default' },
    spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '100m' } }] },
  } as any)
  for (const name of ['d', 'e'])
    assert.deepEqual((await create(name)).spec!.containers[0]!.resources, { requests: { cpu: '100m' } })
  await client.patch(
    namespaces,
    { name: 'default' },
    { type: 'merge', body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } } },
  )
  await assert.rejects(create('f'), /violates PodSecurity/)
  assert.equal((await client.list(pods)).items.length, 5)
})

test('each pod of a template is warned of, and another label of it is another template', async () => {
  await using api = await startApi()
  const create = (metadata: object) =>
    api.reply({
      ...{ verb: 'create', group: '', version: 'v1', resource: 'pods', namespace: 'default' },
      body: podOf(metadata),
    })
  const warned = [await create({ name: 'a' }), await create({ name: 'b' })].map(({ warnings }) => warnings)
  assert.match(String(warned[0]), /hides previous definition/)
  assert.deepEqual(warned[1], warned[0])
  const other = await create({ name: 'c', labels: { app: 'db' } })
  assert.deepEqual((other.body as Pod).metadata.labels, { app: 'db' })
})

const policy = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name: 'none' } }
const matchConstraints = {
  resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
}
/** What makes pods be refused that were let in before, and the words they are refused with. */
const refusals: Readonly<Record<string, readonly [(client: Client) => Promise<unknown>, RegExp]>> = {
  'a namespace that ends': [(client) => client.delete(namespaces, { name: 'ours' }), /because it is being terminated/],
  'a quota': [
    async (client) => {
      const hard = { pods: '1' }
      const metadata = { name: 'q', namespace: 'ours' }
      const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } }
      const made = await client.create(resourceQuotas, quota as any)
      await client.update(resourceQuotas, { ...made, status: { hard, used: { pods: '1' } } } as any, 'status')
    },
    /exceeded quota: q/,
  ],
  'an account that is gone': [
    (client) => client.delete(serviceAccounts, { name: 'default', namespace: 'ours' }),
    /error looking up service account ours\/default/,
  ],
  'a policy': [
    async (client) => {
      await client.create(validatingAdmissionPolicies, {
        ...policy,
        kind: 'ValidatingAdmissionPolicy',
        spec: { matchConstraints, validations: [{ expression: 'false', message: 'no pods' }] },
      } as any)
      await client.create(validatingAdmissionPolicyBindings, {
        ...policy,
        kind: 'ValidatingAdmissionPolicyBinding',
        spec: { policyName: 'none', validationActions: ['Deny'] },
      } as any)
    },
    /no pods/,
  ],
  'a webhook': [
    (client) =>
      client.create(mutatingWebhookConfigurations, {
        ...policy,
        kind: 'MutatingWebhookConfiguration',
        webhooks: [
          {
            name: 'none.example.com',
            rules: matchConstraints.resourceRules,
            clientConfig: { service: { namespace: 'ours', name: 'none' } },
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
            timeoutSeconds: 1,
          },
        ],
      } as any),
    /failed calling webhook "none.example.com"/,
  ],
}
for (const [what, [come, words]] of Object.entries(refusals))
  test(`${what} counts for pods of a template that were let in before`, async () => {
    await using cluster = await openCluster()
    const { client } = cluster
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ours' } } as any)
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'ours' } }
    await client.create(serviceAccounts, account as any)
    const create = (name: string) => client.create(pods, podOf({ name, namespace: 'ours' }))
    for (const name of ['a', 'b', 'c']) await create(name)
    await come(client)
    // Webhooks and policies are told of what is stored in turns of their own.
    let refused: unknown
    for (let at = 0; at < 1000 && refused === undefined; at++) {
      await create(`late-${at}`).catch((error: unknown) => (refused = error))
      await new Promise(setImmediate)
    }
    assert.match(String((refused as StatusError | undefined)?.message), words)
  })

test('who may make pods of a template says nothing of others who make the same', async () => {
  await using cluster = await openCluster()
  const as = (name: string, groups: readonly string[]) =>
    createClient(cluster.server.transportFor({ name, groups: [...groups, 'system:authenticated'] }, 'same'))
  const admin = as('admin', ['system:masters'])
  for (const name of ['a', 'b']) await admin.create(pods, podOf({ name }))
  const node = as('system:node:n', ['system:nodes'])
  await assert.rejects(node.create(pods, podOf({ name: 'c' })), /node "n" can only create mirror pods/)
  await admin.create(pods, podOf({ name: 'c' }))
})

test('pods that nobody is asked about are counted as if all had been asked', async () => {
  await using cluster = await openCluster()
  const counts = () => {
    const text = cluster.server.metrics.text()
    const about = (name: string, labels: string) =>
      Number(new RegExp(`^${name}\\{${labels}\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
    const plugin = 'apiserver_admission_controller_admission_duration_seconds_count'
    const evaluated =
      'decision="allow",policy_level="privileged",policy_version="latest",mode="enforce",request_operation="create",resource="pod",subresource=""'
    return [
      about(plugin, 'name="ServiceAccount",operation="CREATE",rejected="false",type="admit"'),
      about(plugin, 'name="ServiceAccount",operation="CREATE",rejected="false",type="validate"'),
      about('pod_security_evaluations_total', evaluated),
    ]
  }
  for (let at = 0; at < 5; at++) await cluster.client.create(pods, podOf({ name: `p-${at}` }))
  assert.deepEqual(counts(), [5, 5, 5])
})
