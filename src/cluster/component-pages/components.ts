import type { HealthCheck } from '../../apiserver/index.ts'
import { type Client, createClient } from '../../client/index.ts'
import { allControllers } from '../../controllers/index.ts'
import { delegatedAccess } from '../../kubelet/index.ts'
import { describeSelf, type SelfDescription } from '../../machinery/index.ts'
import type { ProxyHealth } from '../../proxy/index.ts'
import { chooseGates, defaultGates, type Node, nodes } from '../../resources/index.ts'
import { type Front, openFront } from '../../wire/index.ts'
import type { Pki } from '../certificates/pki.ts'
import { identities } from '../control-plane.ts'
import type { PartsContext } from '../parts.ts'
import { versionInfo } from '../version.ts'
import { controllersConfiguration, proxyConfiguration, schedulerConfiguration } from './configurations.ts'
import { guarded } from './guarded.ts'
import { type ComponentParts, componentPages, json, type Told } from './pages.ts'
import { openPlain } from './plain.ts'
import { openNear } from './ports.ts'

/** What the pages tell of parts that run. */
export interface RunningParts {
  /** The parts that run, and are not waiting to be started again. */
  readonly running: ReadonlySet<string>
  readonly metrics: Readonly<Record<'scheduler' | 'controllers' | 'proxy', ComponentParts['metrics']['own']>>
  readonly proxyHealth: ProxyHealth
}
/** Where components tell about themselves, by the part's name. */
export type ComponentPlaces = Readonly<Record<string, string>>
export interface OpenedComponents {
  readonly places: ComponentPlaces
  /** Shows another certificate to new connections. */
  present(pki: Pki): void
  /** Closes every connection. */
  close(): Promise<void>
}

/** Kubernetes: the ports of its components. */
const ports = { scheduler: 10259, controllers: 10257, cloud: 10258, proxyHealth: 10256, proxyMetrics: 10249 } as const
const host = '127.0.0.1'
const leaving = 'ToBeDeletedByClusterAutoscaler'
const podResources = { code: 200, type: 'text/plain; version=0.0.4; charset=utf-8' }

/** Opens the ports on which the scheduler, the controllers and the proxy tell about themselves, each unless it is left out. */
export async function openComponents(context: PartsContext, parts: RunningParts): Promise<OpenedComponents> {
  const { settings } = context
  const places: Record<string, string> = {}
  const fronts: Front[] = []
  const plain: AsyncDisposable[] = []
  const has = (part: 'scheduler' | 'controllers' | 'proxy') => !settings.without.includes(part)
  const secure = async (name: string, wanted: number, made: (port: number) => Secured) => {
    const near = await openNear(wanted, (port) => openSecured(context, port, made(port)))
    if (near === undefined) return
    fronts.push(near.opened)
    places[name] = `https://${host}:${near.port}`
  }
  if (has('scheduler')) await secure('scheduler', ports.scheduler, (port) => schedulerAt(port, context, parts))
  if (has('controllers')) {
    await secure('controllers', ports.controllers, (port) => controllersAt(port, context, parts))
    if (context.cloud !== undefined)
      await secure('cloud-controllers', ports.cloud, (port) => cloudControllersAt(port, context, parts))
  }
  if (has('proxy') && settings.runtime === 'containerd') {
    const client = createClient(context.api.transportFor(identities.proxy, 'kube-proxy'))
    const health = await openNear(ports.proxyHealth, (port) =>
      openPlain(host, port, proxyHealthPages(context, parts, client)),
    )
    const metrics = await openNear(ports.proxyMetrics, (port) =>
      openPlain(host, port, proxyPages(port, health?.port ?? 0, context, parts)),
    )
    for (const [name, near] of [['proxy', health] as const, ['proxy-metrics', metrics] as const]) {
      if (near === undefined) continue
      plain.push(near.opened)
      places[name] = `http://${host}:${near.port}`
    }
  }
  return {
    places,
    present: (pki) => {
      for (const front of fronts) front.renew(tlsOf(pki))
    },
    async close() {
      await Promise.all([...fronts, ...plain].map((one) => one[Symbol.asyncDispose]()))
    },
  }
}

interface Secured {
  readonly pages: ComponentParts
  readonly client: Client
}
const tlsOf = ({ apiServer, authority }: Pki) => ({ ...apiServer, clientCa: authority.cert })

function openSecured({ pki, clock }: PartsContext, port: number, { pages, client }: Secured): Promise<Front> {
  const delegated = delegatedAccess({ client, clock, clientCa: () => pki().authority.cert })
  return openFront({
    ...{ host, port, tls: tlsOf(pki()), clock },
    onRequest: guarded(componentPages(pages), delegated),
    onUpgrade: async (_request, _message, socket) => void socket.destroy(),
  })
}

/** What all components say alike of themselves. */
function described(
  context: PartsContext,
  {
    component,
    logName,
    own,
  }: { readonly component: string; readonly logName: string; readonly own: ComponentParts['metrics']['own'] },
  flags: Readonly<Record<string, string>>,
): Pick<ComponentParts, 'self' | 'clock' | 'metrics' | 'levels' | 'logName'> {
  const { clock, settings, metrics, levels } = context
  const chosen = chooseGates(settings.features?.gates ?? {})
  const gates = Object.entries(settings.features?.gates ?? {}).map(([name, isOn]) => `${name}=${isOn}`)
  const all = { 'feature-gates': gates.sort().join(','), ...flags, v: String(settings.verbosity) }
  const about = { clock, version: versionInfo(), flags: () => all }
  const self: Omit<SelfDescription, 'paths'> = describeSelf(
    component,
    about,
    'gates' in chosen ? chosen.gates : defaultGates,
  )
  return { self, clock, metrics: { own, process: metrics }, levels, logName }
}

const securedFlags = (port: number) => ({
  'authorization-always-allow-paths': '[/healthz,/readyz,/livez]',
  'bind-address': host,
  'leader-elect': 'false',
  'secure-port': String(port),
})
const ping: HealthCheck = { name: 'ping', check: () => '' }
const runs = (name: string, part: string, { running }: RunningParts): HealthCheck => ({
  name,
  check: () => (running.has(part) ? '' : 'not running'),
})

function schedulerAt(port: number, context: PartsContext, parts: RunningParts): Secured {
  const about = { component: 'kube-scheduler', logName: 'scheduler', own: parts.metrics.scheduler }
  const checks = ['shutdown', 'sched-handler-sync', 'informer-sync'].map((name) => runs(name, 'scheduler', parts))
  return {
    client: createClient(context.api.transportFor(identities.scheduler, 'kube-scheduler')),
    pages: {
      ...described(context, about, securedFlags(port)),
      health: { '/healthz': [ping], '/livez': [ping], '/readyz': checks },
      configuration: { name: 'componentconfig', read: () => schedulerConfiguration(context.settings) },
      more: { '/metrics/resources': async () => ({ ...podResources, text: await context.api.podResources() }) },
    },
  }
}

/** Kubernetes: each controller is a check of its own. */
function controllersAt(port: number, context: PartsContext, parts: RunningParts): Secured {
  const { settings } = context
  const chosen = chooseGates(settings.features?.gates ?? {})
  const about = { component: 'kube-controller-manager', logName: 'controllers', own: parts.metrics.controllers }
  const names = allControllers('gates' in chosen ? chosen.gates : undefined).map(({ name }) => name)
  const flags = {
    ...securedFlags(port),
    'allocate-node-cidrs': 'true',
    'cluster-cidr': settings.network.podCidr,
    controllers: '*',
    'node-cidr-mask-size': '24',
    'service-cluster-ip-range': settings.network.serviceCidr,
    'use-service-account-credentials': 'true',
  }
  return {
    client: createClient(context.api.transportFor(identities.controllers, 'kube-controller-manager')),
    pages: {
      ...described(context, about, flags),
      health: { '/healthz': ['informer-sync', ...names].map((name) => runs(name, 'controllers', parts)) },
      configuration: {
        name: 'kubecontrollermanager.config.k8s.io',
        read: () => controllersConfiguration(settings, host, port),
      },
    },
  }
}

/** The cloud's controllers run beside the others, and have their own pages all the same. */
function cloudControllersAt(port: number, context: PartsContext, parts: RunningParts): Secured {
  const { client, pages } = controllersAt(port, context, parts)
  const about = { component: 'cloud-controller-manager', logName: 'controllers', own: parts.metrics.controllers }
  return {
    client,
    pages: {
      ...pages,
      ...described(context, about, { ...securedFlags(port), 'cloud-provider': context.settings.cloud?.name ?? '' }),
      health: { '/healthz': [runs('cloud-controllers', 'controllers', parts)] },
    },
  }
}

function proxyPages(port: number, healthPort: number, context: PartsContext, parts: RunningParts) {
  const about = { component: 'kube-proxy', logName: 'proxy', own: parts.metrics.proxy }
  const addresses = { healthz: `${host}:${healthPort}`, metrics: `${host}:${port}` }
  const flags = {
    'cluster-cidr': context.settings.network.podCidr,
    'healthz-bind-address': addresses.healthz,
    'hostname-override': context.settings.nodeName,
    'metrics-bind-address': addresses.metrics,
    'proxy-mode': 'nftables',
  }
  return componentPages({
    ...described(context, about, flags),
    health: { '/healthz': [ping] },
    configuration: {
      name: 'kubeproxy.config.k8s.io',
      read: () => proxyConfiguration(context.settings, addresses),
    },
    more: { '/proxyMode': () => ({ code: 200, text: 'nftables' }) },
  })
}

/** Kubernetes: load balancers ask here whether a node still takes traffic; one that is about to go does not. */
function proxyHealthPages({ settings, clock }: PartsContext, { proxyHealth }: RunningParts, client: Client) {
  const isEligible = async () => {
    const node = await client.get<Node>(nodes, { name: settings.nodeName }).catch(() => undefined)
    if (node?.metadata.deletionTimestamp !== undefined) return false
    return node?.spec.taints?.some(({ key }) => key === leaving) !== true
  }
  return async ({ url }: { readonly url: URL }): Promise<Told> => {
    const isHealthz = url.pathname === '/healthz'
    if (!isHealthz && url.pathname !== '/livez') return { code: 404, text: '404 page not found\n' }
    const nowMs = clock.now()
    const isHealthy = proxyHealth.isHealthy(nowMs)
    const nodeEligible = isHealthz ? await isEligible() : true
    const isWell = isHealthy && nodeEligible
    const told = {
      // Kubernetes: of one that is well, what is not late counts as just written.
      lastUpdated: new Date(isWell ? nowMs : proxyHealth.syncedMs).toISOString(),
      currentTime: new Date(nowMs).toISOString(),
      ...(isHealthz ? { nodeEligible } : {}),
    }
    return json(told, isWell ? 200 : 503)
  }
}
