import { msOf, timestampOf } from '../../machinery/index.ts'
import {
  type Condition,
  claimOfPod,
  type DeviceRef,
  type DeviceTaint,
  type DeviceTaintRule,
  isReservedFor,
  notForPod,
  type Pod,
  type ResourceClaim,
  type ResourceSlice,
  ruleTaints,
  toleratesDeviceTaint,
} from '../../resources/index.ts'

/** What is known of devices: the slices of a pool, the rules there are, and the claims in a pod's namespace. */
export interface Devices {
  slicesOf(driver: string, pool: string): readonly ResourceSlice[]
  readonly rules: readonly DeviceTaintRule[]
  claim(namespace: string, name: string): ResourceClaim | undefined
}

/** When a pod must go for the taints of its devices, and which rules set them. */
export interface Eviction {
  readonly atMs: number
  readonly rules: ReadonlySet<string>
}
interface SetTaint {
  readonly taint: DeviceTaint
  readonly rule?: DeviceTaintRule
}

export const poolKey = (driver: string, pool: string): string => `${driver} ${pool}`
export const evicts = ({ effect }: { readonly effect: string }): boolean => effect === 'NoExecute'

/** Claims that pods of theirs may be put off for. */
export function* devicesOf({ status }: ResourceClaim): Generator<DeviceRef> {
  yield* status?.allocation?.devices?.results ?? []
}

/** Slices of an older generation than a pool's newest are out of date. */
export function newest(slices: readonly ResourceSlice[]): readonly ResourceSlice[] {
  const generation = Math.max(...slices.map(({ spec }) => spec.pool.generation))
  return slices.filter(({ spec }) => spec.pool.generation === generation)
}

function taintsOf(ref: DeviceRef, { slicesOf, rules }: Devices): readonly SetTaint[] {
  const published = newest(slicesOf(ref.driver, ref.pool))
    .flatMap(({ spec }) => spec.devices ?? [])
    .find(({ name }) => name === ref.device)
  return [
    ...(published?.taints ?? []).map((taint) => ({ taint })),
    ...rules.filter((rule) => ruleTaints(rule, ref)).map((rule) => ({ taint: rule.spec.taint, rule })),
  ].filter(({ taint }) => evicts(taint))
}

/** When pods must leave a claim: each taint counts from when it was set, and as long as it is put up with. */
function claimEviction(claim: ResourceClaim, devices: Devices): Eviction | undefined {
  let atMs = Number.POSITIVE_INFINITY
  const rules = new Set<string>()
  for (const result of claim.status?.allocation?.devices?.results ?? []) {
    for (const { taint, rule } of taintsOf(result, devices)) {
      const seconds = (result.tolerations ?? [])
        .filter((one) => evicts({ effect: one.effect ?? '' }) && toleratesDeviceTaint(one, taint))
        .map(({ tolerationSeconds }) => tolerationSeconds)
      if (seconds.includes(undefined)) continue
      const setMs = taint.timeAdded === undefined ? 0 : msOf(taint.timeAdded)
      const forMs = seconds.length === 0 ? 0 : Math.max(0, Math.min(...(seconds as number[]))) * 1000
      atMs = Math.min(atMs, setMs + forMs)
      if (rule !== undefined) rules.add(rule.metadata.uid)
    }
  }
  return atMs === Number.POSITIVE_INFINITY ? undefined : { atMs, rules }
}

/** When a pod must go for the taints of its devices: undefined when it may stay. */
export function evictionOf(pod: Pod, devices: Devices): Eviction | undefined {
  if ((pod.spec.nodeName ?? '') === '') return undefined
  let eviction: Eviction | undefined
  for (const wanted of pod.spec.resourceClaims ?? []) {
    const named = claimOfPod(pod, wanted)
    if (named.problem !== undefined || named.name === undefined) continue
    const claim = devices.claim(pod.metadata.namespace!, named.name)
    if (claim === undefined || !isReservedFor(claim, pod)) continue
    if (named.mustBeOwned && notForPod(pod, claim) !== undefined) continue
    const one = claimEviction(claim, devices)
    if (one === undefined) continue
    eviction =
      eviction === undefined
        ? one
        : { atMs: Math.min(eviction.atMs, one.atMs), rules: new Set([...eviction.rules, ...one.rules]) }
  }
  return eviction
}

/** What a rule does, or would. */
export interface RuleCounts {
  /** The namespaces of the pods that are to go, one for each pod. */
  readonly pending: readonly string[]
  /** Pods that went since the controller started. */
  readonly evicted: number
  /** Devices that are in slices, and that are in claims. */
  readonly published: number
  readonly allocated: number
}

const countOf = (count: number, one: string, many: string) => (count === 1 ? `1 ${one}` : `${count} ${many}`)
const inNamespaces = (namespaces: readonly string[]) =>
  countOf(new Set(namespaces).size, 'namespace', 'different namespaces')

function progressOf(
  effect: string,
  { pending, evicted, published, allocated }: RuleCounts,
): { readonly reason: string; readonly message: string; readonly status?: string } {
  if (effect === 'NoExecute') {
    if (pending.length === 0) return { reason: evicted > 0 ? 'Completed' : 'NotStarted', message: '' }
    const pods = countOf(pending.length, 'pod needs', 'pods need')
    return {
      status: 'True',
      reason: 'PodsPendingEviction',
      message: `${pods} to be evicted in ${inNamespaces(pending)}.`,
    }
  }
  if (effect !== 'None') return { reason: 'OtherEffect', message: 'Eviction only happens for the NoExecute effect.' }
  const selected = [
    countOf(published, 'published device selected.', 'published devices selected.'),
    countOf(allocated, 'allocated device selected.', 'allocated devices selected.'),
    `${countOf(pending.length, 'pod', 'pods')} would be evicted in ${inNamespaces(pending)} if the effect was NoExecute.`,
    'This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.',
  ]
  return { reason: 'NoEffect', message: selected.join(' ') }
}

/** How far a rule got: its condition, or undefined when what it says is still so. */
export function ruleCondition(rule: DeviceTaintRule, counts: RuleCounts, nowMs: number): Condition | undefined {
  const { reason, message, status = 'False' } = progressOf(rule.spec.taint.effect, counts)
  const went =
    counts.evicted === 0 ? '' : `${countOf(counts.evicted, 'pod', 'pods')} evicted since starting the controller.`
  const next = {
    type: progressType,
    status,
    observedGeneration: rule.metadata.generation ?? 0,
    reason,
    message: [message, went].filter((text) => text !== '').join(' '),
  }
  const known = progress(rule)
  const isSo = known !== undefined && Object.entries(next).every(([key, value]) => known[key as 'type'] === value)
  return isSo ? undefined : { ...next, lastTransitionTime: timestampOf(nowMs) }
}

export const progressType = 'EvictionInProgress'
export const progress = ({ status }: DeviceTaintRule): Condition | undefined =>
  status?.conditions?.find(({ type }) => type === progressType)
