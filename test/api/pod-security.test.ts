import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApi, type TestApi } from '../fixtures/api.ts'

const namespaces = { group: '', version: 'v1', resource: 'namespaces' }
const within = (resource: string, group = '') => ({ group, version: 'v1', resource, namespace: 'guarded' })
const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, annotations: {} },
  spec: { containers: [{ name: 'main', image: 'app:1' }], ...spec },
})
const labels = (more: Record<string, string>) =>
  Object.fromEntries(Object.entries(more).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]))

async function guard(api: TestApi, more: Record<string, string>): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'guarded', labels: labels(more) } }
  await api.call({ ...namespaces, verb: 'create', body })
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
  await api.call({ ...within('serviceaccounts'), verb: 'create', body: account })
}

const relabel = (api: TestApi, more: Record<string, string>) =>
  api.reply({
    ...{ ...namespaces, verb: 'patch', name: 'guarded', patchType: 'merge' },
    body: { metadata: { labels: labels(more) } },
  })

test('a pod that its namespace does not allow is refused, and so is one that an ephemeral container makes so', async () => {
  await using api = await startApi()
  await guard(api, { enforce: 'baseline' })
  const create = (body: object) => api.reply({ ...within('pods'), verb: 'create', body })
  await assert.rejects(create(pod('a', { hostNetwork: true })), {
    code: 403,
    message: 'pods "a" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  })
  const made = await create(pod('b'))
  assert.equal(made.warnings, undefined)
  const debugging = { name: 'd', image: 'app:1', securityContext: { privileged: true } }
  const patching = api.call({
    ...within('pods'),
    verb: 'patch',
    name: 'b',
    subresource: 'ephemeralcontainers',
    patchType: 'merge',
    body: { spec: { ephemeralContainers: [debugging] } },
  })
  await assert.rejects(patching, {
    message:
      'pods "b" is forbidden: violates PodSecurity "baseline:latest": privileged (container "d" must not set securityContext.privileged=true)',
  })
})

test('what makes pods is only warned of', async () => {
  await using api = await startApi()
  await guard(api, { enforce: 'restricted', 'enforce-version': 'v1.8', warn: 'baseline' })
  const template = { metadata: { labels: { app: 'a' } }, spec: pod('a', { hostPID: true }).spec }
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: { selector: { matchLabels: { app: 'a' } }, template },
  }
  const { warnings } = await api.reply({ ...within('deployments', 'apps'), verb: 'create', body })
  assert.deepEqual(warnings, ['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)'])
})

test('a namespace that becomes stricter says which of its pods violate it, and refuses labels it cannot read', async () => {
  await using api = await startApi()
  await guard(api, {})
  for (const name of ['b', 'a', 'c'])
    await api.call({ ...within('pods'), verb: 'create', body: pod(name, name === 'c' ? { hostIPC: true } : {}) })
  const { warnings } = await relabel(api, { enforce: 'restricted' })
  const rest = 'allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile'
  assert.deepEqual(warnings, [
    'existing pods in namespace "guarded" violate the new PodSecurity enforce level "restricted:latest"',
    `a (and 1 other pod): ${rest}`,
    `c: host namespaces, ${rest}`,
  ])
  assert.equal((await relabel(api, { enforce: 'privileged' })).warnings, undefined)
  await assert.rejects(relabel(api, { enforce: 'strict' }), {
    code: 422,
    message:
      'Namespace "guarded" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
  })
})

test('who is exempt is not looked at, and a namespace that is says that its labels mean nothing', async () => {
  const open = { level: 'privileged', version: 'latest' } as const
  await using api = await startApi({
    podSecurity: {
      defaults: { enforce: { level: 'baseline', version: 'latest' }, audit: open, warn: open },
      exemptions: { usernames: ['trusted'], namespaces: ['guarded'], runtimeClasses: [] },
    },
  })
  const elsewhere = { ...within('pods'), namespace: 'default' }
  const wild = pod('a', { hostPID: true })
  await assert.rejects(api.call({ ...elsewhere, verb: 'create', body: wild }), /violates PodSecurity "baseline:latest"/)
  await api.call({ ...elsewhere, verb: 'create', body: wild }, { name: 'trusted', groups: ['system:masters'] })
  await guard(api, {})
  await api.call({ ...within('pods'), verb: 'create', body: wild })
  assert.deepEqual((await relabel(api, { enforce: 'restricted' })).warnings, [
    'namespace "guarded" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored',
  ])
})
