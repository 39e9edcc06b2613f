import { addressAt, cidrContains, cidrSize, networkOf, parseCidr } from '../../machinery/index.ts'
import type { Node, NodeCondition } from '../../resources/index.ts'
import type { CloudRoute } from '../runtime/cloud-provider.ts'

/** What is to change in the route table for one node. */
export interface RoutePlan {
  readonly remove: readonly CloudRoute[]
  readonly create: readonly string[]
}

/**
 * What the route table lacks of a node's ranges, and what it has too much; for a node that is gone, all of its routes.
 * Kubernetes: a range whose route leads nowhere is not made anew in the turn in which that is taken away.
 */
export function plannedRoutes(
  node: Node | undefined,
  routes: readonly CloudRoute[],
  clusterCidrs: readonly string[],
): RoutePlan {
  const wanted = node?.spec.podCIDRs ?? []
  return {
    remove: routes.filter(
      ({ destination, isBlackhole }) =>
        isWithin(destination, clusterCidrs) && (isBlackhole || !wanted.includes(destination)),
    ),
    create: wanted.filter((range) => !routes.some(({ destination }) => destination === range)),
  }
}

/** Whether a range is the cluster's: its first address is, or its last. */
function isWithin(destination: string, clusterCidrs: readonly string[]): boolean {
  const range = parseCidr(destination)
  if (range === undefined) return false
  const ends = [networkOf(range), addressAt(range, cidrSize(range) - 1n)]
  return clusterCidrs.some((text) => {
    const cluster = parseCidr(text)
    return cluster !== undefined && ends.some((end) => cidrContains(cluster, end))
  })
}

/**
 * The condition by which the node tells of its network; undefined when it says so already.
 *
 * Unlike Kubernetes: the message goes on with what the cloud said.
 */
export function networkCondition(
  node: Node,
  failure: string | undefined,
): Omit<NodeCondition, 'lastTransitionTime' | 'lastHeartbeatTime'> | undefined {
  const condition =
    failure === undefined
      ? { status: 'False', reason: 'RouteCreated', message: 'RouteController created a route' }
      : {
          status: 'True',
          reason: 'NoRouteCreated',
          message: `RouteController failed to create a route${failure === '' ? '' : `: ${failure}`}`,
        }
  const said = node.status.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  const isSaid =
    said?.status === condition.status && said.reason === condition.reason && said.message === condition.message
  return isSaid ? undefined : { type: 'NetworkUnavailable', ...condition }
}
