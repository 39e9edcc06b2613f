/** What custom resources cost beside built-in kinds, and what server-side apply costs. */
import { serverMs, startServer } from './server.ts'
import { atOnce, openSession } from './session.ts'

const count = 5000
const group = 'bench.example.com'

/** About 300 lines as YAML: as deep and wide as operators' schemas are. */
function schemaOfSize(): object {
  const leaf = (index: number) => ({
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 63, pattern: '^[a-z0-9-]+$' },
      weight: { type: 'integer', minimum: 0, maximum: 100, default: index },
      mode: { type: 'string', enum: ['On', 'Off', 'Auto'], default: 'Auto' },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
    },
    required: ['name'],
  })
  const parts = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`part${index}`, leaf(index)]))
  return {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          ...parts,
          items: {
            type: 'array',
            maxItems: 50,
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: leaf(1),
          },
        },
        'x-kubernetes-validations': [{ rule: "self.items.all(item, item.name.startsWith('i-'))" }],
      },
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  }
}

const spec = {
  ...Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`part${index}`, { name: `n-${index}` }])),
  items: Array.from({ length: 10 }, (_, index) => ({ name: `i-${index}`, mode: 'On', labels: { a: 'b' } })),
}

export async function benchExtensions(note: (name: string, value: number, unit: string) => void): Promise<void> {
  const server = await startServer()
  const session = openSession(server.kubeconfig)
  const { call, http2 } = session
  const crd = {
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schemaOfSize() } }],
    },
  }
  await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
  const things = `/apis/${group}/v1/namespaces/default/things`
  for (let tries = 0; ; tries++) {
    try {
      await call('GET', things)
      break
    } catch (error) {
      if (tries === 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const body = (name: string) => ({ apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name }, spec })
  const configMap = (name: string) => ({ metadata: { name }, data: { spec: JSON.stringify(spec) } })
  const maps = '/api/v1/namespaces/default/configmaps'
  await atOnce(200, (at) => call('POST', things, body(`warm-${at}`)))
  await atOnce(200, (at) => call('POST', maps, configMap(`warm-${at}`)))
  const customBefore = await server.cpuMs()
  const custom = await atOnce(count, (at) => call('POST', things, body(`t-${at}`)))
  const customCpu = (await server.cpuMs()) - customBefore
  const builtIn = await atOnce(count, (at) => call('POST', maps, configMap(`c-${at}`)))
  note('custom_resources_5000_created_s', custom.ms / 1000, 's (32 at once, one rule)')
  note('custom_resources_beside_configmaps', custom.ms / builtIn.ms, 'times as long')
  note('custom_resource_server_cpu_ms', customCpu / count, 'ms of processor time of the server, each')
  http2.destroy()
  server.stop()
  await benchApply(note)
}

/** Server-side apply of a Deployment that is there, with its controllers at work in the same process, and without them. */
async function benchApply(note: (name: string, value: number, unit: string) => void): Promise<void> {
  for (const how of ['with controllers', 'alone'] as const) {
    const server = await startServer(how)
    const session = openSession(server.kubeconfig)
    const deployment = deploymentOf4KiB()
    const path = '/apis/apps/v1/namespaces/default/deployments/web?fieldManager=bench&force=true'
    const apply = (round: string) => {
      deployment.metadata.annotations['bench/round'] = round
      return session.call('PATCH', path, deployment, 'application/apply-patch+yaml')
    }
    for (let at = 0; at < 500; at++) await apply(String(at))
    const rounds = 1000
    const about = ['resource="deployments"', 'verb="APPLY"']
    const before = await server.cpuMs()
    const startedMs = performance.now()
    const own = await serverMs(session, about, async () => {
      for (let at = 0; at < rounds; at++) await apply(String(500 + at))
    })
    const callMs = (performance.now() - startedMs) / rounds
    const cpuMs = ((await server.cpuMs()) - before) / rounds
    const same = await serverMs(session, about, async () => {
      for (let at = 0; at < rounds; at++) await apply('same')
    })
    const of = how === 'alone' ? 'apply_4kib_deployment_alone' : 'apply_4kib_deployment'
    const whose = how === 'alone' ? 'the API server alone' : 'controllers act on it in the same process'
    note(`${of}_ms`, callMs, `ms (a call, to the client; ${whose})`)
    note(`${of}_server_ms`, own, 'ms (apiserver_request_duration_seconds)')
    note(`${of}_cpu_ms`, cpuMs, 'ms of processor time of the process')
    note(`${of}_unchanged_server_ms`, same, 'ms (the server, of a configuration that changes nothing)')
    session.http2.destroy()
    server.stop()
  }
}

function deploymentOf4KiB() {
  const container = (name: string) => ({
    name,
    image: 'registry.example/app:1',
    env: Array.from({ length: 20 }, (_, index) => ({ name: `VARIABLE_${index}`, value: `value-${index}` })),
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
    ports: [{ name: `${name}-http`, containerPort: 8080 }],
  })
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', annotations: {} as Record<string, string> },
    spec: {
      replicas: 0,
      // Its controller has nothing to do then, so that the server is what is measured.
      paused: true,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: ['a', 'b'].map(container) },
      },
    },
  }
}
