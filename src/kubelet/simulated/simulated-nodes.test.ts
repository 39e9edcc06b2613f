import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInformers } from '../../client/index.ts'
import { manualClock, seededRandom } from '../../machinery/index.ts'
import { pods } from '../../resources/index.ts'
import { Agenda } from './agenda.ts'
import { behaviourOf, simulatedAnnotations } from './behaviour.ts'
import { runSimulatedNodes } from './simulated-nodes.ts'
import { simulatedSummary } from './summary.ts'

test('agenda does its work in order, on one timer', () => {
  const clock = manualClock(0)
  const agenda = new Agenda(clock)
  const done: string[] = []
  const plan = (delayMs: number, name: string) =>
    agenda.after(delayMs, () => void done.push(`${clock.monotonic()} ${name}`))
  plan(30, 'c')
  plan(10, 'a')
  plan(10, 'b')
  plan(20, 'x')
  clock.advance(15)
  plan(1, 'soon')
  clock.advance(100)
  assert.deepEqual(done, ['10 a', '10 b', '16 soon', '20 x', '30 c'])
  assert.equal(clock.nextDueMs(), undefined)
})

test('agenda forgets what is cleared', () => {
  const clock = manualClock(0)
  const agenda = new Agenda(clock)
  const done: string[] = []
  agenda.after(10, () => void done.push('cleared'))
  agenda.clear()
  agenda.after(20, () => void done.push('kept'))
  clock.advance(50)
  assert.deepEqual(done, ['kept'])
})

test('behaviour is as annotated, and quick where it is not', () => {
  const quick = { startDelayMs: 0, readyDelayMs: 0, exitAfterMs: undefined, exitCode: 0, stopDelayMs: 0 }
  assert.deepEqual(behaviourOf(undefined), quick)
  assert.deepEqual(behaviourOf({ [simulatedAnnotations.startDelay]: 'soon' }), quick)
  assert.deepEqual(
    behaviourOf({
      [simulatedAnnotations.exitAfter]: '1.5s',
      [simulatedAnnotations.exitCode]: '3',
      [simulatedAnnotations.stopDelay]: '1m',
    }),
    { ...quick, exitAfterMs: 1500, exitCode: 3, stopDelayMs: 60_000 },
  )
})

const podOfNode = (at: number, annotations = {}) => ({
  metadata: { namespace: 'default', name: `p${at}`, uid: `u${at}`, resourceVersion: '1', annotations },
  spec: { nodeName: 'node-1', containers: [{ name: 'main' }] },
  status: { phase: 'Pending' },
})

/** One simulated node with so many pods, whose statuses are taken as `patch` says. */
async function nodeWithPods(count: number, patch: (body: any) => Promise<object>, annotations = {}) {
  const clock = manualClock()
  const stop = new AbortController()
  const settle = async () => {
    for (let turn = 0; turn < 30; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.advance(0)
    }
  }
  let renewals = 0
  const client = {
    list: async ({ plural }: { readonly plural: string }) => ({
      metadata: { resourceVersion: '1' },
      items: plural === 'pods' ? Array.from({ length: count }, (_, at) => podOfNode(at, annotations)) : [],
    }),
    watch: async function* () {
      await new Promise(() => {})
    },
    get: async () => ({ metadata: { name: 'node-1', uid: 'node' }, spec: {} }),
    create: async (_of: unknown, object: object) => object,
    async update({ plural }: { readonly plural: string }, object: object) {
      if (plural === 'leases') renewals++
      return object
    },
    patch: (_of: unknown, _at: unknown, { body }: { readonly body: unknown }) => patch(body),
  }
  const parts = { client: client as never, clock, random: seededRandom(1) }
  const informers = createInformers(parts, stop.signal)
  const complain = () => {}
  void runSimulatedNodes({ ...parts, informers, nodes: [{ name: 'node-1' }], version: 'v1', complain }, stop.signal)
  await informers.of(pods).synced()
  await settle()
  return { clock, settle, renewals: () => renewals, stop: () => stop.abort() }
}

test('a node renews its lease while ever so many of its pods wait for their status to be taken', async () => {
  let reports = 0
  const { clock, settle, renewals, stop } = await nodeWithPods(200, () => {
    reports++
    return new Promise(() => {})
  })
  assert.ok(reports > 0 && reports < 200, `${reports} reports under way`)
  const before = renewals()
  for (let beat = 0; beat < 3; beat++) {
    clock.advance(10_000)
    await settle()
  }
  assert.ok(renewals() >= before + 3, `${renewals() - before} renewals`)
  stop()
})

test('of one pod no status overtakes a later one: it is told only when the one before has been taken, or refused', async () => {
  const told: { readonly ready: boolean; take(): void; refuse(): void }[] = []
  const annotations = { [simulatedAnnotations.readyDelay]: '1s' }
  const { clock, settle, stop } = await nodeWithPods(
    1,
    ({ status }) =>
      new Promise((resolve, reject) => {
        const { conditions } = status as { readonly conditions: readonly { type: string; status: string }[] }
        const ready = conditions.some((one) => one.type === 'Ready' && one.status === 'True')
        const { metadata, ...rest } = podOfNode(0)
        const revision = `${told.length + 2}`
        told.push({
          ready,
          take: () => resolve({ ...rest, metadata: { ...metadata, resourceVersion: revision }, status }),
          refuse: () => reject(new Error('it may have been taken all the same')),
        })
      }),
    annotations,
  )
  assert.deepEqual(
    told.map(({ ready }) => ready),
    [false],
  )
  clock.advance(1000)
  await settle()
  assert.equal(told.length, 1, 'ready by now, and the first is still under way')
  told[0]!.refuse()
  await settle()
  clock.advance(1000)
  await settle()
  assert.deepEqual(
    told.map(({ ready }) => ready),
    [false, true],
  )
  told[1]!.take()
  await settle()
  clock.advance(5000)
  await settle()
  assert.equal(told.length, 2)
  stop()
})

test('a simulated node tells of its pods what a kubelet tells', () => {
  const pod = {
    metadata: { namespace: 'default', name: 'p', uid: 'u' },
    spec: {
      containers: [{ name: 'a' }, { name: 'b' }],
      volumes: [
        { name: 'token', projected: {} },
        { name: 'scratch', emptyDir: {} },
        { name: 'host', hostPath: { path: '/' } },
      ],
    },
  }
  const counted = { pod: pod as never, startedAtMs: 1000, cpuNanos: 5e9, nanoCores: 1e8, memoryBytes: 1000 }
  const { node, pods: told }: any = simulatedSummary({ name: 'n' }, [counted], 10e9, 0, 61_000)
  assert.deepEqual(Object.keys(node), [
    ...['nodeName', 'systemContainers', 'startTime', 'cpu', 'memory', 'swap', 'network', 'fs', 'runtime', 'rlimit'],
  ])
  assert.deepEqual([node.cpu.usageNanoCores, node.memory.workingSetBytes], [2e8, 2000])
  const [only] = told
  assert.deepEqual(
    only.volume.map(({ name }: { name: string }) => name),
    ['scratch', 'token'],
  )
  assert.deepEqual([only.containers.length, only.cpu.usageCoreNanoSeconds, only.network.name], [2, 10e9, 'eth0'])
  assert.ok(only['ephemeral-storage'].usedBytes > only.containers[0].rootfs.usedBytes)
  assert.deepEqual(only.process_stats, { process_count: 2 })
})
