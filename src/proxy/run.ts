import type { Informers } from '../client/index.ts'
import { type Clock, keyOf, type Log, type Metrics, msOf, nameOf, parseKey } from '../machinery/index.ts'
import { type EndpointSlice, endpointSlices, nodes, type Service, services } from '../resources/index.ts'
import type { ConntrackChoices } from './conntrack/plan.ts'
import { tuneConntrack } from './conntrack/tune.ts'
import type { ProxyHealth } from './health.ts'
import { HealthPorts } from './health-ports.ts'
import { proxyMeasures, type WithoutLocal } from './measures.ts'
import { applyTransaction, forgetUdpFlows, prepareKernel } from './nftables/nft.ts'
import { partsOf } from './nftables/service-parts.ts'
import { ServiceTable } from './nftables/service-table.ts'
import { clusterIpsOf, type Frontend, frontendsOf, healthPortOf, serviceOfSlice } from './rules/rules.ts'

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
  /** How the kernel is to track connections. */
  readonly conntrack?: ConntrackChoices
  readonly log: Log
  readonly metrics: Metrics
  /** Told how far the rules are. */
  readonly health?: ProxyHealth
}

/** Changes that come within this time are written together. */
const gatherMs = 20
const retryMs = 1000
const zoneLabel = 'topology.kubernetes.io/zone'

/** Keeps the node's service rules equal to the services and endpoints, until the signal aborts. The rules outlive it. */
export async function runProxy(parts: ProxyParts, signal: AbortSignal): Promise<void> {
  const {
    informers,
    clock,
    nodeName,
    tableName,
    nodePortAddresses = [],
    serviceCidr = '',
    conntrack = {},
    log,
    metrics,
  } = parts
  const serviceCache = informers.of(services)
  const sliceCache = informers.of(endpointSlices)
  sliceCache.addIndex('service', serviceOf)
  const own = informers.of(nodes, { fieldSelector: `metadata.name=${nodeName}` })
  await Promise.all([serviceCache.synced(signal), sliceCache.synced(signal), own.synced(signal)])
  await prepareKernel()
  const measures = proxyMeasures(metrics, () =>
    withoutLocal(serviceCache.list(), (key) => sliceCache.by('service', key), nodeName),
  )
  const table = new ServiceTable(tableName, { nodePortAddresses, serviceCidr })
  const udpBefore = new Map<string, readonly Frontend[]>()
  const changed = new Set<string>()
  /** Not only services may have changed: what is in the table is not known. */
  let isUnknown = true
  let wake = () => {}
  let isTuned = false
  /** When the endpoints changed whose rules are not in place yet, as the slices themselves say. */
  let triggeredAtMs: number[] = []
  const changedIs = (service: string, of: 'service' | 'endpoints') => {
    changed.add(service)
    measures.changed(of, clock.now())
    parts.health?.pending(clock.now())
    wake()
  }
  using _services = serviceCache.subscribe((next, previous) => changedIs(keyOf(nameOf((next ?? previous)!)), 'service'))
  using _slices = sliceCache.subscribe((...slices) => {
    for (const slice of slices) for (const service of serviceOf(slice)) changedIs(service, 'endpoints')
    const triggered = msOf(slices[0]?.metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'])
    if (!Number.isNaN(triggered) && !isUnknown) triggeredAtMs.push(triggered)
  })
  const zoneOf = () => own.get({ name: nodeName })?.metadata.labels?.[zoneLabel] ?? ''
  let zone = zoneOf()
  using _node = own.subscribe(() => {
    if (zoneOf() === zone) return
    zone = zoneOf()
    for (const service of serviceCache.list()) changedIs(keyOf(nameOf(service)), 'service')
  })
  const isHealthy = () => parts.health?.isHealthy(clock.now()) ?? true
  await using ports = new HealthPorts(nodePortAddresses, isHealthy, log)
  signal.addEventListener('abort', () => wake(), { once: true })
  while (!signal.aborted) {
    if (changed.size === 0 && !isUnknown) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
      await clock.sleep(gatherMs, signal).catch(() => {})
      continue
    }
    const startedMs = clock.monotonic()
    const renewed = [...changed]
    changed.clear()
    const triggered = triggeredAtMs
    triggeredAtMs = []
    const isWhole = isUnknown
    measures.began()
    const udp = new Map<string, readonly Frontend[]>()
    for (const key of renewed) {
      const service = serviceCache.get(parseKey(key))
      const slices = sliceCache.by('service', key)
      const frontends = service === undefined ? [] : frontendsOf(service, slices, { nodeName, zone })
      ports.put(key, service === undefined ? undefined : healthPortOf(service, slices, nodeName))
      table.put(key, service === undefined ? undefined : partsOf(frontends, clusterIpsOf(service)))
      udp.set(
        key,
        frontends.filter(({ protocol }) => protocol === 'udp'),
      )
    }
    try {
      for (const text of table.transactions()) await applyTransaction(text)
      table.settle()
      isUnknown = false
      // The kernel tracks connections, and has these settings, from the first rules on.
      if (!isTuned) await tuneConntrack(conntrack, log)
      isTuned = true
      for (const [key, frontends] of udp) {
        await forgetStaleUdp(udpBefore.get(key) ?? [], frontends)
        if (frontends.length === 0) udpBefore.delete(key)
        else udpBefore.set(key, frontends)
      }
      measures.synced(clock.now(), (clock.monotonic() - startedMs) / 1000, isWhole, triggered)
      if (changed.size === 0) parts.health?.synced(clock.now())
      log.v(4).info('service rules are in place', { services: renewed.length })
    } catch (error) {
      measures.failed()
      log.error('service rules could not be written; they are tried again', error)
      table.forget()
      isUnknown = true
      for (const key of renewed) changed.add(key)
      await clock.sleep(retryMs, signal).catch(() => {})
    }
  }
}

/** Counts the services that keep traffic on the node and have nobody there. */
function withoutLocal(
  all: readonly Service[],
  slicesOf: (key: string) => readonly EndpointSlice[],
  nodeName: string,
): WithoutLocal {
  const counts = { internal: 0, external: 0 }
  for (const { metadata, spec } of all) {
    const internal = spec?.internalTrafficPolicy === 'Local'
    const external = spec?.externalTrafficPolicy === 'Local'
    if (!internal && !external) continue
    const isLocal = slicesOf(keyOf(nameOf({ metadata }))).some(({ endpoints }) =>
      endpoints?.some((one) => one.nodeName === nodeName && one.conditions?.ready !== false),
    )
    if (isLocal) continue
    if (internal) counts.internal++
    if (external) counts.external++
  }
  return counts
}

function serviceOf(slice: EndpointSlice | undefined): readonly string[] {
  const service = slice && serviceOfSlice(slice)
  return service === undefined ? [] : [service]
}

/**
 * UDP has no connections to end, so flows to endpoints that left are forgotten; so are those from before there were any.
 * Both are of one service, and of UDP alone.
 */
async function forgetStaleUdp(before: readonly Frontend[], now: readonly Frontend[]): Promise<void> {
  const addressOf = ({ ip, port }: Frontend) => `${ip}/${port}`
  const nowByAddress = new Map(now.map((frontend) => [addressOf(frontend), frontend]))
  for (const old of before) {
    const next = nowByAddress.get(addressOf(old))
    const kept = new Set(next?.endpoints.map(({ ip, port }) => `${ip}:${port}`))
    for (const { ip, port } of old.endpoints) if (!kept.has(`${ip}:${port}`)) await forgetUdpFlows(old.ip, old.port, ip)
    if (old.endpoints.length === 0 && kept.size > 0) await forgetUdpFlows(old.ip, old.port, undefined)
  }
}
