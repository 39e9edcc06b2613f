import { labelQueryOf, milliValueOf, toleratesTaint, wholeValueOf } from '../../machinery/index.ts'
import type { Node, Pod } from '../../resources/index.ts'
import type { PressureCondition } from '../node/pressure.ts'
import { isTerminalPhase } from '../sync/phase.ts'
import { qosClassOf } from '../sync/qos.ts'
import type { Verdict } from './context.ts'
import { podTotal } from './resources.ts'

export interface AdmissionInput {
  readonly pod: Pod
  readonly node: Node | undefined
  /** The pods the node has taken already. */
  readonly others: readonly Pod[]
  readonly allowedUnsafeSysctls: readonly string[]
}
/** Kubernetes: sysctls that touch nobody outside the pod. */
const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
])

/** Kubernetes: pods of this priority and above are the system's. */
export const systemCriticalPriority = 2_000_000_000
const affinityReason = 'NodeAffinity'

/** Why the node does not take a pod that was bound to it; undefined when it does. */
export function admissionRefusal(input: AdmissionInput): Verdict | undefined {
  return (
    pressureRefusal(input) ??
    osRefusal(input) ??
    sysctlRefusal(input) ??
    selectorRefusal(input) ??
    portRefusal(input) ??
    resourceRefusal(input)
  )
}

/** The same, the node asked for anew where only its labels speak against the pod: what is known of them may be old. */
export async function refusalOf(
  input: Omit<AdmissionInput, 'node'>,
  known: Node | undefined,
  nodeNow: () => Promise<Node>,
): Promise<Verdict | undefined> {
  const refusal = admissionRefusal({ ...input, node: known })
  if (refusal?.reason !== affinityReason) return refusal
  const node = await nodeNow().catch(() => undefined)
  return node === undefined ? refusal : admissionRefusal({ ...input, node })
}

/** Kubernetes: pods are judged one after the other, so that each counts for those after it, unless it was refused. */
export class Judging {
  readonly #refusalOf: (pod: Pod) => Promise<Verdict | undefined>
  #last: Promise<unknown> = Promise.resolve()

  constructor(refusalOf: (pod: Pod) => Promise<Verdict | undefined>) {
    this.#refusalOf = refusalOf
  }

  /** Why the node does not take the pod; calls `taken`, before the next one is judged, when it does. */
  refusal(pod: Pod, taken: () => void): Promise<Verdict | undefined> {
    const judged = this.#last.then(async () => {
      const refusal = await this.#refusalOf(pod)
      if (refusal === undefined) taken()
      return refusal
    })
    this.#last = judged.catch(() => {})
    return judged
  }
}

/**
 * Kubernetes: a node that is short of something takes no more pods but critical ones, and where that is memory, those that have
 * asked for some or tolerate it.
 */
function pressureRefusal({ pod, node }: AdmissionInput): Verdict | undefined {
  const pressed = pressureTypes.filter((type) =>
    node?.status?.conditions?.some((one) => one.type === type && one.status === 'True'),
  )
  if (pressed.length === 0 || (pod.spec.priority ?? 0) >= systemCriticalPriority) return undefined
  if (pressed.length === 1 && pressed[0] === 'MemoryPressure') {
    if (qosClassOf(pod) !== 'BestEffort') return undefined
    const taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' } as const
    if (pod.spec.tolerations?.some((toleration) => toleratesTaint(toleration, taint))) return undefined
  }
  return { reason: 'Evicted', message: `The node had condition: [${pressed.join(' ')}]. ` }
}
const pressureTypes: readonly PressureCondition[] = ['MemoryPressure', 'DiskPressure', 'PIDPressure']

function osRefusal({ pod }: AdmissionInput): Verdict | undefined {
  const name = pod.spec.os?.name
  if (name !== undefined && name !== 'linux')
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" }
  const selected = pod.spec.nodeSelector?.['kubernetes.io/os']
  if (selected !== undefined && selected !== 'linux')
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    }
  return undefined
}

function sysctlRefusal({ pod, allowedUnsafeSysctls }: AdmissionInput): Verdict | undefined {
  const allowed = (name: string) =>
    safeSysctls.has(name) ||
    allowedUnsafeSysctls.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one))
  for (const { name } of pod.spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll('/', '.')
    if (!allowed(dotted)) return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${name}" not allowlisted` }
  }
  return undefined
}

function selectorRefusal({ pod, node }: AdmissionInput): Verdict | undefined {
  if (node === undefined) return undefined
  const labels = node.metadata.labels ?? {}
  const selector = Object.entries(pod.spec.nodeSelector ?? {})
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const fits =
    selector.every(([name, value]) => labels[name] === value) &&
    (terms === undefined ||
      terms.some(({ matchExpressions = [], matchFields = [] }) => {
        const byLabel = labelQueryOf({ matchExpressions: matchExpressions as never })
        const byName = matchFields.every(
          ({ values = [], operator }) => values.includes(node.metadata.name) === (operator !== 'NotIn'),
        )
        return (matchExpressions.length === 0 || byLabel.matches(labels)) && byName
      }))
  return fits
    ? undefined
    : {
        reason: affinityReason,
        message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
      }
}

function portRefusal({ pod, others }: AdmissionInput): Verdict | undefined {
  const portsOf = (one: Pod) =>
    one.spec.containers.flatMap(({ ports = [] }) => ports.filter(({ hostPort = 0 }) => hostPort > 0))
  const taken = others.filter(isActive).flatMap(portsOf)
  const anywhere = (ip: string | undefined) => ip === undefined || ip === '' || ip === '0.0.0.0' || ip === '::'
  const clash = portsOf(pod).some((own) =>
    taken.some(
      (other) =>
        own.hostPort === other.hostPort &&
        (own.protocol ?? 'TCP') === (other.protocol ?? 'TCP') &&
        (anywhere(own.hostIP) || anywhere(other.hostIP) || own.hostIP === other.hostIP),
    ),
  )
  return clash
    ? {
        reason: 'NodePorts',
        message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
      }
    : undefined
}
const isActive = (pod: Pod) => !isTerminalPhase(pod.status.phase)

const counted = [
  ['cpu', milliValueOf],
  ['memory', wholeValueOf],
  ['ephemeral-storage', wholeValueOf],
] as const

function resourceRefusal({ pod, node, others }: AdmissionInput): Verdict | undefined {
  const allocatable = node?.status.allocatable
  if (allocatable === undefined) return undefined
  const active = others.filter(isActive)
  const lacks = (name: string, requested: number, used: number, capacity: number): Verdict => ({
    reason: `OutOf${name}`,
    message: `Pod was rejected: Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  })
  const podsMax = Number(allocatable['pods'] ?? Number.POSITIVE_INFINITY)
  if (active.length + 1 > podsMax) return lacks('pods', 1, active.length, podsMax)
  for (const [name, numberOf] of counted) {
    const requested = podTotal(pod, 'requests', name, numberOf)?.sum ?? 0
    const text = allocatable[name]
    if (requested === 0 || text === undefined) continue
    const capacity = numberOf(text)
    const used = active.reduce((sum, other) => sum + (podTotal(other, 'requests', name, numberOf)?.sum ?? 0), 0)
    if (used + requested > capacity) return lacks(name, requested, used, capacity)
  }
  return undefined
}
