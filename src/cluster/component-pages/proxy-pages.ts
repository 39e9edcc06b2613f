import type { Client } from '../../client/index.ts'
import type { Metrics } from '../../machinery/index.ts'
import type { ProxyHealth } from '../../proxy/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import type { ProxyChoices } from '../config/components.ts'
import { type BindAddress, bindAddressOf, boundAt, hostAsked } from './bind-address.ts'
import { proxyConfiguration } from './configurations.ts'
import { type Describing, described, ping } from './described.ts'
import { type ComponentParts, componentPages, json, type Told } from './pages.ts'
import { openPlain } from './plain.ts'
import { openNear } from './ports.ts'

/** The service proxy of one node, as its pages tell of it. */
export interface ProxyPagesParts extends Describing {
  readonly client: Client
  readonly own: Metrics
  readonly health: ProxyHealth
  /** Where to listen when the configuration does not say. */
  readonly hosts: { readonly healthz: string; readonly metrics: string }
}
/** The pages, open. */
export interface ProxyPages extends AsyncDisposable {
  /** Where what is told: `proxy` for health, `proxy-metrics` for the rest. */
  readonly places: Readonly<Record<string, string>>
}

/** Kubernetes: where its service proxy listens. */
const ports = { healthz: 10256, metrics: 10249 } as const
const leaving = 'ToBeDeletedByClusterAutoscaler'

/** Opens the two ports of a node's service proxy, or the next free ones. */
export async function openProxyPages(parts: ProxyPagesParts): Promise<ProxyPages> {
  const wanted = addressesOf(parts.settings.components?.proxy ?? {}, parts.hosts)
  const health = await openNear(wanted.healthz.port, (port) => openPlain(wanted.healthz.host, port, healthPages(parts)))
  const healthAt = { ...wanted.healthz, port: health?.port ?? 0 }
  const metrics = await openNear(wanted.metrics.port, (port) =>
    openPlain(wanted.metrics.host, port, ownPages(healthAt, { ...wanted.metrics, port }, parts)),
  )
  const places: Record<string, string> = {}
  if (health !== undefined) places['proxy'] = `http://${hostAsked(wanted.healthz)}:${health.port}`
  if (metrics !== undefined) places['proxy-metrics'] = `http://${hostAsked(wanted.metrics)}:${metrics.port}`
  return {
    places,
    async [Symbol.asyncDispose]() {
      await Promise.all([health, metrics].map((near) => near?.opened[Symbol.asyncDispose]()))
    },
  }
}

function addressesOf({ healthzBindAddress, metricsBindAddress }: ProxyChoices, hosts: ProxyPagesParts['hosts']) {
  return {
    healthz: bindAddressOf(healthzBindAddress, { host: hosts.healthz, port: ports.healthz }),
    metrics: bindAddressOf(metricsBindAddress, { host: hosts.metrics, port: ports.metrics }),
  }
}

function ownPages(healthAt: BindAddress, at: BindAddress, parts: ProxyPagesParts) {
  const { settings } = parts
  const addresses = { healthz: boundAt(healthAt), metrics: boundAt(at) }
  const flags = {
    'cluster-cidr': settings.network.podCidr,
    'healthz-bind-address': addresses.healthz,
    'hostname-override': settings.nodeName,
    'metrics-bind-address': addresses.metrics,
    'proxy-mode': 'nftables',
  }
  const pages: ComponentParts = {
    ...described(parts, { component: 'kube-proxy', logName: 'proxy', own: parts.own }, flags),
    health: { '/healthz': [ping] },
    configuration: { name: 'kubeproxy.config.k8s.io', read: () => proxyConfiguration(settings, addresses) },
    more: { '/proxyMode': () => ({ code: 200, text: 'nftables' }) },
  }
  return componentPages(pages)
}

/** Kubernetes: load balancers ask here whether a node still takes traffic; one that is about to go does not. */
function healthPages({ settings, clock, health, client }: ProxyPagesParts) {
  const isEligible = async () => {
    const node = await client.get<Node>(nodes, { name: settings.nodeName }).catch(() => undefined)
    if (node?.metadata.deletionTimestamp !== undefined) return false
    return node?.spec.taints?.some(({ key }) => key === leaving) !== true
  }
  return async ({ url }: { readonly url: URL }): Promise<Told> => {
    const isHealthz = url.pathname === '/healthz'
    if (!isHealthz && url.pathname !== '/livez') return { code: 404, text: '404 page not found\n' }
    const nowMs = clock.now()
    const isHealthy = health.isHealthy(nowMs)
    const nodeEligible = isHealthz ? await isEligible() : true
    const isWell = isHealthy && nodeEligible
    const told = {
      // Kubernetes: of one that is well, what is not late counts as just written.
      lastUpdated: new Date(isWell ? nowMs : health.syncedMs).toISOString(),
      currentTime: new Date(nowMs).toISOString(),
      ...(isHealthz ? { nodeEligible } : {}),
    }
    return json(told, isWell ? 200 : 503)
  }
}
