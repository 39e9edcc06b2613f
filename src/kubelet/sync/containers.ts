import type { Container, Pod } from '../../resources/index.ts'
import type { Observed, ObservedContainer, ObservedSandbox } from '../runtime/runtime.ts'

/** Marks the kubelet leaves on containers, so that a restarted kubelet knows them again. */
export const containerLabels = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const
export const containerAnnotations = {
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  gracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
  preStop: 'io.kubernetes.container.preStopHandler',
} as const

/** A container of any of a pod's lists, with the fields that all of them have. */
export type AnyContainer = Omit<Container, 'resizePolicy'>
export type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral'

/** Kubernetes: an init container with restartPolicy Always runs beside the main ones. */
export function isSidecar(container: AnyContainer): boolean {
  return container.restartPolicy === 'Always'
}

/** Every container the pod asks for, with its kind: init (in order), main, ephemeral. */
export function containersOf(pod: Pod): readonly { readonly container: AnyContainer; readonly kind: ContainerKind }[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec
  return [
    ...initContainers.map((container) => ({
      container,
      kind: isSidecar(container) ? ('sidecar' as const) : ('init' as const),
    })),
    ...containers.map((container) => ({ container, kind: 'main' as const })),
    ...ephemeralContainers.map((container) => ({ container, kind: 'ephemeral' as const })),
  ]
}

/** Kubernetes: a container is replaced when its name or image changes; resources are changed in place. */
export function containerHash(container: AnyContainer): string {
  let hash = 0x811c9dc5
  for (const char of `${container.name}\0${container.image ?? ''}`)
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0
  return hash.toString(16)
}

/** How often this container's name had been started before it. */
export function restartCountOf(container: ObservedContainer): number {
  return Number(container.annotations[containerAnnotations.restartCount] ?? container.attempt)
}

/** A pod's part of what the runtime holds, newest first. */
export interface PodView {
  readonly sandboxes: readonly ObservedSandbox[]
  /** Instances of each container name, newest first. */
  readonly instances: ReadonlyMap<string, readonly ObservedContainer[]>
}

export function podViewOf(observed: Observed, uid: string): PodView {
  const sandboxes = observed.sandboxes
    .filter((sandbox) => sandbox.pod.uid === uid)
    .sort((a, b) => b.createdAtMs - a.createdAtMs || b.pod.attempt - a.pod.attempt)
  const instances = new Map<string, ObservedContainer[]>()
  const containers = observed.containers
    .filter((container) => container.podUid === uid)
    .sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt)
  for (const container of containers) {
    const known = instances.get(container.name)
    if (known === undefined) instances.set(container.name, [container])
    else known.push(container)
  }
  return { sandboxes, instances }
}
export function newestOf(view: PodView, name: string): ObservedContainer | undefined {
  return view.instances.get(name)?.[0]
}
export function runningContainers(view: PodView): readonly ObservedContainer[] {
  return [...view.instances.values()].flat().filter(({ state }) => state === 'running')
}
