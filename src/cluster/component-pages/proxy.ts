import type { Client } from '../../client/index.ts'
import type { Clock, LogLevels } from '../../machinery/index.ts'
import type { ProxyHealth } from '../../proxy/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { proxyConfiguration } from './configurations.ts'
import { described, host } from './described.ts'
import { type Asked, type ComponentParts, componentPages, json, type Told } from './pages.ts'
import { openPlain } from './plain.ts'
import { openNear } from './ports.ts'

/** The proxy of one node, as its pages tell of it. */
export interface ProxyPagesParts {
  readonly settings: ClusterSettings
  readonly clock: Clock
  readonly client: Client
  readonly health: ProxyHealth
  readonly metrics: ComponentParts['metrics']
  readonly levels: LogLevels
}
/** The proxy's open ports, with where each is by the name of what it tells. */
export interface OpenedProxyPages {
  readonly fronts: readonly AsyncDisposable[]
  readonly places: Readonly<Record<string, string>>
}

/** Kubernetes: the ports of kube-proxy. */
const ports = { health: 10256, metrics: 10249 } as const
const leaving = 'ToBeDeletedByClusterAutoscaler'

/** Opens the ports on which the proxy of a node tells about itself, to whoever is on that node. */
export async function openProxyPages(parts: ProxyPagesParts): Promise<OpenedProxyPages> {
  const open = (wanted: number, pagesAt: (port: number) => (asked: Asked) => Promise<Told>) =>
    openNear(wanted, (port) => openPlain(host, port, pagesAt(port)))
  const health = await open(ports.health, () => healthPages(parts))
  const metrics = await open(ports.metrics, (port) => metricsPages(port, health?.port ?? 0, parts))
  const near = Object.entries({ proxy: health, 'proxy-metrics': metrics }).flatMap(([name, one]) =>
    one === undefined ? [] : [[name, one] as const],
  )
  return {
    fronts: near.map(([, { opened }]) => opened),
    places: Object.fromEntries(near.map(([name, { port }]) => [name, `http://${host}:${port}`])),
  }
}

function metricsPages(port: number, healthPort: number, parts: ProxyPagesParts) {
  const about = { component: 'kube-proxy', logName: 'proxy', own: parts.metrics.own }
  const { settings } = parts
  const addresses = { healthz: `${host}:${healthPort}`, metrics: `${host}:${port}` }
  const flags = {
    'cluster-cidr': settings.network.podCidr,
    'healthz-bind-address': addresses.healthz,
    'hostname-override': settings.nodeName,
    'metrics-bind-address': addresses.metrics,
    'proxy-mode': 'nftables',
  }
  return componentPages({
    ...described({ ...parts, metrics: parts.metrics.process }, about, flags),
    health: { '/healthz': [{ name: 'ping', check: () => '' }] },
    configuration: {
      name: 'kubeproxy.config.k8s.io',
      read: () => proxyConfiguration(settings, addresses),
    },
    more: { '/proxyMode': () => ({ code: 200, text: 'nftables' }) },
  })
}

/** Kubernetes: load balancers ask here whether a node still takes traffic; one that is about to go does not. */
function healthPages({ settings, clock, client, health }: ProxyPagesParts) {
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
