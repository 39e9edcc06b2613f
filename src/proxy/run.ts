import type { Informers } from '../client/index.ts'
import type { Clock, Log, Metrics } from '../machinery/index.ts'
import { endpointSlices, services } from '../resources/index.ts'
import { applyTransaction, forgetUdpFlows, prepareKernel } from './nftables/nft.ts'
import { type Installed, nothingInstalled, transactionOf } from './nftables/transaction.ts'
import { clusterIpsOf, type Frontend, frontendsOf } from './rules/rules.ts'

export interface ProxyParts {
  readonly informers: Informers
  readonly clock: Clock
  readonly nodeName: string
  /** The nft table that belongs to this proxy alone. */
  readonly tableName: string
  /** Where node ports answer, as IPv4 ranges; none: at every address of the node but those of its loopback. */
  readonly nodePortAddresses?: readonly string[]
  /** The range that services have their addresses from; empty or left out when it is not known. */
  readonly serviceCidr?: string
  readonly log: Log
  readonly metrics: Metrics
}

/** Changes that come within this time are written together. */
const gatherMs = 20
const retryMs = 1000
const serviceNameLabel = 'kubernetes.io/service-name'
const syncBuckets = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096]

/** Keeps the node's service rules equal to the services and endpoints, until the signal aborts. The rules outlive it. */
export async function runProxy(parts: ProxyParts, signal: AbortSignal): Promise<void> {
  const { informers, clock, nodeName, tableName, nodePortAddresses = [], serviceCidr = '', log, metrics } = parts
  const serviceCache = informers.of(services)
  const sliceCache = informers.of(endpointSlices)
  sliceCache.addIndex('service', (slice) => {
    const name = slice.metadata.labels?.[serviceNameLabel]
    return name === undefined ? [] : [`${slice.metadata.namespace}/${name}`]
  })
  await Promise.all([serviceCache.synced(signal), sliceCache.synced(signal)])
  await prepareKernel()
  const seconds = metrics.histogram(
    'kubeproxy_sync_proxy_rules_duration_seconds',
    'SyncProxyRules latency in seconds',
    syncBuckets,
  )
  const last = metrics.gauge(
    'kubeproxy_sync_proxy_rules_last_timestamp_seconds',
    'The last time proxy rules were successfully synced',
  )
  let installed: Installed = nothingInstalled
  let before: readonly Frontend[] = []
  let isFirst = true
  let dirty = true
  let wake = () => {}
  const changed = () => {
    dirty = true
    wake()
  }
  using _services = serviceCache.subscribe(changed)
  using _slices = sliceCache.subscribe(changed)
  signal.addEventListener('abort', () => wake(), { once: true })
  while (!signal.aborted) {
    if (!dirty) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      await clock.sleep(gatherMs, signal).catch(() => {})
      continue
    }
    dirty = false
    const startedMs = clock.monotonic()
    try {
      const frontends = frontendsOf({
        services: serviceCache.list(),
        slicesOf: (service) => sliceCache.by('service', service),
        nodeName,
      })
      const clusterIps = clusterIpsOf(serviceCache.list())
      const fixed = { nodePortAddresses, clusterIps, serviceCidr }
      const { text, installed: next } = transactionOf(tableName, frontends, installed, fixed)
      // What an earlier life left is replaced whole, in the same transaction.
      await applyTransaction(isFirst ? `add table ip ${tableName}\ndelete table ip ${tableName}\n${text}` : text)
      installed = next
      isFirst = false
      await forgetStaleUdp(before, frontends)
      before = frontends
      seconds.observe((clock.monotonic() - startedMs) / 1000)
      last.set(clock.now() / 1000)
      log.v(4).info('service rules are in place', { frontends: frontends.length })
    } catch (error) {
      log.error('service rules could not be written; they are tried again', error)
      isFirst = true
      installed = nothingInstalled
      dirty = true
      await clock.sleep(retryMs, signal).catch(() => {})
    }
  }
}

/** UDP has no connections to end, so flows to endpoints that left are forgotten; so are those from before there were any. */
async function forgetStaleUdp(before: readonly Frontend[], now: readonly Frontend[]): Promise<void> {
  const keyOf = ({ ip, port, service }: Frontend) => `${ip}/${port}/${service}`
  const nowByKey = new Map(
    now.filter(({ protocol }) => protocol === 'udp').map((frontend) => [keyOf(frontend), frontend]),
  )
  for (const old of before) {
    if (old.protocol !== 'udp') continue
    const next = nowByKey.get(keyOf(old))
    const kept = new Set(next?.endpoints.map(({ ip, port }) => `${ip}:${port}`))
    for (const { ip, port } of old.endpoints) if (!kept.has(`${ip}:${port}`)) await forgetUdpFlows(old.ip, old.port, ip)
    if (old.endpoints.length === 0 && kept.size > 0) await forgetUdpFlows(old.ip, old.port, undefined)
  }
}
