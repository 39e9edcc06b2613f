import { type Client, createClient } from '../../client/index.ts'
import { allControllers } from '../../controllers/index.ts'
import { delegatedAccess } from '../../kubelet/index.ts'
import type { HealthCheck } from '../../machinery/index.ts'
import type { ProxyHealth } from '../../proxy/index.ts'
import { chooseGates } from '../../resources/index.ts'
import { type Front, openFront } from '../../wire/index.ts'
import type { Pki } from '../certificates/pki.ts'
import { identities } from '../control-plane.ts'
import type { PartsContext } from '../parts.ts'
import { controllersConfiguration, schedulerConfiguration } from './configurations.ts'
import { described, ping } from './described.ts'
import { guarded } from './guarded.ts'
import { type ComponentParts, componentPages } from './pages.ts'
import { openNear } from './ports.ts'
import { openProxyPages } from './proxy-pages.ts'

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
const ports = { scheduler: 10259, controllers: 10257, cloud: 10258 } as const
const host = '127.0.0.1'
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
    const { proxyHealth: health, metrics } = parts
    const hosts = { healthz: host, metrics: host }
    const proxy = await openProxyPages({ ...context, client, own: metrics.proxy, health, hosts })
    plain.push(proxy)
    Object.assign(places, proxy.places)
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

const securedFlags = (port: number) => ({
  'authorization-always-allow-paths': '[/healthz,/readyz,/livez]',
  'bind-address': host,
  'leader-elect': 'false',
  'secure-port': String(port),
})
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
