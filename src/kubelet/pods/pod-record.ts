import { msOf, sameJson } from '../../machinery/index.ts'
import type { Pod } from '../../resources/index.ts'
import { isTerminalPhase } from '../sync/phase.ts'
import type { Verdict } from './context.ts'

const graceSecondsDefault = 30

/** What is known of one pod: the API's newest word on it, and whether and why it is to end. */
export class PodRecord {
  #pod: Pod
  #exists = true
  #verdict: Verdict | undefined
  #onEnding: (() => void) | undefined
  /** How long images were pulled for it so far. */
  pulledMs = 0

  constructor(pod: Pod) {
    this.#pod = pod
  }

  /** As last seen or written. */
  get pod(): Pod {
    return this.#pod
  }
  /** Whether the API still has the object. */
  get exists(): boolean {
    return this.#exists
  }
  /** Why the kubelet itself ends the pod. */
  get verdict(): Verdict | undefined {
    return this.#verdict
  }
  /** `namespace/name`, for complaints. */
  get title(): string {
    return `pod ${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`
  }

  /** Takes a newer state, and answers whether it asks for anything: the echo of a status that we wrote does not. */
  take(pod: Pod): boolean {
    const before = this.#pod
    if (Number(pod.metadata.resourceVersion) <= Number(before.metadata.resourceVersion)) return false
    this.#pod = pod
    this.#tellIfEnding()
    return !sameJson(askedOf(before), askedOf(pod))
  }
  forsake(): void {
    this.#exists = false
    this.#tellIfEnding()
  }
  judge(verdict: Verdict): void {
    this.#verdict ??= verdict
    this.#tellIfEnding()
  }

  /** Whether somebody wants the pod to end. */
  get isEnding(): boolean {
    return !this.#exists || this.#verdict !== undefined || this.#pod.metadata.deletionTimestamp !== undefined
  }
  /** Resolves once somebody wants the pod to end. One waiter at a time. */
  async whenEnding(): Promise<void> {
    if (!this.isEnding) await new Promise<void>((resolve) => (this.#onEnding = resolve))
  }
  #tellIfEnding(): void {
    if (this.isEnding) this.#onEnding?.()
  }

  graceSeconds(): number {
    const { metadata, spec } = this.#pod
    const own = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? graceSecondsDefault
    return Math.min(own, this.#verdict?.graceSeconds ?? own)
  }
  /** What is left of activeDeadlineSeconds; undefined where there is none, or the pod has not begun. */
  deadlineInMs(nowMs: number): number | undefined {
    const { activeDeadlineSeconds } = this.#pod.spec
    const startMs = msOf(this.#pod.status.startTime)
    if (activeDeadlineSeconds === undefined || Number.isNaN(startMs)) return undefined
    return startMs + activeDeadlineSeconds * 1000 - nowMs
  }
}

/** What others ask of the kubelet in a pod: everything but the status, and of that the readiness gates. */
function askedOf({ metadata, spec, status }: Pod): object {
  const { resourceVersion: _, managedFields: __, ...rest } = metadata
  const gates = (spec.readinessGates ?? []).map(
    ({ conditionType }) => status.conditions?.find(({ type }) => type === conditionType)?.status ?? '',
  )
  return { rest, spec, gates, phase: isTerminalPhase(status.phase) }
}
