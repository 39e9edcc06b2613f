import { sameJson, timestampOf, yamlText } from '../machinery/index.ts'

export const statusName = { namespace: 'kube-system', name: 'cluster-autoscaler-status' }
export const lastUpdatedAnnotation = 'cluster-autoscaler.kubernetes.io/last-updated'

/** What is so of the nodes of a group, or of all. */
export interface NodeCounts {
  readonly ready: number
  readonly notStarted: number
  readonly unready: number
  readonly beingDeleted: number
  /** Asked for, and not there yet. */
  readonly unregistered: number
}
export interface GroupStatus {
  readonly name: string
  readonly counts: NodeCounts
  readonly target: number
  readonly minSize: number
  readonly maxSize: number
  readonly scaleUp: 'NoActivity' | 'InProgress' | 'Backoff'
  /** What went wrong when it was to grow last. */
  readonly backoff: string
  readonly candidates: readonly string[]
}
export interface AutoscalerStatus {
  readonly isHealthy: boolean
  readonly pending: boolean
  readonly groups: readonly GroupStatus[]
}

interface Condition {
  readonly status: string
  readonly lastTransitionTime: string
  readonly [more: string]: unknown
}

/** The status as cluster-autoscaler writes it; times of transition are kept from what it was before. */
export class StatusText {
  readonly #conditions = new Map<string, Condition>()
  #written: unknown

  /** The text to be written; undefined when it would say nothing new. */
  next(status: AutoscalerStatus, nowMs: number): string | undefined {
    const condition = (key: string, name: string, more: object = {}) => this.#condition(key, name, more, nowMs)
    const all = status.groups.map(({ counts }) => counts)
    const inProgress = status.groups.some(({ scaleUp }) => scaleUp === 'InProgress')
    const candidates = status.groups.flatMap((group) => group.candidates)
    const said = {
      autoscalerStatus: 'Running',
      clusterWide: {
        health: condition('health', status.isHealthy ? 'Healthy' : 'Unhealthy', { nodeCounts: countsOf(sumOf(all)) }),
        scaleUp: condition('up', inProgress ? 'InProgress' : status.pending ? 'Needed' : 'NoActivity'),
        scaleDown: condition('down', candidates.length > 0 ? 'CandidatesPresent' : 'NoCandidates', {
          candidates: candidates.length,
        }),
      },
      nodeGroups: status.groups.map((group) => ({
        name: group.name,
        health: condition(`${group.name}/health`, 'Healthy', {
          nodeCounts: countsOf(group.counts),
          cloudProviderTarget: group.target,
          minSize: group.minSize,
          maxSize: group.maxSize,
        }),
        scaleUp: condition(`${group.name}/up`, group.scaleUp, {
          ...(group.backoff === '' ? {} : { backoffInfo: { errorMessage: group.backoff } }),
        }),
        scaleDown: condition(
          `${group.name}/down`,
          group.candidates.length > 0 ? 'CandidatesPresent' : 'NoCandidates',
          group.candidates.length > 0 ? { candidates: group.candidates.length, nodes: group.candidates } : {},
        ),
      })),
    }
    if (sameJson(said, this.#written)) return undefined
    this.#written = said
    return yamlText({ time: timestampOf(nowMs), ...(probedAt(said, timestampOf(nowMs)) as object) })
  }

  #condition(key: string, status: string, more: object, nowMs: number): Condition {
    const before = this.#conditions.get(key)
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : timestampOf(nowMs)
    const condition = { status, ...more, lastTransitionTime }
    this.#conditions.set(key, condition)
    return condition
  }
}

/** The same, with the time of this look beside the time of the last change. */
function probedAt(value: unknown, now: string): unknown {
  if (Array.isArray(value)) return value.map((one) => probedAt(one, now))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => [key, probedAt(member, now)] as const)
  return { ...Object.fromEntries(members), ...('lastTransitionTime' in value ? { lastProbeTime: now } : {}) }
}

function sumOf(all: readonly NodeCounts[]): NodeCounts {
  const sum = (key: keyof NodeCounts) => all.reduce((total, one) => total + one[key], 0)
  return {
    ready: sum('ready'),
    notStarted: sum('notStarted'),
    unready: sum('unready'),
    beingDeleted: sum('beingDeleted'),
    unregistered: sum('unregistered'),
  }
}

function countsOf({ ready, notStarted, unready, beingDeleted, unregistered }: NodeCounts) {
  const total = ready + notStarted + unready + beingDeleted
  return { registered: { total, ready, notStarted, beingDeleted, unready: { total: unready } }, unregistered }
}
