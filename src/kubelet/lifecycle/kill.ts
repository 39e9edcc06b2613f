import type { LifecycleHandler, Pod } from '../../resources/index.ts'
import { containerFieldPath } from '../events.ts'
import type { PodContext } from '../pods/context.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import {
  type AnyContainer,
  containerAnnotations,
  containersOf,
  type PodView,
  runningContainers,
} from '../sync/containers.ts'
import { runHook } from './hooks.ts'

type KillContext = Pick<PodContext, 'runtime' | 'clock' | 'record' | 'complain'>
/** Kubernetes: however long the preStop hook took, this is left for the process itself. */
const graceSecondsMin = 2

/** Resolves with how long the caller had to wait until it is this container's turn to be signalled. */
export type WaitForTurn = (name: string, graceSeconds: number) => Promise<number>

/** Ends one container: preStop hook, then the signal, both within the grace. Grace 0 skips the hook. */
export async function killContainer(
  context: KillContext,
  pod: Pod,
  instance: ObservedContainer,
  graceSeconds: number,
  message = `Stopping container ${instance.name}`,
  waitForTurn?: WaitForTurn,
): Promise<void> {
  const { runtime, clock, record } = context
  const known = containersOf(pod).find(({ container }) => container.name === instance.name)
  const path = containerFieldPath(known?.kind ?? 'main', instance.name)
  if (instance.state === 'running') record(pod, 'Normal', 'Killing', message, path)
  const startedMs = clock.monotonic()
  const preStop = preStopOf(known?.container, instance)
  let left = graceSeconds
  if (preStop !== undefined && graceSeconds > 0 && instance.state === 'running') {
    await runPreStop(context, pod, known?.container ?? { name: instance.name }, instance, preStop, graceSeconds, path)
    left -= Math.floor((clock.monotonic() - startedMs) / 1000)
  }
  if (waitForTurn !== undefined) left -= await waitForTurn(instance.name, Math.max(left, 0))
  if (graceSeconds > 0) left = Math.max(left, Math.min(graceSecondsMin, graceSeconds))
  await runtime.stopContainer(instance.id, Math.max(0, left))
}

function preStopOf(container: AnyContainer | undefined, instance: ObservedContainer): LifecycleHandler | undefined {
  if (container !== undefined) return container.lifecycle?.preStop
  const kept = instance.annotations[containerAnnotations.preStop]
  return kept === undefined ? undefined : (JSON.parse(kept) as LifecycleHandler)
}

async function runPreStop(
  context: KillContext,
  pod: Pod,
  container: AnyContainer,
  instance: ObservedContainer,
  handler: LifecycleHandler,
  graceSeconds: number,
  path: string,
): Promise<void> {
  const over = new AbortController()
  const timeout = context.clock.sleep(graceSeconds * 1000, over.signal).then(
    () => context.complain(`preStop hook of ${container.name}`, new Error('grace is over')),
    () => {},
  )
  const hook = runHook(context, pod, container, instance.id, handler).catch((error) => {
    context.record(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', path)
    context.complain(`preStop hook of ${container.name}`, error)
  })
  await Promise.race([hook, timeout])
  over.abort()
}

/** Ends everything of a pod that runs: main containers at once, sidecars after them in reverse order. */
export async function killContainers(
  context: KillContext,
  pod: Pod,
  view: PodView,
  graceSeconds: number,
): Promise<void> {
  const running = runningContainers(view)
  const sidecars = containersOf(pod).filter(({ kind }) => kind === 'sidecar')
  const ended = new Map<string, Promise<void>>()
  const { clock } = context
  const waitForTurn: WaitForTurn = async (name, left) => {
    const index = sidecars.findIndex(({ container }) => container.name === name)
    if (index < 0) return 0
    const later = new Set(sidecars.slice(index + 1).map(({ container }) => container.name))
    const isSidecarName = (other: string) => sidecars.some(({ container }) => container.name === other)
    const before = [...ended].filter(([other]) => other !== name && (!isSidecarName(other) || later.has(other)))
    const startedMs = clock.monotonic()
    const over = new AbortController()
    // Kubernetes: when the grace is used up nobody waits for anybody any more.
    await Promise.race([
      Promise.allSettled(before.map(([, end]) => end)),
      clock.sleep(left * 1000, over.signal).catch(() => {}),
    ])
    over.abort()
    return Math.floor((clock.monotonic() - startedMs) / 1000)
  }
  let begin = () => {}
  const allKnown = new Promise<void>((resolve) => (begin = resolve))
  for (const instance of running) {
    const end = allKnown.then(() => killContainer(context, pod, instance, graceSeconds, undefined, waitForTurn))
    ended.set(instance.name, end)
  }
  begin()
  const results = await Promise.allSettled(ended.values())
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
