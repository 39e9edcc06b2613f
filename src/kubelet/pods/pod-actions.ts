import { rm } from 'node:fs/promises'
import { durationText } from '../../machinery/index.ts'
import { containerFieldPath } from '../events.ts'
import { killContainer, killContainers } from '../lifecycle/kill.ts'
import { withAllocation } from '../resize/allocation.ts'
import type { PodResizer } from '../resize/pod-resizer.ts'
import type { ObservedContainer, SandboxConfig } from '../runtime/runtime.ts'
import { containersOf, newestOf, type PodView } from '../sync/containers.ts'
import type { HeldStart, KillStep, PodPlan, StartStep } from '../sync/plan.ts'
import { type BackoffEntry, nextBackoff } from '../sync/restart.ts'
import { StartError } from '../sync/start-error.ts'
import type { PodContext } from './context.ts'
import type { PodMounts } from './pod-mounts.ts'
import type { PodRecord } from './pod-record.ts'
import type { PodStatusWriter } from './pod-status.ts'
import { podCgroupLimits, podCgroupPath } from './resources.ts'
import { sandboxConfigOf } from './sandbox-config.ts'
import { NotWanted, type StartAhead, type StartTarget, startAhead, startContainer } from './start.ts'

export interface PodActionsParts {
  readonly context: PodContext
  readonly record: PodRecord
  readonly mounts: PodMounts
  readonly resizer: PodResizer
  readonly statuses: PodStatusWriter
}

type Target = Omit<StartTarget, 'unbroken'>

/** Carries a pod's plans out: kills, sandboxes, starts, and the clearing away of old records. */
export class PodActions {
  readonly #parts: PodActionsParts
  /** By container name. */
  readonly backoffs = new Map<string, BackoffEntry>()

  constructor(parts: PodActionsParts) {
    this.#parts = parts
  }

  /** True when anything was done that may show in the status. */
  async carryOut(plan: PodPlan, view: PodView, signal: AbortSignal): Promise<boolean> {
    const { context, record, mounts } = this.#parts
    const { pod } = record
    if (plan.killPod) {
      await killContainers(context, pod, view, record.graceSeconds())
      for (const { id } of view.sandboxes) await context.runtime.stopSandbox(id)
      if (plan.createSandbox !== undefined)
        context.record(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    }
    await Promise.all(plan.kill.map((step) => this.kill(step)))
    for (const held of plan.held) this.#tellOfHeld(held)
    const isBusy = plan.createSandbox !== undefined || plan.start.length > 0
    if (!isBusy || signal.aborted) return plan.killPod || plan.kill.length > 0 || plan.held.length > 0
    const cgroup = plan.createSandbox === undefined ? undefined : this.#cgroup()
    // Told of when the sandbox is made.
    cgroup?.catch(() => {})
    await mounts.mount()
    const target = await this.#target(plan, view, cgroup)
    for (const step of plan.start) {
      await this.#start(step, target, view)
      if (signal.aborted || record.isEnding) break
    }
    return true
  }

  async kill({ container, instance, message, because }: KillStep): Promise<void> {
    const { context, record } = this.#parts
    const probes = { liveness: container.livenessProbe, startup: container.startupProbe, other: undefined }
    // Kubernetes: a probe's own grace beats the pod's.
    const grace = probes[because]?.terminationGracePeriodSeconds ?? record.graceSeconds()
    await killContainer(context, record.pod, instance, grace, message)
  }

  /** Ends and forgets containers, so that they start as if for the first time. */
  async reset(instances: readonly ObservedContainer[]): Promise<void> {
    const { context, record } = this.#parts
    for (const instance of instances) {
      if (instance.state === 'running') await killContainer(context, record.pod, instance, 0, 'killing')
      await context.runtime.removeContainer(instance.id)
    }
  }

  #tellOfHeld({ container, kind, delayMs }: HeldStart): void {
    const { context, record, statuses } = this.#parts
    const { name, namespace, uid } = record.pod.metadata
    const about = `${name}_${namespace}(${uid})`
    const message = `back-off ${durationText(delayMs)} restarting failed container=${container.name} pod=${about}`
    const known = statuses.problems.get(container.name)
    statuses.problems.set(container.name, { reason: 'CrashLoopBackOff', message })
    if (known?.message === message) return
    const text = `Back-off restarting failed container ${container.name} in pod ${about}`
    context.record(record.pod, 'Warning', 'BackOff', text, containerFieldPath(kind, container.name))
  }

  async #start(step: StartStep, target: Target, view: PodView): Promise<void> {
    const { context, record, statuses } = this.#parts
    const { name } = step.container
    const last = newestOf(view, name)
    if (last?.state === 'exited') {
      const endedMs = last.finishedAtMs ?? last.createdAtMs
      this.backoffs.set(name, nextBackoff(this.backoffs.get(name), endedMs, context.clock.now()))
    }
    const granted = containersOf(target.pod).find(({ container }) => container.name === name)
    let begun: Promise<unknown> = Promise.resolve()
    const unbroken = <T>(work: () => Promise<T>): Promise<T> => {
      if (record.isEnding) return Promise.reject(new NotWanted())
      const working = work()
      begun = working.catch(() => {})
      return working
    }
    const container = granted?.container ?? step.container
    const starting = startContainer(context, { ...target, unbroken }, { ...step, container })
    // A pull or a hook may take long: whoever deletes the pod does not wait for it. What the runtime is at is waited
    // for: it would fail for want of its sandbox, and show in the pod's last status.
    starting.catch(() => {})
    try {
      await Promise.race([starting, record.whenEnding()])
      await begun
      if (!record.isEnding) statuses.problems.delete(name)
    } catch (error) {
      if (error instanceof NotWanted) return
      if (!(error instanceof StartError)) throw error
      statuses.problems.set(name, { reason: error.reason, message: error.message })
    }
  }

  async #cgroup(): Promise<void> {
    const { context, record, resizer } = this.#parts
    const { pod } = record
    const granted = withAllocation(pod, resizer.allocation(pod))
    await context.cgroups.ensure(podCgroupPath(context.settings.cgroupRoot, pod), podCgroupLimits(granted))
  }

  /** Where to start containers: the sandbox there is, or a new one where the plan says so. */
  async #target(plan: PodPlan, view: PodView, cgroup: Promise<void> | undefined): Promise<Target> {
    const { context, record, resizer } = this.#parts
    const { settings, runtime, nodeDns } = context
    const { pod } = record
    const granted = withAllocation(pod, resizer.allocation(pod))
    const attempt = plan.createSandbox?.attempt ?? view.sandboxes[0]?.pod.attempt ?? 0
    try {
      const runtimeClass = pod.spec.runtimeClassName
      const handler = runtimeClass === undefined ? undefined : await context.runtimeHandler(runtimeClass)
      const config = sandboxConfigOf(settings, pod, attempt, nodeDns, handler)
      if (plan.createSandbox === undefined) return this.#targetIn(view, config, granted)
      await cgroup
      const made = runtime.runSandbox(config)
      const ahead = new Map(plan.start.map((step) => [step.container.name, startAhead(context, pod, step)]))
      const sandbox = await runtime.sandbox(await made)
      context.measures.podStarted(true)
      const sandboxes = sandbox === undefined ? [] : [sandbox, ...view.sandboxes]
      return this.#targetIn({ ...view, sandboxes }, config, granted, ahead)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      if (plan.createSandbox !== undefined) context.measures.podStarted(false)
      context.record(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`)
      throw error
    }
  }
  #targetIn(
    view: PodView,
    sandbox: SandboxConfig,
    pod: StartTarget['pod'],
    ahead: ReadonlyMap<string, StartAhead> = new Map(),
  ): Target {
    const newest = view.sandboxes[0]
    if (newest === undefined) throw new Error('the sandbox is gone as soon as it was made')
    const podIps = pod.spec.hostNetwork === true ? this.#parts.context.settings.nodeIps : newest.ips
    const { mounts, record } = this.#parts
    const onPulled = (ms: number) => {
      record.pulledMs += ms
    }
    return { pod, view, sandboxId: newest.id, sandbox, podIps, mounted: mounts.mounted, onPulled, ahead }
  }

  /** Kubernetes: of each container the newest and the one before are kept; of the sandboxes those in use. */
  async removeOld(view: PodView): Promise<void> {
    const { runtime } = this.#parts.context
    for (const instances of view.instances.values())
      for (const instance of instances.slice(2)) {
        if (instance.state === 'running') continue
        await runtime.removeContainer(instance.id)
        await rm(instance.logPath, { force: true })
      }
    const used = new Set([...view.instances.values()].flat().map(({ sandboxId }) => sandboxId))
    for (const sandbox of view.sandboxes.slice(1)) {
      if (sandbox.ready) continue
      await runtime.stopSandbox(sandbox.id)
      if (!used.has(sandbox.id)) await runtime.removeSandbox(sandbox.id)
    }
  }
}
