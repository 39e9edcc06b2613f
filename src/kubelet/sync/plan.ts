import type { Pod } from '../../resources/index.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import {
  type AnyContainer,
  type ContainerKind,
  containerAnnotations,
  containerHash,
  isSidecar,
  newestOf,
  type PodView,
} from './containers.ts'
import { type BackoffEntry, restartsAfter, restartWaitMs, shouldStart } from './restart.ts'

/** What the probes last found of one container instance; undefined where nothing has been found yet. */
export interface ProbeResults {
  readonly startup?: boolean
  readonly liveness?: boolean
  readonly readiness?: boolean
}
export interface PlanInput {
  readonly pod: Pod
  readonly view: PodView
  /** By container id. */
  readonly probes: ReadonlyMap<string, ProbeResults>
  /** By container name. */
  readonly backoffs: ReadonlyMap<string, BackoffEntry>
  readonly nowMs: number
}
export interface StartStep {
  readonly container: AnyContainer
  readonly kind: ContainerKind
  readonly restartCount: number
}
export interface KillStep {
  readonly container: AnyContainer
  readonly instance: ObservedContainer
  readonly message: string
  /** Which probe failed, whose own grace period then counts. */
  readonly because: 'liveness' | 'startup' | 'other'
}
/** A start that must wait until its back-off is over. */
export interface HeldStart {
  readonly container: AnyContainer
  readonly kind: ContainerKind
  readonly delayMs: number
  readonly waitMs: number
}
/** What to do next, in the order of these fields. */
export interface PodPlan {
  /** Everything of the pod is to end: containers, then sandboxes. */
  readonly killPod: boolean
  readonly createSandbox: { readonly attempt: number } | undefined
  readonly kill: readonly KillStep[]
  readonly start: readonly StartStep[]
  readonly held: readonly HeldStart[]
  /** When to plan again at the latest. */
  readonly againInMs: number | undefined
}
interface Decisions {
  killPod: boolean
  readonly kill: KillStep[]
  readonly wanted: { container: AnyContainer; kind: ContainerKind }[]
}

/** The next steps towards the pod's spec. Pure: the same input gives the same steps. */
export function planPod(input: PlanInput): PodPlan {
  const { pod, view } = input
  const sandbox = view.sandboxes[0]
  const change = sandboxChange(pod, view)
  if (change !== undefined) return planNewSandbox(input, change)
  const decisions: Decisions = { killPod: false, kill: [], wanted: [] }
  for (const container of pod.spec.ephemeralContainers ?? [])
    if (newestOf(view, container.name) === undefined) decisions.wanted.push({ container, kind: 'ephemeral' })
  const initialized = planInit(input, sandbox!.id, decisions)
  if (initialized && !decisions.killPod) planMain(input, decisions)
  if (decisions.killPod) return { ...nothingToDo, killPod: true }
  return { ...nothingToDo, kill: decisions.kill, ...startsOf(input, decisions.wanted) }
}
/** A plan that leaves everything as it is. */
export const nothingToDo: PodPlan = {
  killPod: false,
  createSandbox: undefined,
  kill: [],
  start: [],
  held: [],
  againInMs: undefined,
}

/** Why the pod needs another sandbox; undefined when its newest one will do. */
function sandboxChange(pod: Pod, view: PodView): { readonly attempt: number } | undefined {
  const newest = view.sandboxes[0]
  if (newest === undefined) return { attempt: 0 }
  const again = { attempt: newest.pod.attempt + 1 }
  if (!newest.ready || view.sandboxes.filter(({ ready }) => ready).length > 1) return again
  if (pod.spec.hostNetwork !== true && newest.ips.length === 0) return again
  return undefined
}

/** Starts over in a new sandbox, unless nothing is left to run. */
function planNewSandbox(input: PlanInput, change: { readonly attempt: number }): PodPlan {
  const { pod, view } = input
  const first = view.sandboxes.length === 0
  const { initContainers = [], containers } = pod.spec
  const pending = containers.filter((container) => shouldStart(pod, container, 'main', view) || runs(view, container))
  const runsOnce = pod.spec.restartPolicy === 'Never' && !first && [...view.instances.values()].length > 0
  const restartable = containers.some((container) => container.restartPolicy !== undefined)
  if ((runsOnce && !restartable) || pending.length === 0) return { ...nothingToDo, killPod: !first }
  const initStart = initContainers[0]
  const wanted =
    initStart === undefined
      ? pending.map((container) => ({ container, kind: 'main' as const }))
      : [{ container: initStart, kind: isSidecar(initStart) ? ('sidecar' as const) : ('init' as const) }]
  // Kubernetes: what still runs in the old sandbox ends before the new one is made.
  return { ...nothingToDo, killPod: !first, createSandbox: change, ...startsOf({ ...input }, wanted) }
}
const runs = (view: PodView, container: AnyContainer) => newestOf(view, container.name)?.state === 'running'

/** The init phase and the sidecars; true when main containers may run. */
function planInit(input: PlanInput, sandboxId: string, decisions: Decisions): boolean {
  const { pod, view } = input
  const { initContainers = [], containers } = pod.spec
  const here = (name: string) => {
    const newest = newestOf(view, name)
    return newest?.sandboxId === sandboxId ? newest : undefined
  }
  const mainCreated = containers.some(({ name }) => here(name) !== undefined)
  // Kubernetes: a later container's record proves that the earlier ones are through, even if theirs are gone.
  const lastSeen = initContainers.findLastIndex(({ name }) => here(name) !== undefined)
  for (const [index, container] of initContainers.entries()) {
    const passed = mainCreated || index < lastSeen
    const instance = here(container.name)
    const blocked = isSidecar(container)
      ? !planSidecar(input, container, instance, decisions)
      : !passed && !planInitOnce(input, container, instance, decisions)
    if (decisions.killPod) return false
    if (blocked && !passed) return false
  }
  return true
}

/** One init container that runs to its end; true when it has succeeded. */
function planInitOnce(
  { pod }: PlanInput,
  container: AnyContainer,
  instance: ObservedContainer | undefined,
  decisions: Decisions,
): boolean {
  if (instance?.state === 'exited' && (instance.exitCode ?? 0) === 0) return true
  if (instance?.state === 'running') {
    if (hashChanged(container, instance)) {
      const message = `Init container ${container.name} definition changed`
      decisions.kill.push({ container, instance, message, because: 'other' })
      decisions.wanted.push({ container, kind: 'init' })
    }
    return false
  }
  if (instance?.state === 'exited' && !restartsAfter(pod, container, 'init', instance.exitCode ?? 0))
    decisions.killPod = true
  else decisions.wanted.push({ container, kind: 'init' })
  return false
}

/** One sidecar; true when it has started, so that what follows may start. */
function planSidecar(
  input: PlanInput,
  container: AnyContainer,
  instance: ObservedContainer | undefined,
  decisions: Decisions,
): boolean {
  if (instance?.state !== 'running') {
    decisions.wanted.push({ container, kind: 'sidecar' })
    return false
  }
  const problem = problemOf(input, container, instance)
  if (problem !== undefined) {
    decisions.kill.push({ container, instance, ...problem, message: `${problem.message}, will be restarted` })
    decisions.wanted.push({ container, kind: 'sidecar' })
  }
  return container.startupProbe === undefined || input.probes.get(instance.id)?.startup === true
}

function planMain(input: PlanInput, decisions: Decisions): void {
  const { pod, view } = input
  let kept = 0
  for (const container of pod.spec.containers) {
    const instance = newestOf(view, container.name)
    if (instance?.state !== 'running') {
      if (shouldStart(pod, container, 'main', view)) {
        // A container the runtime lost track of may still run: end it first.
        if (instance?.state === 'unknown')
          decisions.kill.push({
            container,
            instance,
            message: `Container is in "ContainerStateUnknown" state, try killing it before restart`,
            because: 'other',
          })
        decisions.wanted.push({ container, kind: 'main' })
      }
      continue
    }
    const problem = problemOf(input, container, instance)
    if (problem === undefined) {
      kept++
      continue
    }
    const restart = problem.because === 'other' || restartsAfterProbe(pod, container)
    const message = restart ? `${problem.message}, will be restarted` : problem.message
    decisions.kill.push({ container, instance, because: problem.because, message })
    if (restart) decisions.wanted.push({ container, kind: 'main' })
  }
  const mainWanted = decisions.wanted.some(({ kind }) => kind === 'main')
  if (kept === 0 && !mainWanted && decisions.kill.every(({ instance }) => instance.state !== 'running'))
    decisions.killPod = true
}

/** Kubernetes: a failed probe is a failure of the container, whatever its process would answer to the signal. */
function restartsAfterProbe(pod: Pod, container: AnyContainer): boolean {
  return (container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always') !== 'Never'
}

function problemOf(
  { probes }: PlanInput,
  container: AnyContainer,
  instance: ObservedContainer,
): Pick<KillStep, 'message' | 'because'> | undefined {
  const results = probes.get(instance.id)
  if (hashChanged(container, instance))
    return { message: `Container ${container.name} definition changed`, because: 'other' }
  if (results?.liveness === false)
    return { message: `Container ${container.name} failed liveness probe`, because: 'liveness' }
  if (results?.startup === false)
    return { message: `Container ${container.name} failed startup probe`, because: 'startup' }
  return undefined
}
function hashChanged(container: AnyContainer, instance: ObservedContainer): boolean {
  const hash = instance.annotations[containerAnnotations.hash]
  return hash !== undefined && hash !== containerHash(container)
}

/** Of the starts wanted, those whose back-off is over, and those it still holds. */
function startsOf(
  { pod, view, backoffs, nowMs }: PlanInput,
  wanted: Decisions['wanted'],
): Pick<PodPlan, 'start' | 'held' | 'againInMs'> {
  const start: StartStep[] = []
  const held: HeldStart[] = []
  for (const { container, kind } of wanted) {
    const newest = newestOf(view, container.name)
    const entry = backoffs.get(container.name)
    const ended = newest?.state === 'exited' ? (newest.finishedAtMs ?? newest.createdAtMs) : undefined
    const waitMs = ended === undefined ? 0 : restartWaitMs(entry, ended, nowMs)
    if (waitMs > 0) held.push({ container, kind, delayMs: entry!.delayMs, waitMs })
    else
      start.push({
        container,
        kind,
        restartCount: newest === undefined ? forgotten(pod, container) : restartsBefore(newest) + 1,
      })
  }
  const againInMs = held.length === 0 ? undefined : Math.min(...held.map(({ waitMs }) => waitMs))
  return { start, held, againInMs }
}
/** How often a container was restarted that the runtime knows nothing of, any more or yet. */
function forgotten({ status }: Pod, { name }: AnyContainer): number {
  const { initContainerStatuses = [], containerStatuses = [] } = status
  const known = [...initContainerStatuses, ...containerStatuses].find((one) => one.name === name)
  if (known === undefined) return 0
  const { running, terminated } = known.state ?? {}
  return known.restartCount + (running === undefined && terminated === undefined ? 0 : 1)
}
function restartsBefore(newest: ObservedContainer): number {
  return Number(newest.annotations[containerAnnotations.restartCount] ?? newest.attempt)
}
