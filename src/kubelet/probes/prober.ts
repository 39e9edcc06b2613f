import type { Clock } from '../../machinery/index.ts'
import type { Pod, Probe } from '../../resources/index.ts'
import { containerFieldPath, type RecordEvent } from '../events.ts'
import type { KubeletSettings } from '../settings.ts'
import { type AnyContainer, type ContainerKind, containersOf, newestOf, type PodView } from '../sync/containers.ts'
import type { ProbeResults } from '../sync/plan.ts'
import { type ProbeOutcome, type ProbeParts, tryProbe } from './probe.ts'

type ProbeType = 'startup' | 'liveness' | 'readiness'
const probeOf: Readonly<Record<ProbeType, (container: AnyContainer) => Probe | undefined>> = {
  startup: ({ startupProbe }) => startupProbe,
  liveness: ({ livenessProbe }) => livenessProbe,
  readiness: ({ readinessProbe }) => readinessProbe,
}
const periodSecondsDefault = 10
/** Kubernetes: a probe that cannot be run is tried again at once, this often, before it is given up for the period. */
const triesMax = 3

export interface ProberParts extends ProbeParts {
  readonly settings: Pick<KubeletSettings, 'nodeIps'>
  readonly clock: Clock
  readonly record: RecordEvent
  countProbe(labels: Readonly<Record<string, string>>, seconds: number): void
  /** Told when a result has changed, so that the pod is looked at again. */
  readonly onChange: () => void
}
/** The probes of one pod: run while their containers run, results by container id. */
export interface Prober {
  /** Starts, follows and stops probes as the pod and its containers are now. */
  update(pod: Pod, view: PodView): void
  readonly results: ReadonlyMap<string, ProbeResults>
  stop(): void
}

/** One probe of one container name: what it counts and when it runs next. */
interface Watcher {
  readonly type: ProbeType
  readonly name: string
  containerId: string | undefined
  last: boolean | undefined
  run: number
  /** Kubernetes: after a failed liveness or startup probe nothing is probed until a new instance is there. */
  onHold: boolean
  probing: boolean
  /** Whether it became due while it was still being tried. */
  overdue: boolean
  timer: Disposable | undefined
}

/** Where a pod is probed. The sandbox knows first: a status may still tell the address of the one before it. */
export function probedAddress(pod: Pod, view: PodView, nodeIps: readonly string[]): string {
  if (pod.spec.hostNetwork === true) return nodeIps[0] ?? ''
  return view.sandboxes[0]?.ips[0] ?? pod.status.podIP ?? ''
}

export function createProber(parts: ProberParts): Prober {
  const { clock, record } = parts
  const results = new Map<string, ProbeResults>()
  const watchers = new Map<string, Watcher>()
  let latest: { pod: Pod; view: PodView } | undefined

  function set(id: string, type: ProbeType, value: boolean): void {
    const known = results.get(id)
    if (known?.[type] === value) return
    results.set(id, { ...known, [type]: value })
    parts.onChange()
  }

  /** When to probe: on the next period, or at once when something made the answer due. */
  function schedule(watcher: Watcher, delayMs: number): void {
    watcher.timer?.[Symbol.dispose]()
    watcher.timer = clock.after(delayMs, () => void tick(watcher))
  }

  async function tick(watcher: Watcher): Promise<void> {
    if (latest === undefined) return
    if (watcher.probing) {
      watcher.overdue = true
      return
    }
    const { pod, view } = latest
    const found = containersOf(pod).find(({ container }) => container.name === watcher.name)
    const probe = found === undefined ? undefined : probeOf[watcher.type](found.container)
    if (found === undefined || probe === undefined) return
    const periodMs = (probe.periodSeconds ?? periodSecondsDefault) * 1000
    schedule(watcher, periodMs)
    const waitMs = dueInMs(watcher, pod, view, found.container, probe)
    if (waitMs === undefined) return
    if (waitMs > 0) return schedule(watcher, waitMs)
    watcher.probing = true
    const startedMs = clock.monotonic()
    try {
      const outcome = await tryUpTo(triesMax, () =>
        tryProbe(parts, probe, {
          container: found.container,
          containerId: watcher.containerId!,
          podIp: probedAddress(pod, view, parts.settings.nodeIps),
        }),
      )
      count(watcher, pod, outcome, (clock.monotonic() - startedMs) / 1000)
      if (outcome !== undefined) take(watcher, pod, found, probe, outcome)
    } finally {
      watcher.probing = false
      // A try that outlasts the period is followed by the next at once, as a ticker's waiting tick has it.
      if (watcher.overdue && watchers.get(keyOf(watcher)) === watcher) schedule(watcher, 0)
      watcher.overdue = false
    }
  }

  function count({ type, name }: Watcher, { metadata }: Pod, outcome: ProbeOutcome | undefined, seconds: number): void {
    const labels = {
      container: name,
      namespace: metadata.namespace ?? '',
      pod: metadata.name,
      pod_uid: metadata.uid,
      probe_type: `${type[0]!.toUpperCase()}${type.slice(1)}`,
      result: outcome === undefined ? 'unknown' : outcome.result === 'failure' ? 'failed' : 'successful',
    }
    parts.countProbe(labels, seconds)
  }

  /** 0 when to probe now, more to wait; undefined when there is nothing to probe. */
  function dueInMs(
    watcher: Watcher,
    pod: Pod,
    view: PodView,
    container: AnyContainer,
    probe: Probe,
  ): number | undefined {
    const instance = newestOf(view, watcher.name)
    if (instance === undefined) return undefined
    if (watcher.containerId !== instance.id) {
      Object.assign(watcher, { containerId: instance.id, last: undefined, run: 0, onHold: false })
    }
    if (watcher.onHold || instance.state !== 'running') return undefined
    // Kubernetes: a pod on its way out is no longer killed by its probes, but may still turn unready.
    if (pod.metadata.deletionTimestamp !== undefined && watcher.type !== 'readiness') return undefined
    const started = container.startupProbe === undefined || results.get(instance.id)?.startup === true
    if (watcher.type === 'startup' ? results.get(instance.id)?.startup === true : !started) return undefined
    const dueMs = (instance.startedAtMs ?? instance.createdAtMs) + (probe.initialDelaySeconds ?? 0) * 1000
    return Math.max(0, dueMs - clock.now())
  }

  function take(
    watcher: Watcher,
    pod: Pod,
    { container, kind }: { readonly container: AnyContainer; readonly kind: ContainerKind },
    probe: Probe,
    { result, output }: ProbeOutcome,
  ): void {
    const instance = latest === undefined ? undefined : newestOf(latest.view, watcher.name)
    // The container has been replaced while its probe ran: the answer is about nobody.
    if (latest === undefined || instance?.id !== watcher.containerId) return
    if (latest.pod.metadata.deletionTimestamp !== undefined && watcher.type !== 'readiness') return
    const label = `${watcher.type[0]!.toUpperCase()}${watcher.type.slice(1)}`
    const path = containerFieldPath(kind, container.name)
    if (result === 'warning') record(pod, 'Warning', 'ProbeWarning', `${label} probe warning: ${output}`, path)
    if (result === 'failure') record(pod, 'Warning', 'Unhealthy', `${label} probe failed: ${output}`, path)
    const good = result !== 'failure'
    watcher.run = watcher.last === good ? watcher.run + 1 : 1
    watcher.last = good
    if (watcher.run < (good ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3))) return
    set(watcher.containerId!, watcher.type, good)
    if (!good && watcher.type !== 'readiness') Object.assign(watcher, { onHold: true, run: 0 })
    // Kubernetes: once started, readiness is probed at once, not a whole period later.
    if (good && watcher.type === 'startup')
      for (const other of watchers.values()) if (other.name === watcher.name && other !== watcher) schedule(other, 0)
  }

  return {
    results,
    update(pod, view) {
      latest = { pod, view }
      const wanted = new Set<string>()
      for (const { container, kind } of containersOf(pod)) {
        if (kind === 'init' || kind === 'ephemeral') continue
        for (const type of Object.keys(probeOf) as ProbeType[]) {
          if (probeOf[type](container) === undefined) continue
          const key = keyOf({ type, name: container.name })
          wanted.add(key)
          const known = watchers.get(key)
          const watcher: Watcher = known ?? {
            type,
            name: container.name,
            containerId: undefined,
            last: undefined,
            run: 0,
            onHold: false,
            probing: false,
            overdue: false,
            timer: undefined,
          }
          watchers.set(key, watcher)
          const instance = newestOf(view, container.name)
          // A new instance is probed from its own start on, not from the old one's next tick.
          if (instance?.state === 'running' && instance.id !== watcher.containerId) schedule(watcher, 0)
        }
      }
      for (const [key, watcher] of watchers) {
        if (wanted.has(key)) continue
        watcher.timer?.[Symbol.dispose]()
        watchers.delete(key)
      }
      const known = new Set([...view.instances.values()].flat().map(({ id }) => id))
      for (const id of results.keys()) if (!known.has(id)) results.delete(id)
    },
    stop() {
      latest = undefined
      for (const watcher of watchers.values()) watcher.timer?.[Symbol.dispose]()
      watchers.clear()
    },
  }
}

const keyOf = ({ type, name }: Pick<Watcher, 'type' | 'name'>) => `${type}/${name}`

async function tryUpTo<T>(tries: number, work: () => Promise<T>): Promise<T | undefined> {
  for (let attempt = 0; attempt < tries; attempt++) {
    try {
      return await work()
    } catch {
      // Kubernetes: a probe that could not be run says nothing about the container.
    }
  }
  return undefined
}
