import { isConflict, isNotFound, nameOf } from '../../machinery/index.ts'
import { type PodStatus, pods } from '../../resources/index.ts'
import type { PodResizer } from '../resize/pod-resizer.ts'
import type { PodView } from '../sync/containers.ts'
import type { ProbeResults } from '../sync/plan.ts'
import { finalStatusOf, podStatusOf, type StartProblem, type StatusInput } from '../sync/status.ts'
import type { PodContext } from './context.ts'
import type { PodRecord } from './pod-record.ts'
import { statusPatch } from './status-patch.ts'
import { terminationMessage } from './termination-message.ts'

export interface PodStatusParts {
  readonly context: PodContext
  readonly record: PodRecord
  readonly resizer: PodResizer
  readonly probes: ReadonlyMap<string, ProbeResults>
}

/** Writes a pod's status: only what changed, and only into the pod it is about. */
export class PodStatusWriter {
  readonly #parts: PodStatusParts
  readonly #messages = new Map<string, string>()
  /** Why containers could not be started when last tried, by name. */
  readonly problems = new Map<string, StartProblem>()

  constructor(parts: PodStatusParts) {
    this.#parts = parts
  }

  /** Reads what ended containers had to say, once each. */
  async readMessages(view: PodView): Promise<void> {
    const { context, record } = this.#parts
    const count = record.pod.spec.containers.length
    for (const instance of [...view.instances.values()].flat())
      if (instance.state === 'exited' && !this.#messages.has(instance.id))
        this.#messages.set(instance.id, await terminationMessage(context.volumes, instance, count, context.clock))
  }

  async write(view: PodView, { terminating } = { terminating: false }): Promise<void> {
    await this.#patch(podStatusOf(this.#input(view, terminating)))
  }
  /** The status of a pod that has ended for good. */
  async writeFinal(view: PodView): Promise<void> {
    await this.#patch(finalStatusOf(this.#input(view, true)))
  }

  #input(view: PodView, terminating: boolean): StatusInput {
    const { context, record, resizer, probes } = this.#parts
    const { pod, verdict } = record
    return {
      pod,
      view,
      probes,
      problems: this.problems,
      messages: this.#messages,
      ...(verdict === undefined ? {} : { verdict }),
      allocation: resizer.allocation(pod),
      resize: resizer.conditions(pod),
      terminating,
      runtimeName: context.settings.runtimeName,
      hostIps: context.settings.nodeIps,
      nowMs: context.clock.now(),
    }
  }

  async #patch(status: PodStatus): Promise<void> {
    const { context, record } = this.#parts
    const { pod } = record
    const body = record.exists ? statusPatch(pod, status) : undefined
    if (body === undefined) return
    const startedMs = context.clock.monotonic()
    try {
      record.take(await context.client.patch(pods, nameOf(pod), { type: 'strategic', body }, 'status'))
      context.measures.statusWritten((context.clock.monotonic() - startedMs) / 1000)
    } catch (error) {
      // Gone, or another pod of the same name: the informer will tell which.
      unlessReplaced(error)
    }
  }
}

/** Passes over the refusal that means: this object is not there any more, or is another. */
export function unlessReplaced(error: unknown): undefined {
  if (!isNotFound(error) && !isConflict(error)) throw error
  return undefined
}
