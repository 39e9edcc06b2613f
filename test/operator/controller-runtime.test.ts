import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import * as k8s from '@kubernetes/client-node'
import { startCluster } from '../../src/index.ts'
import { buildShips } from './build.ts'
import { eventually, freePort, type Serving, servingCertificate } from './serving.ts'
import { shipObjects } from './ships.ts'

const { program, missing } = buildShips()
const at = { group: 'fleet.example.com', namespace: 'default', plural: 'ships' }

suite('an operator of controller-runtime runs as on any cluster', { skip: missing ?? false }, async () => {
  if (program === undefined) return
  const ships: string = program
  const directory = mkdtempSync(join(tmpdir(), 'ships-'))
  const cluster = await startCluster({ nodes: 0 })
  const config = new k8s.KubeConfig()
  config.loadFromString(await cluster.kubeconfig())
  const objects = k8s.KubernetesObjectApi.makeApiClient(config)
  const custom = config.makeApiClient(k8s.CustomObjectsApi)
  const core = config.makeApiClient(k8s.CoreV1Api)
  const leases = config.makeApiClient(k8s.CoordinationV1Api)
  const events = config.makeApiClient(k8s.EventsV1Api)
  const serving = await servingCertificate()
  const port = await freePort()
  const operators: Operator[] = []
  after(async () => {
    for (const operator of operators) await operator.kill('SIGKILL')
    await cluster.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  for (const object of shipObjects(serving, port)) await objects.create(object)
  const { status } = await core.createNamespacedServiceAccountToken({
    name: 'ship-operator',
    namespace: 'default',
    body: { spec: { audiences: [] } as never },
  })
  const start = async (webhookPort: number) => {
    const operator = await startOperator(ships, directory, config, status?.token ?? '', serving, webhookPort)
    operators.push(operator)
    return operator
  }
  const ship = (version: string, name: string) =>
    custom.getNamespacedCustomObject({ ...at, version, name }) as Promise<any>
  const create = (version: string, name: string, spec: object, more: object = {}) =>
    custom.createNamespacedCustomObject({
      ...at,
      version,
      body: { apiVersion: `${at.group}/${version}`, kind: 'Ship', metadata: { name, ...more }, spec },
    }) as Promise<any>
  const merge = k8s.setHeaderOptions('Content-Type', k8s.PatchStrategy.MergePatch)
  const patch = (name: string, body: object) =>
    custom.patchNamespacedCustomObject({ ...at, version: 'v2', name, body }, merge) as Promise<any>
  const manifest = (name: string) => core.readNamespacedConfigMap({ namespace: 'default', name: `${name}-manifest` })
  const refusal = (promise: Promise<unknown>) =>
    promise.then(
      () => 'not refused',
      (error: k8s.ApiException<string>) => `${error.code} ${JSON.parse(error.body).message}`,
    )
  const leader = await start(port)
  await eventually('the probes', async () => ((await leader.ask('health', '/readyz')).code === 200 ? true : undefined))

  await test('defaults, conversion and the manifest of a ship made in the old version', async () => {
    const made = await create('v1', 'anna', { crew: 7 })
    assert.deepEqual(made.spec, { size: 'small', crew: 7 })
    const ready = await eventually('a ready ship', async () => {
      const now = await ship('v2', 'anna')
      return now.status?.conditions?.[0]?.status === 'True' ? now : undefined
    })
    assert.deepEqual(ready.spec, { size: 'small', crew: { count: 7 } })
    assert.deepEqual(ready.metadata.finalizers, ['fleet.example.com/farewell'])
    assert.equal(ready.status.observedGeneration, ready.metadata.generation)
    const { data, metadata } = await manifest('anna')
    assert.deepEqual(data, { crew: '7', captain: '', colour: 'grey', generation: String(ready.metadata.generation) })
    assert.deepEqual(JSON.parse(JSON.stringify(metadata?.ownerReferences)), [
      {
        apiVersion: 'fleet.example.com/v2',
        kind: 'Ship',
        name: 'anna',
        uid: ready.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ])
    assert.deepEqual(
      metadata?.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`),
      ['ship-operator Apply'],
    )
  })

  await test('what comes of the hub goes back through the spoke unharmed', async () => {
    await create('v2', 'bela', { size: 'large', crew: { count: 3, captain: 'Ahab' } })
    const old = await ship('v1', 'bela')
    assert.deepEqual(old.spec, { size: 'large', crew: 3 })
    assert.equal(old.metadata.annotations['fleet.example.com/captain'], 'Ahab')
    const { items } = (await custom.listNamespacedCustomObject({ ...at, version: 'v1' })) as any
    assert.deepEqual(
      items.map((one: any) => [one.apiVersion, one.metadata.name, one.spec.crew]),
      [
        ['fleet.example.com/v1', 'anna', 7],
        ['fleet.example.com/v1', 'bela', 3],
      ],
    )
  })

  await test('a refusal of its webhooks has the words it chose', async () => {
    assert.equal(
      await refusal(create('v2', 'crowd', { crew: { count: 101 } })),
      '422 admission webhook "check.ships.example.com" denied the request: Ship.fleet.example.com "crowd" is invalid: spec.crew.count: Invalid value: 101: must be at most 100',
    )
    assert.equal(
      await refusal(patch('anna', { spec: { size: 'large' } })),
      '403 admission webhook "check.ships.example.com" denied the request: ships do not grow: anna is small',
    )
    await patch('anna', { metadata: { labels: { moored: 'yes' } } })
    assert.equal(
      await refusal(custom.deleteNamespacedCustomObject({ ...at, version: 'v2', name: 'anna' })),
      '403 admission webhook "check.ships.example.com" denied the request: ship anna is moored',
    )
    await patch('anna', { metadata: { labels: { moored: null } } })
  })

  await test('what it watches wakes it: a palette, an owned manifest taken away, a new generation', async () => {
    await core.createNamespacedSecret({
      namespace: 'default',
      body: { metadata: { name: 'palette', labels: { palette: 'yes' } }, stringData: { colour: 'red' } },
    })
    await eventually('red paint', async () => ((await manifest('bela')).data?.colour === 'red' ? true : undefined))
    assert.equal((await manifest('anna')).data?.colour, 'grey')
    const { metadata } = await manifest('bela')
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'bela-manifest' })
    await eventually('a new manifest', async () =>
      (await manifest('bela')).metadata?.uid !== metadata?.uid ? true : undefined,
    )
    const { metadata: before } = await ship('v2', 'bela')
    await patch('bela', { spec: { crew: { count: 9 } } })
    const after = await eventually('the new generation', async () => {
      const now = await ship('v2', 'bela')
      return now.status.observedGeneration === before.generation + 1 ? now : undefined
    })
    assert.equal(after.status.conditions[0].message, 'crew of 9')
    assert.equal(after.metadata.generation, before.generation + 1)
  })

  await test('events of both forms are there', async () => {
    const seen = await eventually('an event of a ship', async () => {
      const { items } = await events.listNamespacedEvent({ namespace: 'default' })
      const about = items.filter(({ reason, regarding }) => reason === 'Manifested' && regarding?.name === 'bela')
      return about.length > 0 ? about : undefined
    })
    assert.equal(seen[0]?.related?.name, 'bela-manifest')
    assert.equal(seen[0]?.reportingController, 'ship-operator')
    const started = await eventually('an event of the older form', async () => {
      const { items } = await core.listNamespacedEvent({ namespace: 'default', fieldSelector: 'reason=Started' })
      return items[0]
    })
    assert.equal(started.source?.component, 'ship-operator')
  })

  await test('its metrics are guarded by reviews of token and access', async () => {
    assert.equal((await leader.ask('metrics', '/metrics')).code, 401)
    assert.equal((await leader.ask('metrics', '/metrics', status?.token)).code, 403)
    await objects.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'metrics', labels: {} },
      rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
    } as never)
    await objects.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'metrics' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'metrics' },
      subjects: [{ kind: 'ServiceAccount', name: 'scraper', namespace: 'default' }],
    } as never)
    await core.createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name: 'scraper' } } })
    const scraper = await core.createNamespacedServiceAccountToken({
      name: 'scraper',
      namespace: 'default',
      body: { spec: { audiences: [] } as never },
    })
    const metrics = await leader.ask('metrics', '/metrics', scraper.status?.token)
    assert.equal(metrics.code, 200)
    assert.match(metrics.body, /controller_runtime_reconcile_total\{controller="ship",result="success"\} [1-9]/)
    assert.match(metrics.body, /controller_runtime_reconcile_errors_total\{controller="ship"\} 0\n/)
    assert.match(metrics.body, /leader_election_master_status\{name="ships.fleet.example.com"\} 1/)
  })

  await test('a ship that is deleted is bidden farewell, and its manifest goes with it', async () => {
    const gone = await manifest('anna')
    await custom.deleteNamespacedCustomObject({ ...at, version: 'v2', name: 'anna' })
    await eventually('the ship gone', async () =>
      (await refusal(ship('v2', 'anna'))).startsWith('404') ? true : undefined,
    )
    await core.readNamespacedConfigMap({ namespace: 'default', name: 'anna-farewell' })
    await eventually('the manifest collected', async () =>
      (await refusal(manifest('anna'))).startsWith('404') ? gone : undefined,
    )
  })

  await test('a second one waits, and takes over when the first lets go or dies', async () => {
    const holder = async () =>
      (await leases.readNamespacedLease({ namespace: 'default', name: 'ships.fleet.example.com' })).spec
    const first = (await holder())!.holderIdentity
    const second = await start(0)
    await eventually('the second', async () =>
      (await second.ask('health', '/healthz')).code === 200 ? true : undefined,
    )
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'bela-manifest' })
    await eventually('a manifest of the first', () => manifest('bela'))
    assert.equal((await holder())!.holderIdentity, first)
    // Without its webhooks no ship may be written: what remains to do is the manifest, which is none.
    await leader.kill('SIGTERM')
    await eventually('the second to lead', async () =>
      ![first, ''].includes((await holder())!.holderIdentity) ? true : undefined,
    )
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'bela-manifest' })
    await eventually('a manifest of the second', () => manifest('bela'))
    await second.kill('SIGKILL')
    const third = await start(port)
    await eventually('the third to lead', async () =>
      (await holder())!.leaseTransitions! >= 2 && (await third.ask('health', '/readyz')).code === 200
        ? true
        : undefined,
    )
    await create('v2', 'cara', { crew: { captain: 'Nemo' } })
    assert.equal((await eventually('a manifest of the third', () => manifest('cara'))).data?.crew, '1')
  })

  await test('it never met an error of the server', () => {
    const problems = operators.flatMap(({ log }) =>
      log()
        .split('\n')
        .filter((line) => /level=ERROR/.test(line) && !/the operator ends|leader election lost/.test(line)),
    )
    assert.deepEqual(problems, [])
  })
})

interface Operator {
  ask(
    what: 'health' | 'metrics',
    path: string,
    token?: string,
  ): Promise<{ readonly code: number; readonly body: string }>
  kill(signal: NodeJS.Signals): Promise<void>
  log(): string
}

async function startOperator(
  program: string,
  directory: string,
  config: k8s.KubeConfig,
  token: string,
  serving: Serving,
  webhookPort: number,
): Promise<Operator> {
  const ports = { health: await freePort(), metrics: await freePort() }
  const certificates = mkdtempSync(join(directory, 'certificates-'))
  writeFileSync(join(certificates, 'tls.crt'), serving.cert)
  writeFileSync(join(certificates, 'tls.key'), serving.key)
  const kubeconfig = join(certificates, 'kubeconfig')
  const cluster = config.getCurrentCluster()!
  const access = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'ships',
    clusters: [{ name: 'ships', cluster: { server: cluster.server, 'certificate-authority-data': cluster.caData } }],
    users: [{ name: 'ships', user: { token } }],
    contexts: [{ name: 'ships', context: { cluster: 'ships', user: 'ships', namespace: 'default' } }],
  }
  writeFileSync(kubeconfig, JSON.stringify(access), { mode: 0o600 })
  const words = [`--webhook-port=${webhookPort}`, `--certificates=${certificates}`]
  for (const [name, port] of Object.entries(ports)) words.push(`--${name}=127.0.0.1:${port}`)
  const child: ChildProcess = spawn(program, [...words, `--kubeconfig=${kubeconfig}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    log: () => log,
    async kill(signal) {
      child.kill(signal)
      await ended
    },
    ask: (what, path, bearer) => ask(ports[what], path, what === 'metrics', serving, bearer),
  }
}

async function ask(port: number, path: string, tls: boolean, serving: Serving, bearer?: string) {
  const headers: Record<string, string> = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
  if (!tls) {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`)
    return { code: reply.status, body: await reply.text() }
  }
  const ca = Buffer.from(serving.caBundle, 'base64')
  return new Promise<{ code: number; body: string }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, ca, headers, agent: false }, async (response) => {
      let body = ''
      for await (const chunk of response.setEncoding('utf8')) body += chunk
      resolve({ code: response.statusCode ?? 0, body })
    })
    asked.once('error', reject).end()
  })
}
