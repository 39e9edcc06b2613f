import { conditionOf, isNotFound, type ObjectName, timestampOf } from '../../machinery/index.ts'
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
      /** Nodes whose routes were refused, and until when nothing is tried again unless the cloud changes. */
      const refused = new Map<string, number>()
      let changes = 0
      const subscription = cloud.subscribe(() => {
        changes++
        table.forget()
        refused.clear()
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
        const nowMs = tools.clock.monotonic()
        const waitMs = (refused.get(name.name) ?? 0) - nowMs
        if (node !== undefined && waitMs > 0) return { againInMs: waitMs }
        refused.delete(name.name)
        syncs.inc()
        const seen = changes
        const later = () => {
          if (seen !== changes) return { againInMs: 0 }
          refused.set(name.name, nowMs + periodMs)
          return { againInMs: periodMs }
        }
        let own: readonly CloudRoute[]
        try {
          own = await table.of(name.name)
        } catch (error) {
          turn.because(messageOf(error))
          // A node that was told of its route keeps it; one that was not has none that anybody knows of.
          if (node !== undefined && conditionOf(node, 'NetworkUnavailable')?.status !== 'False')
            await say(node, messageOf(error), tools, turn)
          return later()
        }
        const { remove, create } = plannedRoutes(node, own, config.clusterCidr.split(','))
        const kept = await deleteRoutes(remove, routes, turn)
        const failures = node === undefined ? [] : await createRoutes(node, create, routes, tools, turn)
        if (remove.length > 0 || create.length > 0) table.forget()
        if (node !== undefined) await say(node, failures[0], tools, turn)
        if (failures.length > 0 || kept > 0) return later()
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
      because(`could not take away the route ${route.destination}: ${messageOf(error)}`)
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
      const why = messageOf(error)
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

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
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
        throw new Error(`error listing routes: ${messageOf(error)}`, { cause: error })
      },
    ))
    return reading
  }
}
