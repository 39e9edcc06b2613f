import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApiServer, deterministicSigner } from '../../src/apiserver/index.ts'
import { createClient, createInformers } from '../../src/client/index.ts'
import { runSimulatedNodes, type SimulatedNodes, simulatedAnnotations } from '../../src/kubelet/index.ts'
import { manualClock, msOf, seededRandom } from '../../src/machinery/index.ts'
import { leases, nodes, type Pod, pods, serviceAccounts } from '../../src/resources/index.ts'
import { openMemoryStore } from '../../src/store/index.ts'

const namespace = 'default'

/** Two simulated nodes on an API server, on a clock that the test moves. */
async function setUp() {
  const clock = manualClock()
  const random = seededRandom(3)
  const stop = new AbortController()
  const unreachable = () => {
    throw new Error('nothing is reached from here')
  }
  const server = createApiServer({
    clock,
    random,
    store: openMemoryStore(),
    signer: deterministicSigner(),
    clientCa: () => '',
    serviceCidr: '10.96.0.0/12',
    nodePorts: { from: 30000, to: 32767 },
    advertise: { address: '127.0.0.1', port: 6443 },
    connectNode: unreachable,
    connectNetwork: unreachable,
    notActedUpon: new Set(),
    version: { gitVersion: 'v1.36.0' } as never,
  })
  const serving = server.run(stop.signal)
  const turns = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(Math.min(100, left))
      await turns()
    }
  }
  await turns()
  await server.ready()
  const client = createClient(server.transportFor({ name: 'admin', groups: ['system:masters'] }, 'test'))
  await client
    .create(serviceAccounts, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace, name: 'default' },
    } as never)
    .catch(() => {})
  let switches: SimulatedNodes | undefined
  const running = runSimulatedNodes(
    {
      nodes: [
        { name: 'a', cpus: 2, labels: { zone: 'z1' }, taints: [{ key: 'k', effect: 'NoSchedule' }] },
        { name: 'b' },
      ],
      client,
      informers: createInformers({ client, clock, random }, stop.signal),
      clock,
      random,
      version: 'v1.36.0',
      complain: (about, error) => assert.fail(`${about}: ${error}`),
      onReady: (ready) => {
        switches = ready
      },
    },
    stop.signal,
  )
  await turns()
  assert.notEqual(switches, undefined)
  return {
    clock,
    client,
    pass,
    switches: switches!,
    run: (name: string, nodeName: string, annotations: object = {}, spec: object = {}) =>
      client.create(pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace, name, annotations },
        spec: { nodeName, containers: [{ name: 'main', image: 'any:1' }], ...spec },
      } as never),
    get: (name: string): Promise<Pod | undefined> => client.get(pods, { namespace, name }).catch(() => undefined),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await turns()
      await running
      await serving.catch(() => {})
    },
  }
}
const isReady = (pod: Pod | undefined) =>
  pod?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true

test('simulated nodes register, and keep their Leases fresh', async () => {
  await using cluster = await setUp()
  const a = await cluster.client.get(nodes, { name: 'a' })
  assert.deepEqual(
    [
      a.metadata.labels?.['zone'],
      a.status.capacity?.['cpu'],
      a.status.conditions?.at(-1)?.status,
      a.spec.taints?.some(({ key }) => key === 'k'),
    ],
    ['z1', '2', 'True', true],
  )
  await cluster.pass(60_000)
  const lease = await cluster.client.get(leases, { namespace: 'kube-node-lease', name: 'b' })
  assert.equal(cluster.clock.now() - msOf(lease.spec.renewTime) <= 10_000, true)
})

test('simulated pods run, become ready when they say, and exit as annotated', async () => {
  await using cluster = await setUp()
  await cluster.run('plain', 'a')
  await cluster.run('late', 'b', { [simulatedAnnotations.startDelay]: '2s', [simulatedAnnotations.readyDelay]: '3s' })
  await cluster.run('job', 'b', { [simulatedAnnotations.exitAfter]: '5s' }, { restartPolicy: 'Never' })
  await cluster.run(
    'fails',
    'b',
    { [simulatedAnnotations.exitAfter]: '5s', [simulatedAnnotations.exitCode]: '2' },
    { restartPolicy: 'Never' },
  )
  await cluster.pass(100)
  assert.deepEqual(
    [isReady(await cluster.get('plain')), (await cluster.get('late'))?.status.phase ?? 'Pending'],
    [true, 'Pending'],
  )
  await cluster.pass(2000)
  const late = await cluster.get('late')
  assert.deepEqual([late?.status.phase, isReady(late)], ['Running', false])
  await cluster.pass(4000)
  assert.deepEqual(
    [
      isReady(await cluster.get('late')),
      (await cluster.get('job'))?.status.phase,
      (await cluster.get('fails'))?.status.phase,
    ],
    [true, 'Succeeded', 'Failed'],
  )
})

test('simulated pods crash in a loop with growing waits', async () => {
  await using cluster = await setUp()
  await cluster.run('loop', 'a', { [simulatedAnnotations.exitAfter]: '1s', [simulatedAnnotations.exitCode]: '1' })
  await cluster.pass(3000)
  const pod = await cluster.get('loop')
  const status = pod?.status.containerStatuses?.[0]
  assert.deepEqual(
    [pod?.status.phase, status?.restartCount, status?.state?.waiting?.reason, status?.lastState?.terminated?.exitCode],
    ['Running', 1, 'CrashLoopBackOff', 1],
  )
  await cluster.pass(10_000)
  assert.equal((await cluster.get('loop'))?.status.containerStatuses?.[0]?.restartCount, 2)
})

test('simulated pods go within their grace', async () => {
  await using cluster = await setUp()
  await cluster.run('slow', 'a', { [simulatedAnnotations.stopDelay]: '20s' }, { terminationGracePeriodSeconds: 5 })
  await cluster.pass(100)
  await cluster.client.delete(pods, { namespace, name: 'slow' })
  await cluster.pass(4000)
  assert.notEqual(await cluster.get('slow'), undefined)
  await cluster.pass(2000)
  assert.equal(await cluster.get('slow'), undefined)
})

test('simulated nodes fall silent without power, and start their pods anew with it', async () => {
  await using cluster = await setUp()
  await cluster.run('kept', 'a')
  await cluster.run('deleted', 'a')
  await cluster.pass(100)
  cluster.switches.stop('a')
  const before = await cluster.client.get(leases, { namespace: 'kube-node-lease', name: 'a' })
  await cluster.client.delete(pods, { namespace, name: 'deleted' })
  await cluster.pass(40_000)
  const after = await cluster.client.get(leases, { namespace: 'kube-node-lease', name: 'a' })
  assert.deepEqual([after.spec.renewTime, (await cluster.get('deleted')) !== undefined], [before.spec.renewTime, true])
  assert.deepEqual(
    cluster.switches.list().map(({ name, running }) => [name, running]),
    [
      ['a', false],
      ['b', true],
    ],
  )
  cluster.switches.start('a')
  await cluster.pass(1000)
  const kept = await cluster.get('kept')
  assert.deepEqual(
    [isReady(kept), kept?.status.containerStatuses?.[0]?.restartCount, await cluster.get('deleted')],
    [true, 1, undefined],
  )
})
