import assert from 'node:assert/strict'
import { test } from 'node:test'
import { container, podWith } from '../../../test/fixtures/kubelet.ts'
import type { ConfigMap, Container, Secret, Service } from '../../resources/index.ts'
import { fieldText } from './downward.ts'
import { environmentOf } from './environment.ts'
import { expand } from './expand.ts'

const expansions: readonly [text: string, expected: string][] = [
  ['$(A)-$(B)', 'a-b'],
  ['$(MISSING)', '$(MISSING)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$a'],
  ['$A $(A', '$A $(A'],
  ['a$', 'a$'],
]
for (const [text, expected] of expansions)
  test(`expand turns ${text} into ${expected}`, () => {
    assert.equal(
      expand(text, (name) => ({ A: 'a', B: 'b' })[name]),
      expected,
    )
  })

const metadata = (namespace: string, name: string) => ({
  namespace,
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
})
const service = (namespace: string, name: string, clusterIP: string): Service =>
  ({
    metadata: metadata(namespace, name),
    spec: {
      clusterIP,
      ports: [
        { name: 'http-web', port: 80, protocol: 'TCP' },
        { port: 53, protocol: 'UDP' },
      ],
    },
  }) as unknown as Service
const objects = {
  configMap: async (_: string, name: string) =>
    name === 'settings' ? ({ data: { COLOUR: 'blue', SIZE: '3' } } as unknown as ConfigMap) : undefined,
  secret: async (_: string, name: string) =>
    name === 'keys' ? ({ data: { KEY: Buffer.from('s3cret').toString('base64') } } as unknown as Secret) : undefined,
}
const node = { hostIps: ['172.30.0.2'], allocatable: { cpu: '2', memory: '4Gi' } }
const resources = { requests: { cpu: '250m' }, limits: { memory: '100M' } }

async function environment(rest: Partial<Container>, services: readonly Service[] = []): Promise<object> {
  const pod = podWith({ nodeName: 'node-1' }, { status: { podIP: '10.0.0.5', podIPs: [{ ip: '10.0.0.5' }] } })
  const input = { pod: { ...pod, spec: { ...pod.spec, containers: [container('main', { resources, ...rest })] } } }
  const made = await environmentOf({ ...input, container: input.pod.spec.containers[0]!, services, objects, node })
  return Object.fromEntries(made.map(({ name, value }) => [name, value]))
}
const resource = (name: string, divisor?: string) => ({
  valueFrom: { resourceFieldRef: { resource: name, ...(divisor === undefined ? {} : { divisor }) } },
})

test('environment: env wins over envFrom and sees what came before it', async () => {
  const made = await environment({
    envFrom: [
      { configMapRef: { name: 'settings' } },
      { prefix: 'P_', secretRef: { name: 'keys' } },
      { secretRef: { name: 'none', optional: true } },
    ],
    env: [
      { name: 'EARLY', value: '$(LATE)' },
      { name: 'LATE', value: '$(COLOUR)-$(EARLY)' },
      { name: 'COLOUR', value: 'red' },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'keys', key: 'KEY' } } },
      { name: 'ABSENT', valueFrom: { configMapKeyRef: { name: 'none', key: 'x', optional: true } } },
    ],
  })
  assert.deepEqual(made, {
    COLOUR: 'red',
    SIZE: '3',
    P_KEY: 's3cret',
    EARLY: '$(LATE)',
    LATE: 'blue-$(LATE)',
    SECRET: 's3cret',
  })
})

test('environment: fields and resources of the pod', async () => {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
  const made = await environment({
    env: [
      field('NAME', 'metadata.name'),
      field('NODE', 'spec.nodeName'),
      field('IP', 'status.podIP'),
      field('HOST', 'status.hostIPs'),
      { name: 'CPU', ...resource('requests.cpu') },
      { name: 'CPU_MILLIS', ...resource('requests.cpu', '1m') },
      { name: 'CPU_LIMIT', ...resource('limits.cpu') },
      { name: 'MEMORY_MI', ...resource('limits.memory', '1Mi') },
    ],
  })
  const expected = { NAME: 'web', NODE: 'node-1', IP: '10.0.0.5', HOST: '172.30.0.2' }
  assert.deepEqual(made, { ...expected, CPU: '1', CPU_MILLIS: '250', CPU_LIMIT: '2', MEMORY_MI: '96' })
})

test('environment: services of the namespace, and kubernetes always', async () => {
  const services = [
    service('default', 'my-db', '10.96.0.9'),
    service('other', 'far', '10.96.0.8'),
    service('default', 'headless', 'None'),
  ]
  assert.deepEqual(await environment({ env: [{ name: 'URL', value: 'http://$(MY_DB_SERVICE_HOST)' }] }, services), {
    URL: 'http://10.96.0.9',
    MY_DB_SERVICE_HOST: '10.96.0.9',
    MY_DB_SERVICE_PORT: '80',
    MY_DB_SERVICE_PORT_HTTP_WEB: '80',
    MY_DB_PORT: 'tcp://10.96.0.9:80',
    MY_DB_PORT_80_TCP: 'tcp://10.96.0.9:80',
    MY_DB_PORT_80_TCP_PROTO: 'tcp',
    MY_DB_PORT_80_TCP_PORT: '80',
    MY_DB_PORT_80_TCP_ADDR: '10.96.0.9',
    MY_DB_PORT_53_UDP: 'udp://10.96.0.9:53',
    MY_DB_PORT_53_UDP_PROTO: 'udp',
    MY_DB_PORT_53_UDP_PORT: '53',
    MY_DB_PORT_53_UDP_ADDR: '10.96.0.9',
  })
})

const missing: readonly [name: string, rest: Partial<Container>, expected: RegExp][] = [
  ['map', { envFrom: [{ configMapRef: { name: 'none' } }] }, /^PodConfigError: configmap "none" not found$/],
  [
    'secret',
    { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'none', key: 'k' } } }] },
    /^PodConfigError: secret "none" not found$/,
  ],
  [
    'key',
    { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'k' } } }] },
    /^PodConfigError: couldn't find key k in ConfigMap default\/settings$/,
  ],
]
for (const [name, rest, expected] of missing)
  test(`environment refuses a missing ${name}`, () => assert.rejects(environment(rest), expected))

test('field text of annotations is sorted and quoted', () => {
  const pod = podWith({}, { metadata: { annotations: { b: 'two\nlines', a: '1' } } })
  assert.deepEqual(
    [
      fieldText(pod, { fieldPath: 'metadata.annotations' }, node),
      fieldText(pod, { fieldPath: "metadata.annotations['a']" }, node),
    ],
    ['a="1"\nb="two\\nlines"', '1'],
  )
})
