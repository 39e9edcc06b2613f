import {
  type ContainerPolicy,
  type ContainerRecommendation,
  containerPolicyOf,
  fittedAmounts,
  quantityOf,
  quantityOfMillis,
  quantityText,
  type ResourceAmounts,
} from '../../machinery/index.ts'
import type { ContainerHistory } from './history.ts'

/** Kubernetes: the flags' defaults. */
const margin = 0.15
const podCpuMillisMin = 25
const podMemoryBytesMin = 250 * 1024 * 1024
const percentiles = { lower: 0.5, target: 0.9, upper: 0.95 } as const
/** More than anything is not told. */
const amountMax = 1e14
const controlledDefault = ['cpu', 'memory'] as const

/**
 * What containers should ask for by what they have used: the ninetieth percentile and a margin. Bounds are wide while little is
 * known, so that nobody is evicted for a guess.
 */
export function recommendationsFor(
  histories: ReadonlyMap<string, ContainerHistory>,
  policies: readonly ContainerPolicy[] | undefined,
): readonly ContainerRecommendation[] {
  const scaled = [...histories].filter(([name]) => containerPolicyOf(policies, name)?.mode !== 'Off')
  const least = { cpu: podCpuMillisMin / scaled.length, memory: podMemoryBytesMin / scaled.length }
  return scaled
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([containerName, history]) => {
      const policy = containerPolicyOf(policies, containerName)
      const controlled = policy?.controlledResources ?? controlledDefault
      const amounts = (part: number, factor: number): ResourceAmounts => {
        const cpu = Math.max(history.cpu.percentile(part) * 1000 * (1 + margin) * factor || 0, least.cpu)
        const memory = Math.max(history.memory.percentile(part) * (1 + margin) * factor || 0, least.memory)
        const all: Record<string, string> = {
          cpu: quantityText(quantityOfMillis(Math.ceil(Math.min(cpu, amountMax)))),
          memory: quantityText(quantityOf(Math.ceil(Math.min(memory, amountMax)))),
        }
        return Object.fromEntries(Object.entries(all).filter(([resource]) => controlled.includes(resource)))
      }
      const target = amounts(percentiles.target, 1)
      const fit = (list: ResourceAmounts) =>
        fittedAmounts(list, { name: containerName }, bounds(policy), undefined).amounts
      return {
        containerName,
        target: fit(target),
        lowerBound: fit(amounts(percentiles.lower, (1 + 0.001 / history.confidence) ** -2)),
        upperBound: fit(amounts(percentiles.upper, 1 + 1 / history.confidence)),
        uncappedTarget: target,
      }
    })
}

/** What a recommendation is held to before it meets a pod. */
function bounds(policy: ContainerPolicy | undefined): ContainerPolicy {
  const { minAllowed, maxAllowed } = policy ?? {}
  return { ...(minAllowed === undefined ? {} : { minAllowed }), ...(maxAllowed === undefined ? {} : { maxAllowed }) }
}
