import { type Amounts, podLimits, podRequests, quantityText } from '../../machinery/index.ts'
import type { Pod, PodStatus, ResourceRequirements } from '../../resources/index.ts'
import { podCgroupLimits } from '../pods/resources.ts'
import type { PodPhase } from '../sync/phase.ts'

export interface PodSizeInput {
  /** The pod with what it was granted. */
  readonly granted: Pod
  readonly phase: PodPhase
  readonly before: PodStatus
  /** Whether a size that was granted is not in force yet. */
  readonly isChanging: boolean
}
const textsOf = (amounts: Amounts) =>
  Object.fromEntries([...amounts].map(([name, amount]) => [name, quantityText(amount)]))
const unlessEmpty = (key: string, list: Readonly<Record<string, string>>) =>
  Object.keys(list).length === 0 ? {} : { [key]: list }

/**
 * A pod's size as its status tells it: what it was granted as a whole, and what is in force. Kubernetes: while it runs,
 * that is read off its control group.
 */
export function podSizeOf({ granted, phase, before, isChanging }: PodSizeInput): Partial<PodStatus> {
  const requests = textsOf(podRequests(granted))
  return {
    ...unlessEmpty('allocatedResources', requests),
    resources:
      isChanging && before.resources !== undefined
        ? before.resources
        : phase === 'Running'
          ? sizeInForce(granted, requests, textsOf(podLimits(granted)))
          : sized(granted, requests, textsOf(podLimits(granted))),
  }
}

function sized(
  { spec }: Pod,
  requests: Readonly<Record<string, string>>,
  limits: Readonly<Record<string, string>>,
): ResourceRequirements {
  const { claims } = spec.resources ?? {}
  return {
    ...(claims === undefined ? {} : { claims }),
    ...unlessEmpty('limits', limits),
    ...unlessEmpty('requests', requests),
  }
}

const cpuSharesMin = 2
const milliCpuLimitMin = 10

/** What the pod's control group says, next to what nobody can read off it. */
function sizeInForce(
  granted: Pod,
  all: Readonly<Record<string, string>>,
  allLimits: Readonly<Record<string, string>>,
): ResourceRequirements {
  const { requests: statedRequests, limits: statedLimits } = granted.spec.resources ?? {}
  const { cpuShares = 0, cpuQuotaUs, cpuPeriodUs = 1, memoryLimitBytes } = podCgroupLimits(granted)
  const requests: Record<string, string> = { ...statedRequests }
  const limits: Record<string, string> = { ...statedLimits }
  const milli = (amount: number) => (amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`)
  const cpu = Math.ceil((cpuShares * 1000) / 1024)
  // Kubernetes: below what a control group can say, the words of the spec stay.
  if (cpu > cpuSharesMin) requests['cpu'] = milli(cpu)
  if (requests['memory'] === undefined && all['memory'] !== undefined) requests['memory'] = all['memory']
  const cpuLimit = Math.round(((cpuQuotaUs ?? 0) * 1000) / cpuPeriodUs)
  if (cpuLimit > milliCpuLimitMin) limits['cpu'] = milli(cpuLimit)
  if (memoryLimitBytes !== undefined && allLimits['memory'] !== undefined) limits['memory'] = allLimits['memory']
  return sized(granted, requests, limits)
}
