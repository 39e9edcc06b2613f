import type { Client } from '../../client/index.ts'
import { msOf, quantityOf, quantityText, type SelfDescription, StatusError, zPage } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import {
  acceptOneWay,
  type RequestHandler,
  refuseUpgrade,
  type UpgradeHandler,
  type WireReply,
  type WireRequest,
} from '../../wire/index.ts'
import type { Kubelet } from '../kubelet.ts'
import { CpuRates } from '../stats/rates.ts'
import { cpuAndMemorySummary, statsSummary } from '../stats/summary.ts'
import { VolumeMeasuring } from '../stats/volumes.ts'
import { containersOf, podViewOf } from '../sync/containers.ts'
import { createAccess } from './access.ts'
import { serveLocalVolume } from './local-volumes.ts'
import { type LogOptions, readLog } from './log-file.ts'
import { type Call, json, plain } from './replies.ts'
import { type StreamRequest, serveAttach, serveExec, servePortForward } from './streams.ts'
import { serveSystemLogs } from './system-logs.ts'
import { cadvisorMetrics, kubeletMetrics, resourceMetrics } from './usage.ts'

export interface KubeletHandlersParts {
  /** The kubelet's own client, for reviews of tokens and rights. */
  readonly client: Client
  /** PEM of the authority whose client certificates are trusted. */
  readonly clientCa: () => string
  /** What it says of itself on /statusz and /flagz; the pages are not there without it. */
  readonly self?: Omit<SelfDescription, 'paths'>
}
/** The kubelet's server, ready to be put behind a TLS front. */
export interface KubeletHandlers {
  readonly onRequest: RequestHandler
  readonly onUpgrade: UpgradeHandler
}
type Serve = (call: Call) => Promise<void>

const routes: Readonly<Record<string, Serve>> = {
  healthz: async ({ reply }) => plain(reply, 200, 'ok'),
  pods: async ({ kubelet, reply }) => json(reply, podList(kubelet.pods())),
  runningpods: async ({ kubelet, reply }) => json(reply, podList(runningPods(kubelet))),
  containerLogs: serveLogs,
  stats: async ({ reply, rest, search, usage }) => {
    if (rest[0] !== 'summary') return plain(reply, 404, '404 page not found\n')
    const isBrief = search.get('only_cpu_and_memory') === 'true'
    json(reply, await (isBrief ? cpuAndMemorySummary(usage) : statsSummary(usage)))
  },
  metrics: async ({ reply, rest, usage }) => {
    const texts: Readonly<Record<string, () => string | Promise<string>>> = {
      '': () => kubeletMetrics(usage),
      resource: () => resourceMetrics(usage),
      cadvisor: () => cadvisorMetrics(usage),
      probes: () => probeMetrics(usage.kubelet),
    }
    const text = await texts[rest[0] ?? '']?.()
    if (text === undefined) return plain(reply, 404, '404 page not found\n')
    reply.head(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    reply.end(text)
  },
  configz: async ({ kubelet, reply }) => json(reply, { kubeletconfig: configuration(kubelet) }),
  logs: (call) => serveSystemLogs(call),
  run: serveRun,
  localVolumes: serveLocalVolume,
}

/** Everything the kubelet answers, with who may ask checked first. */
export function kubeletHandlers(kubelet: Kubelet, parts: KubeletHandlersParts): KubeletHandlers {
  const { clock, settings } = kubelet
  const access = createAccess({ ...parts, clock, nodeName: settings.nodeName })
  const volumes = new VolumeMeasuring(clock, kubelet.measures)
  const usage = { kubelet, volumes, rates: new CpuRates(), startedAtMs: clock.now() }
  return {
    async onRequest(request, reply) {
      const { name, rest, search, path } = parse(request.url)
      const allowed = await access(request, path)
      if (!allowed.ok) return plain(reply, allowed.status, `${allowed.message}\n`)
      if (serveZPage(parts.self, path, request, reply, clock.now())) return
      const serve = Object.hasOwn(routes, name) ? routes[name] : undefined
      if (serve === undefined) return plain(reply, 404, '404 page not found\n')
      const isLong = name === 'containerLogs' && search.get('follow') === 'true'
      using _serving = kubelet.measures.serving(request.method, measuredPath(name, rest), isLong)
      try {
        await serve({ kubelet, request, reply, search, rest, usage })
      } catch (error) {
        if (reply.headSent) return reply.end()
        plain(reply, 500, error instanceof Error ? error.message : String(error))
      }
    },
    async onUpgrade(request, message, socket, head) {
      const { name, rest, search, path } = parse(request.url)
      const allowed = await access(request, path)
      if (!allowed.ok) return refuseUpgrade(socket, allowed.status, allowed.message)
      const stream: StreamRequest = { message, socket, head, search }
      if (streams.has(name)) {
        const serving = kubelet.measures.serving(request.method, name, true)
        socket.once('close', () => serving[Symbol.dispose]())
      }
      if (name === 'exec') return serveExec(kubelet, rest, stream)
      if (name === 'attach') return serveAttach(kubelet, rest, stream)
      if (name === 'containerLogs') return serveLogsOverWebSocket(kubelet, rest, stream)
      if (name === 'portForward') return servePortForward(kubelet, rest, stream)
      refuseUpgrade(socket, 404, '404 page not found')
    },
  }
}

/** What is asked to become a stream. */
const streams: ReadonlySet<string> = new Set(['exec', 'attach', 'containerLogs', 'portForward'])

/** Kubernetes: requests are counted by the first part of their path, those for metrics by all of it. */
const measuredPath = (name: string, rest: readonly string[]) =>
  name === 'metrics' && rest.length > 0 ? `metrics/${rest[0]}` : name

/** Whether the path is that of a page on which the kubelet describes itself; then it is answered. */
function serveZPage(
  self: KubeletHandlersParts['self'],
  path: string,
  request: WireRequest,
  reply: WireReply,
  nowMs: number,
): boolean {
  if (self === undefined) return false
  try {
    const paths = () => [...Object.keys(routes), ...self.pages.map((page) => page.slice(1))].map((name) => `/${name}`)
    const page = zPage({ ...self, paths }, path, request.headers.accept, nowMs)
    if (page === undefined) return false
    const warning = page.warning === undefined ? {} : { warning: page.warning }
    reply.head(200, { 'content-type': page.type, ...warning })
    reply.end(page.text)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    reply.head(error.status.code ?? 406, { 'content-type': 'application/json' })
    reply.end(JSON.stringify(error.status))
  }
  return true
}

function parse(url: string) {
  const { pathname, searchParams } = new URL(url, 'http://kubelet')
  const [name = '', ...rest] = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  return { name, rest, search: searchParams, path: pathname }
}
function podList(items: readonly Pod[]): object {
  return {
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: {},
    items: items.map(({ kind: _, apiVersion: __, ...pod }) => pod),
  }
}

/** The pods as the runtime sees them: names and running containers, whatever the API says. */
function runningPods(kubelet: Kubelet): readonly Pod[] {
  const { sandboxes, containers } = kubelet.observed
  return sandboxes
    .filter(({ ready }) => ready)
    .map(({ id, pod: { attempt: _, ...metadata } }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      // The runtime knows nothing of when it was created; clients of Go take no empty time.
      metadata: metadata as Pod['metadata'],
      spec: {
        containers: containers
          .filter((one) => one.sandboxId === id && one.state === 'running')
          .map(({ name, image }) => ({ name, image })),
      },
      status: {},
    }))
}

async function serveLogs({ kubelet, request, reply, search, rest }: Call): Promise<void> {
  const log = await openLog(kubelet, rest, search)
  if ('refusal' in log) return plain(reply, log.status, log.refusal)
  reply.head(200, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' })
  for await (const chunk of log.read(request.signal)) if (!reply.write(chunk)) await reply.drained()
  reply.end()
}

/** The same over WebSocket, for clients that ask for it. */
async function serveLogsOverWebSocket(
  kubelet: Kubelet,
  rest: readonly string[],
  { message, socket, head, search }: StreamRequest,
): Promise<void> {
  const log = await openLog(kubelet, rest, search)
  if ('refusal' in log) return refuseUpgrade(socket, log.status, log.refusal)
  const stream = await acceptOneWay(message, socket, head)
  if (stream === undefined) return
  for await (const chunk of log.read(stream.signal)) await stream.send(chunk)
  stream.close()
}

type OpenedLog =
  | { readonly status: number; readonly refusal: string }
  | { read(signal: AbortSignal): AsyncIterable<Uint8Array> }

async function openLog(kubelet: Kubelet, rest: readonly string[], search: URLSearchParams): Promise<OpenedLog> {
  const [namespace = '', podName = '', container = ''] = rest
  const pod = kubelet.pod(namespace, podName)
  if (pod === undefined) return { status: 404, refusal: `pod "${podName}" does not exist\n` }
  if (!containersOf(pod).some((one) => one.container.name === container))
    return { status: 404, refusal: `container "${container}" not found in pod "${podName}"\n` }
  const view = podViewOf(await kubelet.runtime.observe(pod.metadata.uid), pod.metadata.uid)
  const instances = (view.instances.get(container) ?? []).filter(({ state }) => state !== 'created')
  const previous = search.get('previous') === 'true'
  // Kubernetes: the previous run is the last one that has ended.
  const offset = previous ? (instances[0]?.state === 'running' ? 1 : previousOffset(pod, container)) : 0
  const instance = instances[offset]
  if (instance === undefined) return { status: 400, refusal: missingLog(pod, container, previous) }
  const options = logOptions(search, kubelet.clock.now())
  const isRunning = async () => {
    const { containers } = await kubelet.runtime.observe(pod.metadata.uid)
    return containers.some(({ id, state }) => id === instance.id && state === 'running')
  }
  return { read: (signal) => readLog(instance.logPath, options, { clock: kubelet.clock, isRunning }, signal) }
}
/** While a container waits to be started again its last run is also its current one. */
function previousOffset(pod: Pod, container: string): number {
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])]
  return statuses.find(({ name }) => name === container)?.state?.waiting === undefined ? 1 : 0
}
function missingLog(pod: Pod, container: string, previous: boolean): string {
  if (previous) return `previous terminated container "${container}" in pod "${pod.metadata.name}" not found`
  const statuses = [
    ...(pod.status.containerStatuses ?? []),
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.ephemeralContainerStatuses ?? []),
  ]
  const waiting = statuses.find(({ name }) => name === container)?.state?.waiting
  const what = `container "${container}" in pod "${pod.metadata.name}"`
  if (waiting?.reason === 'ImagePullBackOff' || waiting?.reason === 'ErrImagePull')
    return `${what} is waiting to start: ${waiting.reason === 'ErrImagePull' ? "image can't be pulled" : 'trying and failing to pull image'}`
  return waiting === undefined ? `${what} is not available` : `${what} is waiting to start: ${waiting.reason ?? ''}`
}

function logOptions(search: URLSearchParams, nowMs: number): LogOptions {
  const numberOf = (name: string) => {
    const text = search.get(name)
    return text === null || text === '' ? undefined : Number(text)
  }
  const on = (name: string) => ['true', '1'].includes(search.get(name) ?? '')
  const [tailLines, sinceSeconds, limitBytes] = ['tailLines', 'sinceSeconds', 'limitBytes'].map(numberOf)
  const sinceTime = search.get('sinceTime')
  const sinceMs =
    sinceSeconds !== undefined ? nowMs - sinceSeconds * 1000 : sinceTime === null ? undefined : msOf(sinceTime)
  const stream = search.get('stream')
  return {
    follow: on('follow'),
    timestamps: on('timestamps'),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(stream === 'Stdout' ? { stream: 'stdout' as const } : stream === 'Stderr' ? { stream: 'stderr' as const } : {}),
  }
}

/** /run: a command to its end, its output as the reply. */
async function serveRun({ kubelet, request, reply, search, rest }: Call): Promise<void> {
  if (request.method !== 'POST') return plain(reply, 405, '405: Method Not Allowed')
  const [namespace = '', podName = ''] = rest
  const container = rest.at(-1) ?? ''
  const pod = kubelet.pod(namespace, podName)
  if (pod === undefined) return plain(reply, 404, 'pod does not exist')
  const instance = podViewOf(await kubelet.runtime.observe(pod.metadata.uid), pod.metadata.uid).instances.get(
    container,
  )?.[0]
  if (instance?.state !== 'running') return plain(reply, 404, `container not found ("${container}")`)
  const command = (search.get('cmd') ?? '').split(' ').filter((word) => word !== '')
  const { stdout, stderr } = await kubelet.runtime.execSync(instance.id, command, 0)
  reply.head(200, { 'content-type': 'text/plain; charset=utf-8' })
  reply.end(Buffer.concat([stdout, stderr]))
}

/** The settings in the form of a KubeletConfiguration. */
function configuration({ settings }: Kubelet): object {
  return {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    port: settings.port,
    clusterDomain: settings.clusterDomain,
    clusterDNS: settings.clusterDns,
    maxPods: settings.maxPods,
    cgroupRoot: settings.cgroupRoot,
    cgroupDriver: 'cgroupfs',
    podLogsDir: settings.logDirectory,
    resolvConf: settings.resolvConf,
    allowedUnsafeSysctls: settings.allowedUnsafeSysctls,
    registerWithTaints: settings.taints,
    systemReserved: settings.reserved,
    nodeStatusUpdateFrequency: '10s',
    nodeStatusReportFrequency: '5m0s',
    nodeLeaseDurationSeconds: 40,
    syncFrequency: '1m0s',
    containerLogMaxSize: quantityText(quantityOf(settings.logs?.bytesMax ?? 10 * 2 ** 20, 'BinarySI')),
    containerLogMaxFiles: settings.logs?.filesMax ?? 5,
    failCgroupV1: false,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true, cacheTTL: '2m0s' } },
    authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '5m0s', cacheUnauthorizedTTL: '30s' } },
  }
}

/** /metrics/probes: how often each probe succeeded and failed. */
function probeMetrics({ probeCounts, metrics }: Kubelet): string {
  const head =
    '# HELP prober_probe_total [BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.\n# TYPE prober_probe_total counter\n'
  const lines = [...probeCounts()].map(([labels, count]) => {
    const text = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    return `prober_probe_total{${text.join(',')}} ${count}\n`
  })
  return head + lines.join('') + metrics.text((name) => name.startsWith('prober_'))
}
