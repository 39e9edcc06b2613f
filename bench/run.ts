/** `npm run bench`: the figures the project is steered by. Prints them and appends one line of JSON to bench/results.jsonl. */
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { type Client, createClient, httpTransport } from '../src/client/index.ts'
import { startCluster } from '../src/index.ts'
import { type Cgroups, type CriRuntime, createCriRuntime, systemCgroups } from '../src/kubelet/index.ts'
import { systemClock } from '../src/machinery/index.ts'
import { configMaps, nodes, type Pod, pods } from '../src/resources/index.ts'
import { shellImageArchive } from '../test/fixtures/shell-image.ts'
import { benchCel } from './cel.ts'
import { benchExtensions } from './extensions.ts'
import { atOnce, openSession } from './session.ts'
import { benchWatch } from './watch.ts'

const root = join(import.meta.dirname, '..')
const cox = join(root, 'cox')
const results: Record<string, number | string> = {}
const wanted = process.argv.slice(2)
const note = (name: string, value: number, unit: string) => {
  results[name] = Math.round(value * 100) / 100
  process.stdout.write(`${name.padEnd(44)} ${String(results[name]).padStart(12)} ${unit}\n`)
}
const percentile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Long enough for what is done every ten to thirty seconds, and for one collection of garbage, to count as what it is. */
const idleSeconds = 60

const parts: Readonly<Record<string, () => Promise<void>>> = {
  start: benchStart,
  podStart: benchPodStart,
  inProcess: benchInProcess,
  api: benchApi,
  scheduler: benchScheduler,
  extensions: () => benchExtensions(note),
  watch: () => benchWatch(note),
  cel: async () => benchCel(note),
}
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) await part()
}
const line = {
  at: new Date().toISOString(),
  commit: gitHead(),
  node: process.version,
  cpus: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  ...results,
}
appendFileSync(join(root, 'bench/results.jsonl'), `${JSON.stringify(line)}\n`)
process.exit(0)

/** A real cluster from `./cox up` on an installed tree: when the API answers, when the node is Ready, what it holds when idle. */
async function benchStart(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'cox-bench-'))
  const real = process.getuid?.() === 0 && process.platform === 'linux' && existsSync('/usr/bin/containerd')
  const env = { ...process.env, COXSWAIN_HOME: home, KUBECONFIG: join(home, 'kubeconfig') }
  const run = (...words: string[]) =>
    execFileSync(cox, [...words, '--name', 'bench'], { env, stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  const up = [...(real ? [] : ['--runtime', 'simulated']), '--no-switch']
  try {
    run('up', ...up)
    run('down')
    const apiMs: number[] = []
    const readyMs: number[] = []
    for (let round = 0; round < 5; round++) {
      run('down', '--purge')
      const startedMs = performance.now()
      const child = spawn(cox, ['up', ...up, '--name', 'bench'], { env, stdio: 'ignore' })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      for (;;) {
        const settings = join(home, 'bench', 'settings.json')
        const port = existsSync(settings) ? JSON.parse(readFileSync(settings, 'utf8')).port : undefined
        if (port !== undefined && (await answers(port))) break
        await sleep(5)
      }
      apiMs.push(performance.now() - startedMs)
      await ended
      readyMs.push(performance.now() - startedMs)
    }
    note('up_to_first_api_answer_ms_p50', percentile(apiMs, 0.5), 'ms (new cluster)')
    note('up_to_node_ready_ms_p50', percentile(readyMs, 0.5), `ms (${real ? 'containerd' : 'simulated'})`)
    await sleep(60_000)
    const ours = processes(root, '/cox', '--name bench')
    const before = ours.map(ticksOf)
    await sleep(idleSeconds * 1000)
    const used = ours.map(ticksOf).reduce((sum, ticks, at) => sum + ticks - before[at]!, 0)
    note(
      'idle_pss_mb',
      ours.reduce((sum, pid) => sum + pssOf(pid), 0) / 1024,
      'MB (all our processes, 60 s after Ready)',
    )
    note('idle_cpu_percent_of_a_core', (used / 100 / idleSeconds) * 100, '%')
    if (real) {
      const containerd = processes('containerd', '/bench/node/containerd')
      note('containerd_pss_mb', containerd.reduce((sum, pid) => sum + pssOf(pid), 0) / 1024, 'MB')
    }
  } finally {
    run('down', '--purge')
    rmSync(home, { recursive: true, force: true })
  }
}

/** What a pod costs beyond the calls to the runtime: from its binding to its containers started, against the bare calls. */
async function benchPodStart(): Promise<void> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/containerd')) return
  const home = mkdtempSync(join(tmpdir(), 'cox-bench-'))
  const env = { ...process.env, COXSWAIN_HOME: home, KUBECONFIG: join(home, 'kubeconfig') }
  const run = (...words: string[]) =>
    execFileSync(cox, [...words, '--name', 'benchpod'], { env, stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  try {
    const { server } = JSON.parse(run('up', '--no-switch', '--json'))
    const socket = '/run/coxswain/benchpod/containerd.sock'
    const image = 'docker.io/library/shell:1'
    writeFileSync(join(home, 'shell.tar'), shellImageArchive(image))
    execFileSync('ctr', ['-a', socket, '-n', 'k8s.io', 'images', 'import', join(home, 'shell.tar')], {
      stdio: 'ignore',
    })
    const pki = (name: string) => readFileSync(join(home, 'benchpod/pki', name), 'utf8')
    const client = createClient(
      httpTransport({ server, ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') }, 'bench'),
    )
    const clock = systemClock()
    const cgroups = systemCgroups(clock)
    using runtime = await createCriRuntime({ socket, clock, cgroups })
    const whole: number[] = []
    const bare: number[] = []
    // In turn, and each only when nothing is left of the one before: what else the machine does is the same for both.
    for (let round = 0; round < 12; round++) {
      whole.push(await podStartMs(client, image, `p-${round}`))
      bare.push(await bareStartMs(runtime, cgroups, image, { uid: `bench-${round}`, logs: home }))
    }
    note('pod_start_bound_to_ready_ms_p50', percentile(whole, 0.5), 'ms')
    note('pod_start_bare_cri_ms_p50', percentile(bare, 0.5), 'ms')
    note('pod_start_overhead_ms_p50', percentile(whole, 0.5) - percentile(bare, 0.5), 'ms')
  } finally {
    run('down', '--purge')
    rmSync(home, { recursive: true, force: true })
  }
}

/** From the moment the pod is seen bound until its containers are ready; then it is deleted, and nothing is left of it. */
async function podStartMs(client: Client, image: string, name: string): Promise<number> {
  const from = (await client.list(pods, { namespace: 'default' })).metadata.resourceVersion
  await client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      containers: [{ name: 'c', image, command: ['sleep', '1000'] }],
    },
  } as never)
  const stop = new AbortController()
  const query = { namespace: 'default', fieldSelector: `metadata.name=${name}` }
  let boundMs = 0
  let tookMs = 0
  for await (const batch of client.watch(pods, from, query, stop.signal)) {
    for (const { type, object } of batch) {
      const pod = object as Pod
      if (boundMs === 0 && (pod.spec?.nodeName ?? '') !== '') boundMs = performance.now()
      const isReady = pod.status?.conditions?.some(
        ({ type, status }) => type === 'ContainersReady' && status === 'True',
      )
      if (tookMs === 0 && isReady === true) {
        tookMs = performance.now() - boundMs
        await client.delete(pods, { namespace: 'default', name })
      }
      if (type === 'DELETED') stop.abort()
    }
    if (stop.signal.aborted) break
  }
  return tookMs
}

/** The calls of the runtime that a pod of one container takes, and nothing else; what they made is taken away again. */
async function bareStartMs(
  runtime: CriRuntime,
  cgroups: Cgroups,
  image: string,
  { uid, logs }: { readonly uid: string; readonly logs: string },
): Promise<number> {
  const cgroupParent = `/coxswain-benchpod/kubepods/besteffort/pod${uid}`
  await cgroups.ensure(cgroupParent, {})
  const sandbox = {
    pod: { uid, namespace: 'default', name: uid, attempt: 0 },
    hostname: uid,
    logDirectory: join(logs, 'bare', uid),
    portMappings: [],
    labels: {},
    annotations: {},
    cgroupParent,
    sysctls: {},
    namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
    security: { privileged: false, supplementalGroups: [] },
  } as const
  const startedMs = performance.now()
  const id = await runtime.runSandbox(sandbox)
  const container = await runtime.createContainer(
    id,
    {
      name: 'c',
      attempt: 0,
      imageRef: (await runtime.imageStatus(image))!.id,
      command: ['sleep', '1000'],
      args: [],
      workingDir: '',
      env: [],
      mounts: [],
      devices: [],
      labels: {},
      annotations: {},
      logPath: 'c.log',
      stdin: false,
      stdinOnce: false,
      tty: false,
      resources: {},
      security: {
        privileged: false,
        addCapabilities: [],
        dropCapabilities: [],
        supplementalGroups: [],
        readonlyRootfs: false,
        noNewPrivs: false,
        maskedPaths: [],
        readonlyPaths: [],
        pid: 'CONTAINER',
      },
    },
    sandbox,
  )
  await runtime.startContainer(container)
  const tookMs = performance.now() - startedMs
  // The cluster's own kubelet takes away what no pod has, and may be at it already.
  await runtime.stopSandbox(id).catch(() => {})
  await runtime.removeSandbox(id).catch(() => {})
  return tookMs
}

/** `startCluster()` as whoever imports the package gets it, built: the import apart from the start. */
async function benchInProcess(): Promise<void> {
  execFileSync(process.execPath, [join(root, 'scripts/build.ts')])
  const code = `const a = performance.now(); const { startCluster } = await import(${JSON.stringify(join(root, 'dist/index.js'))}); const b = performance.now(); const c = await startCluster(); console.log(JSON.stringify([b - a, performance.now() - b])); await c.stop(); process.exit(0)`
  const rounds = Array.from(
    { length: 7 },
    () =>
      JSON.parse(
        execFileSync(process.execPath, ['--input-type=module', '-e', code], {
          env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'cox-bench-compile') },
        }).toString(),
      ) as [number, number],
  )
  note(
    'start_cluster_import_ms_p50',
    percentile(
      rounds.map(([one]) => one),
      0.5,
    ),
    'ms',
  )
  note(
    'start_cluster_ms_p50',
    percentile(
      rounds.map(([, two]) => two),
      0.5,
    ),
    'ms (first in a process)',
  )
}

/** The API over HTTPS and HTTP/2, memory store, one connection with 32 requests under way. */
async function benchApi(): Promise<void> {
  await using cluster = await startCluster({ nodes: 0 })
  const { http2: session, call } = openSession(await cluster.kubeconfig())
  const rate = async (name: string, count: number, one: (at: number) => Promise<number>) => {
    const { ms, each } = await atOnce(count, one)
    note(`api_${name}_per_s`, (count / ms) * 1000, 'requests/s')
    note(`api_${name}_p99_ms`, percentile(each, 0.99), 'ms')
  }
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const at = '/api/v1/namespaces/default/configmaps'
  await rate('create', 4000, (index) =>
    call('POST', at, { metadata: { name: `c-${index}`, labels: { app: 'bench' } }, data: { key: 'x'.repeat(1500) } }),
  )
  await rate('get', 20_000, (index) => call('GET', `${at}/c-${index % 4000}`))
  await rate('list_500', 400, () => call('GET', `${at}?limit=500`))
  const revision = (await cluster.client.list(configMaps, { limit: 1 })).metadata.resourceVersion
  const watchers = 500
  let events = 0
  let arrived = () => {}
  const streams = Array.from({ length: watchers }, () => {
    const stream = session.request({ ':path': `${at}?watch=true&resourceVersion=${revision}` })
    stream.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) events++
      arrived()
    })
    stream.on('error', () => {})
    return stream
  })
  await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('response', resolve))))
  const rounds = 100
  const startedMs = performance.now()
  for (let index = 0; index < rounds; index++)
    await cluster.client.patch(
      configMaps,
      { namespace: 'default', name: `c-${index}` },
      { type: 'merge', body: { data: { round: String(index) } } },
    )
  await new Promise<void>((resolve) => {
    arrived = () => {
      if (events >= rounds * watchers) resolve()
    }
    arrived()
  })
  note(
    'watch_fan_out_events_per_s',
    ((rounds * watchers) / (performance.now() - startedMs)) * 1000,
    `events/s (${watchers} watchers)`,
  )
  delay.disable()
  note('event_loop_delay_p99_ms', delay.percentile(99) / 1e6, 'ms (server and load in one process)')
  note('event_loop_delay_max_ms', delay.max / 1e6, 'ms')
  for (const stream of streams) stream.close()
  session.destroy()
}

/** Pods placed per second on 5,000 simulated nodes: from the first create to the last bound, memory store. */
async function benchScheduler(): Promise<void> {
  const count = 5000
  await using cluster = await startCluster({
    nodes: Array.from({ length: 5000 }, (_, at) => ({ name: `node-${at}`, cpus: 32, memoryBytes: 64 * 2 ** 30 })),
  })
  for (;;) {
    const { items } = await cluster.client.list(nodes)
    if (items.length === 5000 && items.every((node: any) => (node.spec?.taints ?? []).length === 0)) break
    await sleep(200)
  }
  const bound = new Set<string>()
  let done = () => {}
  cluster.informers.of(pods).subscribe((pod) => {
    if ((pod?.spec?.nodeName ?? '') === '') return
    bound.add(pod!.metadata.uid)
    if (bound.size >= count) done()
  })
  const pod = (at: number) =>
    ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `p-${at}`, namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'app', resources: { requests: { cpu: '100m', memory: '100Mi' } } }] },
    }) as unknown as Pod
  const startedMs = performance.now()
  let at = 0
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (at < count) await cluster.client.create(pods, pod(at++))
    }),
  )
  note('pods_created_per_s', (count / (performance.now() - startedMs)) * 1000, 'pods/s (in process, 5,000 nodes)')
  await new Promise<void>((resolve) => {
    done = resolve
    if (bound.size >= count) resolve()
  })
  note(
    'pods_scheduled_per_s',
    (count / (performance.now() - startedMs)) * 1000,
    'pods/s (create to bound, 5,000 nodes)',
  )
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    import('node:https').then(({ get }) => {
      const request = get(
        { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, timeout: 500 },
        (response) => {
          response.resume()
          resolve(response.statusCode === 200)
        },
      )
      request.once('error', () => resolve(false))
    })
  })
}

function processes(...parts: readonly string[]): readonly number[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => parts.every((part) => line.includes(part)) && !line.includes('bench/run.ts'))
    .map((line) => Number(line.trim().split(' ')[0]))
}

function pssOf(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
}

function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function gitHead(): string {
  try {
    return execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}
