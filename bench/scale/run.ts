/**
 * `npm run bench:scale [-- --nodes N --pods N]`: a whole simulated cluster in one process, filled, rolled, losing nodes and
 * drained, with what the API and the start of pods take meanwhile. Appends one line to bench/results.jsonl; with
 * `--profile FOLDER` it writes samples of each part there instead. `--parts steady,drain` leaves the other parts out.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { startCluster } from '../../src/index.ts'
import { deployments, namespaces, nodes, podDisruptionBudgets, pods, services } from '../../src/resources/index.ts'
import { openSession } from '../session.ts'
import { PodWatch } from './pod-watch.ts'
import { startProfile } from './profile.ts'
import { schedulerShareMb } from './scheduler-share.ts'

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000' },
    pods: { type: 'string', default: '30000' },
    minutes: { type: 'string', default: '90' },
    profile: { type: 'string' },
    parts: { type: 'string', default: 'fill,steady,rollout,node_failures,drain' },
  },
})
const parts = values.parts.split(',')
const nodeCount = Number(values.nodes)
const podCount = Number(values.pods)
const deadlineMs = performance.now() + Number(values.minutes) * 60_000
if (global.gc === undefined) {
  // Memory is measured after a collection, and the default heap is too small for it.
  const flags = [
    '--expose-gc',
    '--max-old-space-size=12288',
    // Buffers that come and go are no reason to look through gigabytes of objects again and again.
    '--external-memory-accounted-in-global-limit',
    '--heap-growing-percent=100',
    '--disable-warning=ExperimentalWarning',
  ]
  execFileSync(process.execPath, [...flags, import.meta.filename, ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exit(0)
}

const perDeployment = 250
/** As a deployment pipeline would: some at a time. Kubernetes promises its objectives up to 20 pods a second, all together. */
const atOnce = 2
const results: Record<string, number> = { scale_nodes: nodeCount, scale_pods: podCount }
const note = (name: string, value: number, unit: string) => {
  results[name] = Math.round(value * 100) / 100
  process.stdout.write(`${name.padEnd(44)} ${String(results[name]).padStart(12)} ${unit}\n`)
}
const percentile = (list: readonly number[], share: number) =>
  list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? Number.NaN
const heapMb = () => {
  global.gc!()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

let peakBytes = 0
setInterval(() => {
  const { heapUsed, external } = process.memoryUsage()
  peakBytes = Math.max(peakBytes, heapUsed + external)
}, 2000).unref()

const startedMs = performance.now()
const cluster = await startCluster({ nodes: nodeCount })
const { client, informers } = cluster
note('scale_nodes_up_s', (performance.now() - startedMs) / 1000, 's')
const names = Array.from({ length: Math.ceil(podCount / perDeployment) }, (_, at) => `app-${at}`)
const namespace = 'scale'
await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } as never)
informers.of(pods).addIndex('node', ({ spec }) => [spec.nodeName ?? ''])
const watch = new PodWatch(informers.of(pods), namespace)
await informers.of(deployments).synced()
const prober = new Worker(join(import.meta.dirname, 'prober.ts'), {
  workerData: { kubeconfig: await cluster.kubeconfig(), namespace, perSecond: 20 },
})
const own = openSession(await cluster.kubeconfig())
prober.on('error', (error) => {
  throw error
})

/** One part of the story: what it took, and what others felt of it. */
async function phase(name: string, work: () => Promise<void>): Promise<void> {
  if (name !== 'fill' && !parts.includes(name)) return
  // What measuring memory held up is not of this part.
  await sleep(5000)
  const loop = monitorEventLoopDelay({ resolution: 10 })
  loop.enable()
  await probed()
  watch.takeStarts()
  const stopProfile = values.profile === undefined ? undefined : await startProfile(values.profile, name, own)
  const began = performance.now()
  const before = process.cpuUsage()
  const waitedBefore = waitedSeconds()
  await work()
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  await stopProfile?.()
  const { single, lists, failed } = await probed()
  const starts = watch.takeStarts()
  note(`scale_${name}_s`, seconds, 's')
  const cpuMs = (user + system) / 1000
  const each = starts.length === 0 ? '' : `, ${(cpuMs / starts.length).toFixed(2)} ms for each pod started`
  note(`scale_${name}_cpu_s`, cpuMs / 1000, `s of processor time${each}`)
  note(`scale_${name}_waited_s`, waitedSeconds() - waitedBefore, 's that the cluster waited for a processor others had')
  note(`scale_${name}_api_p99_ms`, percentile(single, 0.99), `ms (${single.length} calls over HTTPS, ${failed} failed)`)
  note(`scale_${name}_list_p99_ms`, percentile(lists, 0.99), 'ms (lists of 500 pods)')
  if (starts.length > 0)
    note(
      `scale_${name}_pod_start_p99_ms`,
      percentile(starts, 0.99),
      `ms (${starts.length} pods, p50 ${percentile(starts, 0.5).toFixed(0)})`,
    )
  note(`scale_${name}_loop_max_ms`, loop.max / 1e6, 'ms (longest slice of the event loop)')
  loop.disable()
}
/** How long this thread was ready to run and did not. */
function waitedSeconds(): number {
  const [, waitedNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
  return Number(waitedNs) / 1e9
}
interface Probed {
  readonly single: readonly number[]
  readonly lists: readonly number[]
  readonly failed: number
}
function probed(): Promise<Probed> {
  return new Promise((resolve) => {
    prober.once('message', resolve)
    prober.postMessage('take')
  })
}
async function until(what: string, done: () => boolean): Promise<void> {
  while (!done()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${values.minutes} minutes: ${what}`)
    await sleep(50)
  }
}
const isWhole = (name: string) => {
  const { spec, status, metadata } = informers.of(deployments).get({ namespace, name })!
  return (
    status?.observedGeneration === metadata.generation &&
    status?.updatedReplicas === spec.replicas &&
    status?.availableReplicas === spec.replicas &&
    status?.replicas === spec.replicas
  )
}
const deployment = (name: string, version: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name },
  spec: {
    replicas: perDeployment,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          { name: 'main', image: `app:${version}`, resources: { requests: { cpu: '10m', memory: '20Mi' } } },
        ],
        tolerations: ['not-ready', 'unreachable'].map((key) => ({
          ...{ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 },
        })),
      },
    },
  },
})

await phase('fill', async () => {
  for (const [at, name] of names.entries()) {
    const spec = { selector: { app: name }, ports: [{ port: 80 }] }
    await client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec } as never)
    await client.create(deployments, deployment(name, 'v1') as never)
    await client.create(podDisruptionBudgets, {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { namespace, name } },
      spec: { maxUnavailable: '10%', selector: { matchLabels: { app: name } } },
    } as never)
    await until('filled', () => watch.ready >= (at + 1 - atOnce) * perDeployment)
  }
  await until('filled', () => watch.ready >= names.length * perDeployment)
})
note('scale_fill_pods_per_s', (names.length * perDeployment) / results['scale_fill_s']!, 'pods/s')
note('scale_heap_mb', heapMb(), 'MB of heap and buffers, filled')
note('scale_scheduler_mb', await schedulerShareMb(cluster, heapMb), 'MB of them that a scheduler adds')

await phase('steady', async () => {
  // Kubernetes measures the start of pods at five a second, in a cluster that is full.
  for (let at = 0; at < 150; at++) {
    const { spec } = deployment('one', 'v1').spec.template
    const metadata = { namespace, name: `one-${at}` }
    void client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec } as never)
    await sleep(200)
  }
  await until('single pods', () => watch.ready >= names.length * perDeployment + 150)
})
const rolled = names.slice(0, Math.max(1, Math.ceil(names.length / 20)))
await phase('rollout', async () => {
  for (const [at, name] of rolled.entries()) {
    await until('rolled', () => rolled.slice(0, at).filter((one) => !isWhole(one)).length < atOnce)
    const body = { spec: { template: deployment(name, 'v2').spec.template } }
    await client.patch(deployments, { namespace, name }, { type: 'merge', body })
    // Its status may be of the time before.
    await until('known', () => informers.of(deployments).get({ namespace, name })?.metadata.generation !== 1)
  }
  await until('rolled', () => rolled.every(isWhole))
})
const some = Math.min(10, Math.max(1, Math.floor(nodeCount / 100)))
await phase('node_failures', async () => {
  const victims = Array.from({ length: some }, (_, at) => `node-${at + 1}`)
  for (const victim of victims) cluster.nodes!.stop(victim)
  const lost = () =>
    victims.filter((name) =>
      informers
        .of(nodes)
        .get({ name })
        ?.spec.taints?.some(({ effect }) => effect === 'NoExecute'),
    )
  await until('loss noticed', () => lost().length === some)
  await until('pods elsewhere', () => names.every(isWhole))
  for (const victim of victims) cluster.nodes!.start(victim)
})
await phase('drain', async () => {
  const drained = Array.from({ length: some }, (_, at) => `node-${some + at + 1}`)
  await drain(drained)
  await until('nodes empty', () => drained.every((name) => podsOn(name).length === 0))
  await until('pods elsewhere', () => names.every(isWhole))
})

function podsOn(node: string) {
  return informers
    .of(pods)
    .by('node', node)
    .filter(({ metadata }) => metadata.namespace === namespace)
}

/** As kubectl does with several: one after the other. */
async function drain(names: readonly string[]): Promise<void> {
  const drainer = new Worker(join(import.meta.dirname, 'drainer.ts'), {
    workerData: { kubeconfig: await cluster.kubeconfig(), namespace, nodes: names },
  })
  await new Promise((resolve, reject) => {
    drainer.once('message', resolve)
    drainer.once('error', reject)
  })
}

note('scale_heap_end_mb', heapMb(), 'MB of heap and buffers, in the end')
note('scale_heap_peak_mb', peakBytes / 2 ** 20, 'MB of heap and buffers at most, with what nobody uses any more')
note('scale_rss_mb', process.memoryUsage().rss / 2 ** 20, 'MB resident')
const objectives: readonly (readonly [string, number])[] = [
  ['scale_heap_mb', 4096],
  ['scale_heap_end_mb', 4096],
  ['scale_scheduler_mb', 500],
  ...['fill', 'steady', 'rollout', 'node_failures', 'drain'].flatMap((part) => [
    [`scale_${part}_api_p99_ms`, 1000] as const,
    [`scale_${part}_pod_start_p99_ms`, 5000] as const,
  ]),
]
const missed = objectives.filter(([name, most]) => name in results && !(results[name]! <= most))
process.stdout.write(`objectives missed: ${missed.map(([name]) => name).join(', ') || 'none'}\n`)
const line = {
  at: new Date().toISOString(),
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
  node: process.version,
  cpus: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  ...results,
}
// What is sampled is slower for it.
if (values.profile === undefined)
  appendFileSync(join(import.meta.dirname, '../results.jsonl'), `${JSON.stringify(line)}\n`)
process.exit(0)
