import { isNotFound, type ObjectName, timestampOf } from '../../machinery/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import type { CloudProvider, CloudRoute, CloudRoutes } from '../runtime/cloud-provider.ts'
import type { Controller, Tools, Turn } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import { networkCondition, plannedRoutes } from './plan.ts'

/** Kubernetes: --route-reconciliation-period; what failed is tried again after it, or once the cloud has changed. */
const periodMs = 10_000

/** Gives each node's ranges a route in the cloud's network, and has the node say whether it has one. */
export function nodeRouteController(cloud: CloudProvider, routes: CloudRoutes): Controller {
  return {
    name: 'node-route-controller',
    queueName: 'Routes',
    account: 'route-controller',
    eventSource: 'route_controller',
    watches: [each(nodes)],
    start(tools) {
      const { cached, wake, signal, config } = tools
      const all = cached(nodes)
      const syncs = tools.metrics.counter(
        'route_controller_route_sync_total',
        'A metric counting the amount of times routes have been synced with the cloud provider.',
      )
      const table = new RouteTable(routes)
      const subscription = cloud.subscribe(() => {
        table.forget()
        const names = new Set(all.list().map(({ metadata }) => metadata.name))
        for (const name of names) wake({ name })
        // Routes of nodes that went while nobody looked.
        void table.targets().then(
          (targets) => {
            for (const name of targets) if (!names.has(name)) wake({ name })
          },
          () => {},
        )
      })
      signal.addEventListener('abort', () => subscription[Symbol.dispose](), { once: true })

      return async function reconcile(name, turn) {
        const node = all.get(name)
        if (node !== undefined && (node.spec.podCIDRs ?? []).length === 0) return undefined
        syncs.inc()
        const own = await table.of(name.name)
        const { remove, create } = plannedRoutes(node, own, config.clusterCidr.split(','))
        const kept = await deleteRoutes(remove, routes, turn)
        const failures = node === undefined ? [] : await createRoutes(node, create, routes, tools, turn)
        if (remove.length > 0 || create.length > 0) table.forget()
        if (node !== undefined) await say(node, failures[0], tools, turn)
        if (failures.length > 0 || kept > 0) return { againInMs: periodMs }
        // What led nowhere is gone, and its range has no route now.
        return remove.length > 0 && node !== undefined ? { againInMs: 0 } : undefined
      }
    },
  }
}

/** Resolves with how many could not be taken away. */
async function deleteRoutes(list: readonly CloudRoute[], routes: CloudRoutes, { because }: Turn): Promise<number> {
  let kept = 0
  for (const route of list) {
    try {
      await routes.delete(route)
      because(`took away the route ${route.destination}`)
    } catch (error) {
      kept++
      because(`could not take away the route ${route.destination}: ${error instanceof Error ? error.message : error}`)
    }
  }
  return kept
}

/** Resolves with what the cloud said to each route that it did not make. */
async function createRoutes(
  node: Node,
  ranges: readonly string[],
  routes: CloudRoutes,
  { clock, record }: Tools,
  { because }: Turn,
): Promise<readonly string[]> {
  const { name, uid } = node.metadata
  const failures: string[] = []
  for (const range of ranges) {
    const startedMs = clock.monotonic()
    try {
      await routes.create(node, range)
      because(`made the route ${range}`)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const tookMs = clock.monotonic() - startedMs
      record(
        node,
        'Warning',
        'FailedToCreateRoute',
        `Could not create route ${uid} ${range} for node ${name} after ${tookText(tookMs)}: ${why}`,
      )
      because(`could not make the route ${range}: ${why}`)
      failures.push(why)
    }
  }
  return failures
}

const tookText = (ms: number) => (ms >= 1000 ? `${(ms / 1000).toFixed(3)}s` : `${ms.toFixed(3)}ms`)

async function say(node: Node, failure: string | undefined, { clock }: Tools, { client }: Turn): Promise<void> {
  const condition = networkCondition(node, failure)
  if (condition === undefined) return
  const now = timestampOf(clock.now())
  const before = node.status.conditions?.find(({ type }) => type === condition.type)
  const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now
  const name: ObjectName = { name: node.metadata.name }
  const body = { status: { conditions: [{ ...condition, lastHeartbeatTime: now, lastTransitionTime }] } }
  try {
    await client.patch(nodes, name, { type: 'strategic', body }, 'status')
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** The route table by node, read once between two changes. */
class RouteTable {
  readonly #routes: CloudRoutes
  #read: Promise<ReadonlyMap<string, readonly CloudRoute[]>> | undefined

  constructor(routes: CloudRoutes) {
    this.#routes = routes
  }

  forget(): void {
    this.#read = undefined
  }
  async of(node: string): Promise<readonly CloudRoute[]> {
    return (await this.#byNode()).get(node) ?? []
  }
  async targets(): Promise<readonly string[]> {
    return [...(await this.#byNode()).keys()]
  }

  #byNode(): Promise<ReadonlyMap<string, readonly CloudRoute[]>> {
    const reading = (this.#read ??= this.#routes.list().then(
      (list) => Map.groupBy(list, ({ targetNode }) => targetNode),
      (error) => {
        if (this.#read === reading) this.#read = undefined
        const why = error instanceof Error ? error.message : String(error)
        throw new Error(`error listing routes: ${why}`, { cause: error })
      },
    ))
    return reading
  }
}
