import type { NodeColumns } from '../columns/node-columns.ts'
import type { GroupPlacement, PlacedGroup, SchedulerPlugin } from '../framework/framework.ts'

/**
 * TopologyPlacementGenerator: pods of a group that asks for it are placed in one domain of a topology, each domain being a
 * placement of its own; where some of them have nodes already, their domain is the only one.
 */
export const topologyPlacementGenerator: SchedulerPlugin = {
  name: 'TopologyPlacementGenerator',
  placements({ name, group, scheduled, columns }) {
    if (group === undefined) throw new Error(`podgroup.scheduling.k8s.io ${JSON.stringify(name)} not found`)
    const key = group.spec.schedulingConstraints?.topology?.[0]?.key
    if (key === undefined) return [{ name: '', within: undefined }]
    const wanted = domainOf(key, scheduled, columns)
    const byDomain = new Map<string, number[]>()
    for (let place = 0; place < columns.size; place++) {
      const domain = columns.alive[place] === 1 ? columns.nodes[place]!.metadata.labels?.[key] : undefined
      if (domain === undefined || (wanted !== undefined && domain !== wanted)) continue
      const places = byDomain.get(domain) ?? []
      byDomain.set(domain, places)
      places.push(place)
    }
    return [...byDomain].map(([domain, places]) => placementOf(domain, places, columns))
  },
}

function placementOf(name: string, places: readonly number[], { capacity }: NodeColumns): GroupPlacement {
  const isIn = new Uint8Array(capacity)
  for (const place of places) isIn[place] = 1
  return { name, within: { isIn, count: places.length } }
}

/** The domain that those of a group's pods are in that have a node; undefined when none has. */
function domainOf(key: string, scheduled: PlacedGroup['scheduled'], columns: NodeColumns): string | undefined {
  let found: string | undefined
  const cannot = (why: string) => new Error(`cannot determine domain for already scheduled pods: ${why}`)
  for (const { pod, nodeName } of scheduled) {
    const named = `${pod.metadata.namespace}/${pod.metadata.name}`
    const place = columns.placeOf(nodeName)
    if (place === undefined)
      throw cannot(`getting node for pod ${named}: nodeinfo not found for node name ${JSON.stringify(nodeName)}`)
    const domain = columns.nodes[place]!.metadata.labels?.[key]
    if (domain === undefined) throw cannot(`no topology domain found for pod ${named}`)
    if (found !== undefined && found !== domain)
      throw cannot(`more than 1 domain found for pod group: ${found}, ${domain}`)
    found = domain
  }
  return found
}

/** PodGroupPodsCount: a placement that takes more of the group's pods is better. */
export const podGroupPodsCount: SchedulerPlugin = {
  name: 'PodGroupPodsCount',
  placementWeight: 1,
  scorePlacement: ({ scheduled }, _placement, members) => scheduled.length + members.length,
  normalizePlacements(scores) {
    const most = Math.max(...scores)
    if (most === 0) throw new Error('no pods from pod group are assigned to any of the candidate placements')
    return scores.map((score) => Math.floor((score * 100) / most))
  },
}
