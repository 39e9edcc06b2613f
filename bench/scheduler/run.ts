/**
 * `npm run bench:scheduler [-- NAME…] [--end-to-end]`: upstream's scheduler_perf workloads, from the first create of the pods
 * that count to the last of them bound, by wall clock. An API server and a scheduler in one process, nothing else; nodes are
 * objects. In process over a memory store, or (`--end-to-end`) over HTTPS from a thread of its own, with SQLite. Each workload
 * runs in a process of its own. `--most=N` measures no more than N pods, for busy machines. `--keep` appends what came of it to
 * bench/results.jsonl.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { startCluster } from '../../src/index.ts'
import {
  events,
  namespaces,
  nodes,
  type Pod,
  pods,
  priorityClasses,
  serviceAccounts,
  services,
} from '../../src/resources/index.ts'
import { openSqliteStore } from '../../src/store/index.ts'
import { nodeThat, podTemplates } from './templates.ts'
import { type Operation, type Workload, workloads } from './workloads.ts'

const callsAtOnce = 32
const endToEnd = process.argv.includes('--end-to-end')
const isChild = process.argv.includes('--child')
const mostWord = process.argv.find((word) => word.startsWith('--most='))
const mostMeasured = mostWord === undefined ? Number.POSITIVE_INFINITY : Number(mostWord.slice('--most='.length))
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))

if (isChild) {
  process.stdout.write(`${JSON.stringify(await run(workloads.find(({ name }) => name === wanted[0])!))}\n`)
  process.exit(0)
}
const kept: Record<string, number> = {}
for (const { name, gate } of workloads) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const flags = ['--child', ...(endToEnd ? ['--end-to-end'] : []), ...(mostWord === undefined ? [] : [mostWord])]
  const text = execFileSync(process.execPath, ['--max-old-space-size=8192', import.meta.filename, name, ...flags], {
    timeout: 600_000,
    encoding: 'utf8',
  })
  const { rate, cpuMs, heapMb } = JSON.parse(text)
  kept[`${endToEnd ? 'end_to_end' : 'in_process'}_${name}_pods_per_s`] = Math.round(rate)
  const ratio = gate === undefined ? '' : `${(rate / gate).toFixed(1)} x upstream's gate of ${gate}`
  process.stdout.write(
    `${name.padEnd(50)} ${rate.toFixed(0).padStart(7)} pods/s  ${ratio.padEnd(34)} ${cpuMs.toFixed(2)} ms of CPU a pod  ${heapMb} MB\n`,
  )
}

if (process.argv.includes('--keep')) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const line = { at: new Date().toISOString(), commit, node: process.version, cpus: cpus().length, ...kept }
  appendFileSync(join(import.meta.dirname, '../results.jsonl'), `${JSON.stringify(line)}\n`)
}

async function run(
  workload: Workload,
): Promise<{ readonly rate: number; readonly cpuMs: number; readonly heapMb: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'cox-bench-'))
  const store = endToEnd ? await openSqliteStore({ directory }) : undefined
  const cluster = await startCluster({ nodes: 0, without: ['controllers'], ...(store === undefined ? {} : { store }) })
  const { client } = cluster
  const creator = endToEnd
    ? new Worker(join(import.meta.dirname, 'creator.ts'), {
        workerData: { kubeconfig: await cluster.kubeconfig(), callsAtOnce },
      })
    : undefined
  creator?.on('error', (error) => {
    throw error
  })
  let serial = 0
  const atOnce = async (count: number, one: (at: number) => Promise<unknown>) => {
    let at = 0
    await Promise.all(
      Array.from({ length: callsAtOnce }, async () => {
        while (at < count) await one(at++)
      }),
    )
  }
  const space = async (name: string, labels: object = {}) => {
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } } as never)
    await client.create(serviceAccounts, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: name },
    } as never)
  }
  const createNode = async (node: object) => {
    const made: any = await client.create(nodes, node as never)
    // Nobody is there to find out that the node is ready.
    const taints = (made.spec.taints ?? []).filter(({ key }: any) => key !== 'node.kubernetes.io/not-ready')
    await client.update(nodes, { ...made, spec: { ...made.spec, taints } })
  }
  const bound = new Set<string>()
  let told = () => {}
  cluster.informers.of(pods).subscribe((pod: Pod | undefined) => {
    if ((pod?.spec?.nodeName ?? '') === '') return
    bound.add(`${pod!.metadata.namespace}/${pod!.metadata.name}`)
    told()
  })
  /** What was to be said of the pods before has been said: it is not what is measured next. */
  const eventsWritten = async () => {
    for (let before = -1, tries = 0; tries < 100; tries++) {
      const { items, metadata } = await client.list(events, { limit: 1 })
      const count = items.length + (metadata.remainingItemCount ?? 0)
      if (count === before) return
      before = count
      await sleep(200)
    }
  }
  const createPods = async (count: number, template: object, namespace: string) => {
    const { metadata, spec } = template as { metadata: { generateName: string }; spec: object }
    const names = Array.from({ length: count }, (_, at) => `${metadata.generateName}${serial}-${at}`)
    const made = names.map((name) => `${namespace}/${name}`)
    if (creator !== undefined) {
      creator.postMessage({ namespace, names, template })
      await new Promise((resolve) => creator.once('message', resolve))
    } else
      await atOnce(count, (at) =>
        client.create(pods, {
          ...template,
          metadata: { ...metadata, generateName: undefined, name: names[at], namespace },
          spec,
        } as never),
      )
    serial++
    await new Promise<void>((resolve) => {
      let left = made.filter((key) => !bound.has(key))
      told = () => {
        if (left.length > 0 && !bound.has(left.at(-1)!)) return
        left = left.filter((key) => !bound.has(key))
        if (left.length === 0) resolve()
      }
      told()
    })
    told = () => {}
  }
  let rate = 0
  let cpuMs = 0
  let isOver = false
  const step = async (operation: Operation): Promise<void> => {
    switch (operation.op) {
      case 'createNodes': {
        const { count, zones = [], name, tainted, pods: room } = operation
        const base = serial++
        await atOnce(count, (at) =>
          createNode(
            nodeThat(name ?? `node-${base}-${at}`, {
              ...(zones.length === 0 ? {} : { labels: { 'topology.kubernetes.io/zone': zones[at % zones.length] } }),
              ...(tainted === true ? { taints: [{ key: 'foo', effect: 'NoSchedule' }] } : {}),
              ...(room === undefined ? {} : { pods: room }),
            }),
          ),
        )
        return
      }
      case 'createNamespaces':
        for (let at = 0; at < operation.count; at++) await space(`${operation.prefix}-${at}`, operation.labels)
        return
      case 'createPods': {
        const { template, namespace = 'bench', measured } = operation
        const count = measured === true ? Math.min(operation.count, mostMeasured) : operation.count
        if (measured === true) await eventsWritten()
        const startedMs = performance.now()
        const before = process.cpuUsage()
        await createPods(count, podTemplates[template], namespace)
        if (measured !== true) return
        rate = count / ((performance.now() - startedMs) / 1000)
        const { user, system } = process.cpuUsage(before)
        cpuMs = (user + system) / 1000 / count
        return
      }
      case 'createPodSets':
        for (let at = 0; at < operation.sets; at++)
          await createPods(operation.perSet, podTemplates[operation.template], `${operation.prefix}-${at}`)
        return
      case 'createService':
        await client.create(services, {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'service', namespace: operation.namespace },
          spec: { selector: { app: 'scheduler-perf' }, ports: [{ port: 8080 }] },
        } as never)
        return
      case 'churn':
        void churn(operation)
        return
    }
  }
  const churn = async (operation: Extract<Operation, { op: 'churn' }>) => {
    const ends: (() => Promise<unknown>)[] = []
    for (let at = 0; !isOver; at++) {
      if (operation.mode === 'recreate') for (const end of ends.splice(0)) await end().catch(() => {})
      for (const what of operation.what) {
        const name = `churn-${at}`
        if (what === 'pod') {
          const { metadata, ...rest } = podTemplates[operation.template!]
          await client.create(pods, { ...rest, metadata: { name, namespace: 'bench' } } as never)
          ends.push(() => client.delete(pods, { name, namespace: 'bench' }, { gracePeriodSeconds: 0 }))
        } else if (what === 'node') {
          await createNode(nodeThat(name, { pods: '0' }))
          ends.push(() => client.delete(nodes, { name }))
        } else {
          const spec = { selector: { app: 'foo' }, ports: [{ port: 8080 }] }
          const service = { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'bench' }, spec }
          await client.create(services, service as never)
          ends.push(() => client.delete(services, { name, namespace: 'bench' }))
        }
      }
      await sleep(operation.intervalMs)
    }
  }
  try {
    await space('bench')
    await client.create(priorityClasses, {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'ten' },
      value: 10,
    } as never)
    for (const operation of workload.operations) await step(operation)
    isOver = true
    const { heapUsed, external } = process.memoryUsage()
    return { rate, cpuMs, heapMb: Math.round((heapUsed + external) / 2 ** 20) }
  } finally {
    isOver = true
    await creator?.terminate()
    rmSync(directory, { recursive: true, force: true })
  }
}
