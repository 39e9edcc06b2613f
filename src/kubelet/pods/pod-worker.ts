import { rm } from 'node:fs/promises'
import { isConflict, isNotFound, msOf, nameOf, StatusError } from '../../machinery/index.ts'
import { type Pod, type PodStatus, pods } from '../../resources/index.ts'
import { killContainer, killContainers } from '../lifecycle/kill.ts'
import { createProber, type Prober } from '../probes/prober.ts'
import type { SandboxConfig } from '../runtime/runtime.ts'
import { containersOf, newestOf, type PodView, podViewOf, runningContainers } from '../sync/containers.ts'
import { isTerminalPhase } from '../sync/phase.ts'
import { type KillStep, type PodPlan, planPod } from '../sync/plan.ts'
import { type BackoffEntry, nextBackoff } from '../sync/restart.ts'
import { StartError } from '../sync/start-error.ts'
import { finalStatusOf, podStatusOf, type StartProblem, type StatusInput } from '../sync/status.ts'
import type { MountedVolume } from '../volumes/volumes.ts'
import type { PodContext, Verdict } from './context.ts'
import { PodResizer } from './pod-resizer.ts'
import { withAllocation } from './resize.ts'
import { podCgroupLimits, podCgroupPath } from './resources.ts'
import { podLogDirectory, sandboxConfigOf } from './sandbox-config.ts'
import { type StartTarget, startContainer } from './start.ts'
import { statusPatch } from './status-patch.ts'
import { limitsStorage, storageVerdict } from './storage-limits.ts'
import { terminationMessage } from './termination-message.ts'

const resyncMs = 60_000
const retryMs = 10_000
/** What a pod waits for (a ConfigMap of a young namespace, say) is often there a moment later. */
const failureRetryMsMin = 500
const volumeRefreshMs = 20_000
/** Kubernetes: evictionMonitoringPeriod. */
const storageCheckMs = 10_000
/** Kubernetes: the grace of a pod whose object was deleted by force. */
const forcedGraceSeconds = 2
const graceSecondsDefault = 30

type Ending =
  /** The API object is gone or going: nothing of the pod is to be left. */
  | 'deletion'
  /** It has run its course: processes and mounts go, records and logs stay. */
  | 'completion'

/**
 * Carries one pod through its life: looks at what there is, plans, acts, writes the status, and waits to be woken.
 * 1. Only this worker acts for the pod, one step at a time.
 * 2. Every step starts from a fresh look at the runtime; nothing is concluded from what was done before.
 * 3. The API object is deleted only after nothing runs, and the last status is written.
 */
export class PodWorker {
  readonly #context: PodContext
  readonly #prober: Prober
  readonly #resizer: PodResizer
  readonly #backoffs = new Map<string, BackoffEntry>()
  readonly #problems = new Map<string, StartProblem>()
  readonly #messages = new Map<string, string>()
  #pod: Pod
  readonly #cameFinished: boolean
  #exists = true
  #admitted = false
  #verdict: Verdict | undefined
  #mounted: ReadonlyMap<string, MountedVolume> | undefined
  #mountedAtMs = 0
  #storageAtMs = Number.NEGATIVE_INFINITY
  #killing: { readonly done: Promise<void>; graceSeconds: number; ended: boolean } | undefined
  #cleaned = false
  #failures = 0
  #woken = false
  #wakeUp: (() => void) | undefined
  #onEnding: (() => void) | undefined

  constructor(context: PodContext, pod: Pod) {
    this.#context = context
    this.#pod = pod
    this.#cameFinished = isTerminalPhase(pod.status.phase)
    this.#resizer = new PodResizer(context)
    this.#prober = createProber({
      ...context,
      userAgent: 'kube-probe/1.36',
      onChange: () => this.wake(),
    })
  }

  /** The pod as last seen or written. */
  get pod(): Pod {
    return this.#pod
  }
  /** The pod with what the node has granted it. */
  get granted(): Pod {
    return withAllocation(this.#pod, this.#resizer.allocation(this.#pod))
  }
  /** Whether the pod has ended and given its resources back. */
  get ended(): boolean {
    return this.#cleaned
  }

  /** Whether the node has taken the pod. */
  get admitted(): boolean {
    return this.#admitted
  }

  /** Takes the API's newer word on the pod. */
  update(pod: Pod): void {
    if (Number(pod.metadata.resourceVersion) < Number(this.#pod.metadata.resourceVersion)) return
    this.#pod = pod
    this.wake()
  }
  /** The API object is gone: end quickly. */
  forsake(): void {
    this.#exists = false
    this.wake()
  }
  /** The node cannot keep the pod. */
  evict(verdict: Verdict): void {
    this.#verdict ??= verdict
    this.wake()
  }
  wake(): void {
    this.#woken = true
    if (this.#isEnding()) this.#onEnding?.()
    this.#wakeUp?.()
  }

  /** Resolves when nothing is left of the pod, or the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = () => this.wake()
    signal.addEventListener('abort', onAbort)
    try {
      while (!signal.aborted) {
        this.#woken = false
        const againMs = await this.#step(signal).then(
          (ms) => {
            this.#failures = 0
            return ms
          },
          (error) => {
            this.#context.complain(`pod ${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`, error)
            const delayMs = Math.min(retryMs, failureRetryMsMin * 2 ** this.#failures++)
            return delayMs * (1 + this.#context.random.next() / 2)
          },
        )
        if (againMs === 'gone') return
        await this.#waitForWake(againMs)
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#prober.stop()
    }
  }

  async #waitForWake(ms: number): Promise<void> {
    if (this.#woken) return
    await new Promise<void>((resolve) => {
      const timer = this.#context.clock.after(ms, resolve)
      this.#wakeUp = () => {
        timer[Symbol.dispose]()
        resolve()
      }
    })
    this.#wakeUp = undefined
  }

  /** One look, one plan, one round of acting; how long until the next, unless woken. */
  async #step(signal: AbortSignal): Promise<number | 'gone'> {
    const view = await this.#look()
    const ending = this.#endingNow(view)
    if (ending !== undefined) return this.#end(ending, view)
    if (!this.#admitted) {
      this.#admitted = true
      // What already runs was admitted by the kubelet before this one.
      const refusal = view.sandboxes.length === 0 ? this.#context.refusal(this.#pod) : undefined
      if (refusal !== undefined) {
        this.#verdict = refusal
        this.#context.record(this.#pod, 'Warning', refusal.reason, refusal.message)
        return this.#end('completion', view)
      }
    }
    const restarts = await this.#resizer.apply(this.#pod, view)
    await this.#writeStatus(view)
    if (restarts.length > 0) {
      await Promise.all(restarts.map((step) => this.#kill(step)))
      return 0
    }
    const plan = this.#plan(view)
    const changed = await this.#act(plan, view, signal)
    if (changed) await this.#writeStatus(await this.#look())
    await this.#removeOld(view)
    await this.#refreshVolumes(signal)
    await this.#checkStorage(view)
    const failed = [...this.#problems.values()].some(({ reason }) => reason !== 'CrashLoopBackOff')
    const waits = [
      plan.againInMs,
      this.#deadlineInMs(),
      failed ? retryMs : undefined,
      this.#refreshInMs(),
      this.#storageInMs(),
    ]
    return Math.min(resyncMs, ...waits.filter((ms) => ms !== undefined))
  }

  async #look(): Promise<PodView> {
    const { uid } = this.#pod.metadata
    const view = podViewOf(await this.#context.runtime.observe(uid), uid)
    const count = this.#pod.spec.containers.length
    for (const instance of [...view.instances.values()].flat())
      if (instance.state === 'exited' && !this.#messages.has(instance.id))
        this.#messages.set(instance.id, await terminationMessage(this.#context.volumes, instance, count))
    this.#prober.update(this.#pod, view)
    return view
  }

  /** Why the pod is to end, if it is. */
  #endingNow(view: PodView): Ending | undefined {
    const { metadata, status } = this.#pod
    if (!this.#exists || metadata.deletionTimestamp !== undefined) return 'deletion'
    if (isTerminalPhase(status.phase) || this.#verdict !== undefined) return 'completion'
    const deadline = this.#deadlineInMs()
    if (deadline !== undefined && deadline <= 0) {
      const message = 'Pod was active on the node longer than the specified deadline'
      this.#verdict = { reason: 'DeadlineExceeded', message }
      this.#context.record(this.#pod, 'Normal', 'DeadlineExceeded', message)
      return 'completion'
    }
    // Everything has exited and nothing will be started again: the sidecars and the sandbox are what is left.
    return view.sandboxes.length > 0 && this.#plan(view).killPod && this.#plan(view).createSandbox === undefined
      ? 'completion'
      : undefined
  }
  #deadlineInMs(): number | undefined {
    const { activeDeadlineSeconds } = this.#pod.spec
    const startMs = msOf(this.#pod.status.startTime)
    if (activeDeadlineSeconds === undefined || Number.isNaN(startMs)) return undefined
    return startMs + activeDeadlineSeconds * 1000 - this.#context.clock.now()
  }
  #plan(view: PodView): PodPlan {
    const { clock } = this.#context
    return planPod({
      pod: this.#pod,
      view,
      probes: this.#prober.results,
      backoffs: this.#backoffs,
      nowMs: clock.now(),
    })
  }

  /** Carries the plan out; true when anything was done that may show in the status. */
  async #act(plan: PodPlan, view: PodView, signal: AbortSignal): Promise<boolean> {
    const { runtime, record } = this.#context
    const pod = this.#pod
    const { metadata } = pod
    const busy = plan.createSandbox !== undefined || plan.start.length > 0
    if (plan.killPod) {
      await killContainers(this.#context, pod, view, this.#graceSeconds())
      for (const { id } of view.sandboxes) await runtime.stopSandbox(id)
      if (plan.createSandbox !== undefined)
        record(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
    }
    await Promise.all(plan.kill.map((step) => this.#kill(step)))
    for (const { container, delayMs } of plan.held) {
      const about = `${metadata.name}_${metadata.namespace}(${metadata.uid})`
      const wait = `${delayMs >= 60_000 ? `${Math.floor(delayMs / 60_000)}m` : ''}${(delayMs % 60_000) / 1000}s`
      const message = `back-off ${wait} restarting failed container=${container.name} pod=${about}`
      const known = this.#problems.get(container.name)
      this.#problems.set(container.name, { reason: 'CrashLoopBackOff', message })
      if (known?.message !== message)
        record(
          pod,
          'Warning',
          'BackOff',
          `Back-off restarting failed container ${container.name} in pod ${about}`,
          `spec.containers{${container.name}}`,
        )
    }
    if (!busy || signal.aborted) return plan.killPod || plan.kill.length > 0 || plan.held.length > 0
    await this.#mount()
    const target = await this.#sandbox(plan, view)
    for (const step of plan.start) {
      const { name } = step.container
      const last = newestOf(view, name)
      try {
        if (last?.state === 'exited')
          this.#backoffs.set(
            name,
            nextBackoff(this.#backoffs.get(name), last.finishedAtMs ?? last.createdAtMs, this.#context.clock.now()),
          )
        const container =
          containersOf(target.pod).find((one) => one.container.name === name)?.container ?? step.container
        const starting = startContainer(this.#context, target, { ...step, container })
        // A pull or a hook may take long: whoever deletes the pod does not wait for it. What it still starts after
        // that ends with the sandbox.
        starting.catch(() => {})
        await Promise.race([starting, this.#whenEnding()])
        if (this.#isEnding()) break
        this.#problems.delete(name)
      } catch (error) {
        if (!(error instanceof StartError)) throw error
        this.#problems.set(name, { reason: error.reason, message: error.message })
      }
      if (signal.aborted || this.#isEnding()) break
    }
    return true
  }

  #isEnding(): boolean {
    return !this.#exists || this.#verdict !== undefined || this.#pod.metadata.deletionTimestamp !== undefined
  }
  /** Resolves once somebody wants the pod to end. */
  async #whenEnding(): Promise<void> {
    if (!this.#isEnding()) await new Promise<void>((resolve) => (this.#onEnding = resolve))
  }

  async #kill({ container, instance, message, because }: KillStep): Promise<void> {
    const probe =
      because === 'liveness' ? container.livenessProbe : because === 'startup' ? container.startupProbe : undefined
    const grace = probe?.terminationGracePeriodSeconds ?? this.#graceSeconds()
    await killContainer(this.#context, this.#pod, instance, grace, message)
  }
  #graceSeconds(): number {
    const { metadata, spec } = this.#pod
    return metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? graceSecondsDefault
  }

  async #mount(): Promise<void> {
    try {
      this.#mounted = await this.#context.volumes.mount(this.#pod)
      this.#mountedAtMs = this.#context.clock.monotonic()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#context.record(this.#pod, 'Warning', 'FailedMount', why)
      throw error
    }
  }
  #refreshInMs(): number | undefined {
    if (this.#mounted === undefined || !this.#context.volumes.refreshes(this.#pod)) return undefined
    return Math.max(0, this.#mountedAtMs + volumeRefreshMs - this.#context.clock.monotonic())
  }
  async #refreshVolumes(signal: AbortSignal): Promise<void> {
    const adopted = this.#mounted === undefined && this.#problems.size === 0
    if (signal.aborted || (!adopted && this.#refreshInMs() !== 0)) return
    // What is mounted stays readable when its source cannot be read now.
    await this.#mount().catch((error) => this.#context.complain('volume refresh', error))
  }

  #storageInMs(): number | undefined {
    if (!limitsStorage(this.#pod)) return undefined
    return Math.max(0, this.#storageAtMs + storageCheckMs - this.#context.clock.monotonic())
  }
  async #checkStorage(view: PodView): Promise<void> {
    if (this.#mounted === undefined || this.#storageInMs() !== 0) return
    this.#storageAtMs = this.#context.clock.monotonic()
    const writableLayer = async (id: string) => this.#context.runtime.writableLayer?.(id)
    const verdict = await storageVerdict(this.#pod, { mounted: this.#mounted, view, writableLayer })
    if (verdict === undefined) return
    this.#context.record(this.#pod, 'Warning', verdict.reason, verdict.message)
    this.evict(verdict)
  }

  /** The sandbox to start containers in: the one there is, or a new one where the plan says so. */
  async #sandbox(plan: PodPlan, view: PodView): Promise<StartTarget> {
    const { settings, runtime, cgroups, nodeDns } = this.#context
    const pod = this.#pod
    const attempt = plan.createSandbox?.attempt ?? view.sandboxes[0]?.pod.attempt ?? 0
    const runtimeClass = pod.spec.runtimeClassName
    const handler = runtimeClass === undefined ? undefined : await this.#context.runtimeHandler(runtimeClass)
    const config = sandboxConfigOf(settings, pod, attempt, nodeDns, handler)
    if (plan.createSandbox === undefined) return this.#targetOf(view, config)
    await cgroups.ensure(podCgroupPath(settings.cgroupRoot, pod), podCgroupLimits(this.granted))
    try {
      await runtime.runSandbox(config)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#context.record(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`)
      throw error
    }
    return this.#targetOf(await this.#look(), config)
  }
  #targetOf(view: PodView, sandbox: SandboxConfig): StartTarget {
    const newest = view.sandboxes[0]!
    const podIps = this.#pod.spec.hostNetwork === true ? this.#context.settings.nodeIps : newest.ips
    return { pod: this.granted, view, sandboxId: newest.id, sandbox, podIps, mounted: this.#mounted ?? new Map() }
  }

  /** Kubernetes: of each container the newest and the one before are kept; of the sandboxes those in use. */
  async #removeOld(view: PodView): Promise<void> {
    for (const instances of view.instances.values())
      for (const instance of instances.slice(2)) {
        if (instance.state === 'running') continue
        await this.#context.runtime.removeContainer(instance.id)
        await rm(instance.logPath, { force: true })
      }
    const used = new Set([...view.instances.values()].flat().map(({ sandboxId }) => sandboxId))
    for (const sandbox of view.sandboxes.slice(1)) {
      if (sandbox.ready) continue
      await this.#context.runtime.stopSandbox(sandbox.id)
      if (!used.has(sandbox.id)) await this.#context.runtime.removeSandbox(sandbox.id)
    }
  }

  /** Ends what runs, then tidies up. Goes on being called while the grace runs, so that it may be shortened. */
  async #end(ending: Ending, view: PodView): Promise<number | 'gone'> {
    if (runningContainers(view).length > 0 && this.#killing?.ended !== false) this.#beginKill(view)
    else if (this.#killing?.ended === false) await this.#shortenKill(view)
    if (this.#killing?.ended === false || runningContainers(view).length > 0) {
      await this.#writeStatus(view, { terminating: true })
      return retryMs
    }
    if (!this.#cleaned) {
      for (const { id } of view.sandboxes) await this.#context.runtime.stopSandbox(id)
      this.#prober.stop()
      // What an earlier kubelet has written of a finished pod it knew better than we can.
      if (!this.#cameFinished) await this.#writeFinalStatus(await this.#look())
      await this.#context.volumes.unmount(this.#pod.metadata.uid)
      await this.#context.cgroups.remove(podCgroupPath(this.#context.settings.cgroupRoot, this.#pod))
      this.#cleaned = true
    }
    if (ending === 'completion') return resyncMs * 60
    return this.#vanish(view)
  }

  #beginKill(view: PodView): void {
    const graceSeconds = this.#exists ? this.#graceSeconds() : forcedGraceSeconds
    const killing = {
      graceSeconds,
      ended: false,
      done: killContainers(this.#context, this.#pod, view, graceSeconds)
        .catch((error) => this.#context.complain(`ending pod ${this.#pod.metadata.name}`, error))
        .finally(() => {
          killing.ended = true
          this.wake()
        }),
    }
    this.#killing = killing
  }
  /** A second, more impatient delete: signal again with what is left. */
  async #shortenKill(view: PodView): Promise<void> {
    const graceSeconds = this.#exists ? this.#graceSeconds() : forcedGraceSeconds
    if (this.#killing === undefined || graceSeconds >= this.#killing.graceSeconds) return
    this.#killing.graceSeconds = graceSeconds
    for (const { id } of runningContainers(view))
      void this.#context.runtime
        .stopContainer(id, graceSeconds)
        .catch((error) => this.#context.complain('shortened stop', error))
        .finally(() => this.wake())
  }

  /** The last of the pod: its records, its logs, and its API object. */
  async #vanish(view: PodView): Promise<'gone'> {
    const { runtime, client, settings } = this.#context
    for (const { id } of [...view.instances.values()].flat()) await runtime.removeContainer(id)
    for (const { id } of view.sandboxes) await runtime.removeSandbox(id)
    await rm(podLogDirectory(settings, this.#pod), { recursive: true, force: true })
    if (this.#exists) {
      const { uid } = this.#pod.metadata
      await client
        .delete(pods, nameOf(this.#pod), { gracePeriodSeconds: 0, preconditions: { uid } })
        .catch(unlessReplaced)
    }
    return 'gone'
  }

  #statusInput(view: PodView, terminating: boolean): StatusInput {
    const { settings, clock } = this.#context
    return {
      pod: this.#pod,
      view,
      probes: this.#prober.results,
      problems: this.#problems,
      messages: this.#messages,
      ...(this.#verdict === undefined ? {} : { verdict: this.#verdict }),
      allocation: this.#resizer.allocation(this.#pod),
      resize: this.#resizer.conditions(this.#pod),
      terminating,
      runtimeName: settings.runtimeName,
      hostIps: settings.nodeIps,
      nowMs: clock.now(),
    }
  }
  async #writeStatus(view: PodView, { terminating } = { terminating: false }): Promise<void> {
    await this.#patch(podStatusOf(this.#statusInput(view, terminating)))
  }
  async #writeFinalStatus(view: PodView): Promise<void> {
    await this.#patch(finalStatusOf(this.#statusInput(view, true)))
  }
  async #patch(status: PodStatus): Promise<void> {
    if (!this.#exists) return
    const patch = statusPatch(this.#pod, status)
    if (patch === undefined) return
    try {
      const written = await this.#context.client.patch(
        pods,
        nameOf(this.#pod),
        { type: 'strategic', body: patch },
        'status',
      )
      if (Number(written.metadata.resourceVersion) >= Number(this.#pod.metadata.resourceVersion)) this.#pod = written
    } catch (error) {
      unlessReplaced(error)
      // Gone, or another pod of the same name: the informer will tell which.
    }
  }
}

function unlessReplaced(error: unknown): undefined {
  const replaced = isNotFound(error) || isConflict(error) || (error instanceof StatusError && error.code === 422)
  if (!replaced) throw error
  return undefined
}
