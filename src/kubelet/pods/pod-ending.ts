import { rm } from 'node:fs/promises'
import { nameOf } from '../../machinery/index.ts'
import { pods } from '../../resources/index.ts'
import { killContainers } from '../lifecycle/kill.ts'
import { type PodView, runningContainers } from '../sync/containers.ts'
import { isTerminalPhase } from '../sync/phase.ts'
import type { PodContext } from './context.ts'
import type { PodRecord } from './pod-record.ts'
import { type PodStatusWriter, unlessReplaced } from './pod-status.ts'
import { podCgroupPath } from './resources.ts'
import { podLogDirectory } from './sandbox-config.ts'

/** Kubernetes: the grace of a pod whose object was deleted by force. */
const forcedGraceSeconds = 2

export type Ending =
  /** The API object is gone or going: nothing of the pod is to be left. */
  | 'deletion'
  /** It has run its course: processes and mounts go, records and logs stay. */
  | 'completion'

export interface PodEndingParts {
  readonly context: PodContext
  readonly record: PodRecord
  readonly statuses: PodStatusWriter
  /** A fresh look at the runtime. */
  look(): Promise<PodView>
  /** Told when something that runs apart has come to its end. */
  wake(): void
}

/** Ends one pod: its processes within their grace, then its last status, mounts and groups, then all trace of it. */
export class PodEnding {
  readonly #parts: PodEndingParts
  readonly #cameFinished: boolean
  #killing: { graceSeconds: number; isOver: boolean } | undefined
  #isCleaned = false

  constructor(parts: PodEndingParts) {
    this.#parts = parts
    this.#cameFinished = isTerminalPhase(parts.record.pod.status.phase)
  }

  /** Whether the pod has ended and given its resources back. */
  get isCleaned(): boolean {
    return this.#isCleaned
  }

  /** One step towards the end. Called again while the grace runs, so that it may be shortened. */
  async step(ending: Ending, view: PodView): Promise<'killing' | 'ended' | 'gone'> {
    const running = runningContainers(view).length > 0
    if (this.#killing?.isOver === false) this.#shorten(view)
    else if (running) this.#begin(view)
    if (running || this.#killing?.isOver === false) {
      await this.#parts.statuses.write(view, { terminating: true })
      return 'killing'
    }
    if (!this.#isCleaned) await this.#cleanUp(view)
    if (ending === 'completion') return 'ended'
    await this.#vanish(view)
    return 'gone'
  }

  #graceSeconds(): number {
    const { record } = this.#parts
    return record.exists ? record.graceSeconds() : forcedGraceSeconds
  }
  #begin(view: PodView): void {
    const { context, record, wake } = this.#parts
    const killing = { graceSeconds: this.#graceSeconds(), isOver: false }
    this.#killing = killing
    void killContainers(context, record.pod, view, killing.graceSeconds)
      .catch((error) => context.complain(`ending ${record.title}`, error))
      .finally(() => {
        killing.isOver = true
        wake()
      })
  }
  /** A second, more impatient delete: signal again with what is left. */
  #shorten(view: PodView): void {
    const { context, record, wake } = this.#parts
    const graceSeconds = this.#graceSeconds()
    if (this.#killing === undefined || graceSeconds >= this.#killing.graceSeconds) return
    this.#killing.graceSeconds = graceSeconds
    for (const { id } of runningContainers(view))
      void context.runtime
        .stopContainer(id, graceSeconds)
        .catch((error) => context.complain(`ending ${record.title} sooner`, error))
        .finally(wake)
  }

  async #cleanUp(view: PodView): Promise<void> {
    const { context, record, statuses, look } = this.#parts
    for (const { id } of view.sandboxes) await context.runtime.stopSandbox(id)
    // What an earlier kubelet has written of a finished pod it knew better than we can.
    if (!this.#cameFinished) await statuses.writeFinal(await look())
    await context.volumes.unmount(record.pod.metadata.uid)
    await context.cgroups.remove(podCgroupPath(context.settings.cgroupRoot, record.pod))
    this.#isCleaned = true
  }

  /** The last of the pod: its records, its logs, and its API object. */
  async #vanish(view: PodView): Promise<void> {
    const { context, record } = this.#parts
    const { pod } = record
    for (const { id } of [...view.instances.values()].flat()) await context.runtime.removeContainer(id)
    for (const { id } of view.sandboxes) await context.runtime.removeSandbox(id)
    await rm(podLogDirectory(context.settings, pod), { recursive: true, force: true })
    if (!record.exists) return
    const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }
    await context.client.delete(pods, nameOf(pod), options).catch(unlessReplaced)
  }
}
