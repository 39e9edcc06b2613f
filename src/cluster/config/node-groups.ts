import { ConfigError, duration, fieldsOf, integer, listOf, type Reader, text, truth } from './read-fields.ts'
import type { NodeTemplate } from './settings.ts'

/** A group of simulated nodes as the configuration file describes it. */
export interface NodeGroupTemplate extends Omit<NodeTemplate, 'count'> {
  readonly name: string
  readonly minSize?: number
  readonly maxSize: number
  readonly pricePerHour?: number
}
/** What the node autoscaler goes by, under the names of cluster-autoscaler's flags; its defaults where left out. */
export interface AutoscalerChoice {
  readonly scanInterval?: string
  readonly scaleDownEnabled?: boolean
  readonly scaleDownUnneededTime?: string
  readonly scaleDownUnreadyTime?: string
  readonly scaleDownDelayAfterAdd?: string
  readonly scaleDownDelayAfterDelete?: string
  readonly scaleDownDelayAfterFailure?: string
  readonly maxNodeProvisionTime?: string
  readonly maxNodesTotal?: number
  readonly maxPodEvictionTime?: string
  readonly skipNodesWithSystemPods?: boolean
  readonly skipNodesWithLocalStorage?: boolean
  readonly balanceSimilarNodeGroups?: boolean
  readonly balancingIgnoreLabel?: readonly string[]
}

const nodesMax = 100_000

/** Reads the groups; `node` has the fields that describe one of their nodes. */
export function nodeGroupsReader(node: Readonly<Record<string, Reader<any>>>): Reader<readonly NodeGroupTemplate[]> {
  const list = listOf(
    fieldsOf({
      ...node,
      name: text,
      minSize: integer(0, nodesMax),
      maxSize: integer(0, nodesMax),
      pricePerHour: price,
    }) as Reader<Partial<NodeGroupTemplate>>,
  )
  return (value, path) => {
    const names = new Set<string>()
    return list(value, path).map((group, index) => {
      const at = `${path}[${index}]`
      const { name, minSize = 0, maxSize } = group
      if (name === undefined || !/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(name))
        throw new ConfigError(`${at}.name must be a DNS label`)
      if (names.has(name)) throw new ConfigError(`${at}.name is ${JSON.stringify(name)}, which another group has`)
      names.add(name)
      if (maxSize === undefined) throw new ConfigError(`${at}.maxSize must be given`)
      if (minSize > maxSize) throw new ConfigError(`${at}.minSize is ${minSize}, which is more than maxSize`)
      return { ...group, name, maxSize }
    })
  }
}

const price: Reader<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new ConfigError(`${path} is ${JSON.stringify(value)}, which is not a price`)
  return value
}

/** Reads what the autoscaler is to go by. */
export const autoscalerReader = fieldsOf({
  scanInterval: duration,
  scaleDownEnabled: truth,
  scaleDownUnneededTime: duration,
  scaleDownUnreadyTime: duration,
  scaleDownDelayAfterAdd: duration,
  scaleDownDelayAfterDelete: duration,
  scaleDownDelayAfterFailure: duration,
  maxNodeProvisionTime: duration,
  maxNodesTotal: integer(0, nodesMax),
  maxPodEvictionTime: duration,
  skipNodesWithSystemPods: truth,
  skipNodesWithLocalStorage: truth,
  balanceSimilarNodeGroups: truth,
  balancingIgnoreLabel: listOf(text),
}) as Reader<AutoscalerChoice>
