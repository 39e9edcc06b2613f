import { Backoff, isNotFound, keyOf, nameOf } from '../../machinery/index.ts'
import { nodes, type Service, services } from '../../resources/index.ts'
import type { BalancerStatus, CloudLoadBalancers, CloudProvider } from '../runtime/cloud-provider.ts'
import type { Controller, Tools, Turn } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import {
  balancedNodes,
  balancerWish,
  cleanupFinalizer,
  hasFinalizer,
  hostsText,
  namesText,
  needsCleanup,
  sameIngress,
  wantsBalancer,
} from './plan.ts'

/** Kubernetes: how long a service waits whose balancer could not be had. */
const retryLimits = { initialMs: 5000, maxMs: 300_000, resetMs: Number.POSITIVE_INFINITY }
const secondsBuckets = Array.from({ length: 15 }, (_, index) => 2 ** index)

/** What a service's balancer was last made from. */
interface Ensured {
  readonly wish: string
  readonly hosts: string
}

/** Gives services of type LoadBalancer a balancer of the cloud, and puts the cluster's nodes behind it. */
export function serviceLbController(cloud: CloudProvider, balancers: CloudLoadBalancers): Controller {
  return {
    name: 'service-lb-controller',
    queueName: 'service',
    account: 'service-controller',
    eventSource: 'service-controller',
    workers: 1,
    watches: [
      each(services),
      {
        resource: nodes,
        wake: (_, cached) => cached(services).list().filter(wantsBalancer).map(nameOf),
      },
    ],
    start(tools) {
      const all = tools.cached(services)
      tools.cached(nodes)
      const sync = new BalancerSync(tools, balancers)
      const failures = new Backoff<string>(retryLimits)
      const subscription = cloud.subscribe(() => {
        for (const service of all.list()) if (sync.waits(service)) tools.wake(nameOf(service))
      })
      tools.signal.addEventListener('abort', () => subscription[Symbol.dispose](), { once: true })
      return async function reconcile(name, turn) {
        const key = keyOf(name)
        const service = all.get(name)
        if (service === undefined) {
          failures.reset(key)
          return sync.forget(key)
        }
        try {
          await sync.run(service, turn)
          failures.reset(key)
          return undefined
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error)
          turn.because(why)
          return { againInMs: failures.next(key, tools.clock.monotonic()) }
        }
      }
    },
  }
}

/** Carries out the turns of all services, and remembers what their balancers were made from. */
class BalancerSync {
  readonly #tools: Tools
  readonly #balancers: CloudLoadBalancers
  readonly #ensured = new Map<string, Ensured>()
  readonly #syncs
  readonly #errors
  readonly #hostsTook

  constructor(tools: Tools, balancers: CloudLoadBalancers) {
    this.#tools = tools
    this.#balancers = balancers
    const { metrics } = tools
    this.#syncs = metrics.counter(
      'service_controller_loadbalancer_sync_total',
      'A metric counting the amount of times any load balancer has been configured, as an effect of service/node changes on the cluster',
    )
    this.#errors = metrics.counter(
      'service_controller_nodesync_error_total',
      'A metric counting the amount of times any load balancer has been configured and errored, as an effect of node changes on the cluster',
    )
    this.#hostsTook = metrics.histogram(
      'service_controller_update_loadbalancer_host_latency_seconds',
      'A metric measuring the latency for updating each load balancer hosts.',
      secondsBuckets,
    )
  }

  forget(key: string): undefined {
    this.#ensured.delete(key)
  }
  /** Whether the service has yet to get its balancer, or to be rid of it. */
  waits(service: Service): boolean {
    return needsCleanup(service) || (wantsBalancer(service) && !this.#ensured.has(keyOf(nameOf(service))))
  }

  async run(service: Service, turn: Turn): Promise<void> {
    const key = keyOf(nameOf(service))
    if (!wantsBalancer(service) || needsCleanup(service)) {
      if (!hasFinalizer(service) && !this.#ensured.has(key)) return
      await this.#told(service, () => this.#remove(service, turn))
      this.#ensured.delete(key)
      return
    }
    const hosts = balancedNodes(this.#tools.cached(nodes).list())
    const before = this.#ensured.get(key)
    const now = { wish: balancerWish(service), hosts: hostsText(hosts) }
    if (before?.wish !== now.wish) {
      this.#ensured.delete(key)
      await this.#told(service, () => this.#ensure(service, turn))
      this.#ensured.set(key, now)
    } else if (before.hosts !== now.hosts) {
      // Kubernetes: what cannot be told of nodes is made up for by ensuring everything anew.
      this.#ensured.delete(key)
      await this.#update(service, turn)
      this.#ensured.set(key, now)
    }
  }

  async #told(service: Service, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const text = `Error syncing load balancer: ${messageOf(error)}`
      this.#tools.record(service, 'Warning', 'SyncLoadBalancerFailed', text)
      throw error
    }
  }

  async #ensure(service: Service, turn: Turn): Promise<void> {
    const { record, cached } = this.#tools
    record(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer')
    if (!hasFinalizer(service))
      await worded('failed to add load balancer cleanup finalizer', patchFinalizers(service, 'add', turn))
    const hosts = balancedNodes(cached(nodes).list())
    if (hosts.length === 0) this.#unavailable(service)
    const status = await worded('failed to ensure load balancer', this.#balancers.ensure(service, hosts))
    this.#syncs.inc()
    turn.because(`its load balancer is at ${addressesText(status)}`)
    record(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer')
    await setStatus(service, status, turn)
  }

  async #update(service: Service, turn: Turn): Promise<void> {
    const { record, cached, clock } = this.#tools
    const hosts = balancedNodes(cached(nodes).list())
    const startedMs = clock.monotonic()
    this.#syncs.inc()
    try {
      await this.#balancers.update(service, hosts)
    } catch (error) {
      this.#errors.inc()
      // Kubernetes: it is a failure only while there is a balancer.
      if ((await this.#balancers.get(service)) === undefined) return
      const text = `Error updating load balancer with new hosts ${namesText(hosts)} [node names limited, total number of nodes: ${hosts.length}], error: ${messageOf(error)}`
      record(service, 'Warning', 'UpdateLoadBalancerFailed', text)
      throw error
    } finally {
      this.#hostsTook.observe((clock.monotonic() - startedMs) / 1000)
    }
    turn.because(`${hosts.length} nodes are behind its load balancer`)
    if (hosts.length === 0) this.#unavailable(service)
    else record(service, 'Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts')
  }

  async #remove(service: Service, turn: Turn): Promise<void> {
    const { record } = this.#tools
    const found = await worded('failed to check if load balancer exists before cleanup', this.#balancers.get(service))
    if (found !== undefined) {
      record(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer')
      await worded('failed to delete load balancer', this.#balancers.delete(service))
      turn.because('its load balancer is gone')
    }
    if (hasFinalizer(service))
      await worded('failed to remove load balancer cleanup finalizer', patchFinalizers(service, 'remove', turn))
    record(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer')
    if (service.metadata.deletionTimestamp === undefined) await setStatus(service, {}, turn)
  }

  #unavailable(service: Service): void {
    const text = 'There are no available nodes for LoadBalancer'
    this.#tools.record(service, 'Warning', 'UnAvailableLoadBalancer', text)
  }
}

/** Kubernetes: finalizers of services are written through status, for which the controller has rights. */
async function patchFinalizers(service: Service, does: 'add' | 'remove', { client }: Turn): Promise<void> {
  const field = does === 'add' ? 'finalizers' : '$deleteFromPrimitiveList/finalizers'
  const body = { metadata: { uid: service.metadata.uid, [field]: [cleanupFinalizer] } }
  try {
    await client.patch(services, nameOf(service), { type: 'strategic', body }, 'status')
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

async function setStatus(service: Service, status: BalancerStatus, { client }: Turn): Promise<void> {
  if (sameIngress(service.status?.loadBalancer?.ingress, status.ingress)) return
  const body = { status: { loadBalancer: { ingress: status.ingress ?? null } } }
  try {
    await client.patch(services, nameOf(service), { type: 'merge', body }, 'status')
  } catch (error) {
    if (!isNotFound(error))
      throw new Error(`failed to update load balancer status: ${messageOf(error)}`, { cause: error })
  }
}

async function worded<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error })
  }
}

function addressesText({ ingress = [] }: BalancerStatus): string {
  return ingress.map(({ ip, hostname }) => ip ?? hostname ?? '').join(', ')
}
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
