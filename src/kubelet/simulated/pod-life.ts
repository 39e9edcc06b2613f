import { timestampOf } from '../../machinery/index.ts'
import type { ContainerState, ContainerStatus, Pod, PodStatus } from '../../resources/index.ts'
import { conditionsOf } from '../sync/conditions.ts'
import { type AnyContainer, isSidecar } from '../sync/containers.ts'
import { isTerminalPhase, type PodPhase } from '../sync/phase.ts'
import { qosClassOf } from '../sync/qos.ts'

/** Where a simulated pod is in its life. */
export interface PodLife {
  readonly startedAtMs: number
  readonly restarts: number
  readonly ready: boolean
  /** Set once its containers have ended. */
  readonly ended?: { readonly atMs: number; readonly exitCode: number; readonly restarting: boolean }
  readonly lastExit?: { readonly atMs: number; readonly exitCode: number; readonly startedAtMs: number }
}
export interface PodPlace {
  readonly hostIp: string
  readonly podIp: string
  readonly nowMs: number
}

/** The status of a pod whose containers exist only in this sentence. */
export function simulatedStatus(pod: Pod, life: PodLife, place: PodPlace): PodStatus {
  const { ended } = life
  const main = pod.spec.containers.map((container) => statusOf(pod, container, life, 'main'))
  const init = (pod.spec.initContainers ?? []).map((container) =>
    statusOf(pod, container, life, isSidecar(container) ? 'sidecar' : 'init'),
  )
  const computed: PodPhase =
    ended === undefined || ended.restarting ? 'Running' : ended.exitCode === 0 ? 'Succeeded' : 'Failed'
  const phase = isTerminalPhase(pod.status.phase) ? (pod.status.phase as PodPhase) : computed
  const statuses = new Map([...init, ...main].map((status) => [status.name, status]))
  const podIp = pod.spec.hostNetwork === true ? place.hostIp : place.podIp
  const generation = pod.metadata.generation
  return {
    ...pod.status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: conditionsOf({
      pod,
      statuses,
      phase,
      sandboxReady: !isTerminalPhase(phase),
      resize: [],
      nowMs: place.nowMs,
    }),
    hostIP: place.hostIp,
    hostIPs: [{ ip: place.hostIp }],
    podIP: podIp,
    podIPs: [{ ip: podIp }],
    startTime: pod.status.startTime ?? timestampOf(place.nowMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main.sort((a, b) => (a.name < b.name ? -1 : 1)),
    qosClass: pod.status.qosClass ?? qosClassOf(pod),
  }
}

function statusOf(
  pod: Pod,
  container: AnyContainer,
  life: PodLife,
  kind: 'main' | 'init' | 'sidecar',
): ContainerStatus {
  const { ended, lastExit } = life
  const idOf = (restarts: number) => `simulated://${pod.metadata.uid}/${container.name}/${restarts}`
  const id = idOf(life.restarts)
  const exit = (exitCode: number, startedAtMs: number, atMs: number, containerID = id): ContainerState => ({
    terminated: {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt: timestampOf(startedAtMs),
      finishedAt: timestampOf(atMs),
      containerID,
    },
  })
  const shared = { name: container.name, image: container.image ?? '', imageID: container.image ?? '', containerID: id }
  if (kind === 'init') {
    const state = exit(0, life.startedAtMs, life.startedAtMs)
    return { ...shared, state, lastState: {}, ready: true, started: false, restartCount: 0 }
  }
  const lastState =
    lastExit === undefined
      ? {}
      : exit(lastExit.exitCode, lastExit.startedAtMs, lastExit.atMs, idOf(Math.max(0, life.restarts - 1)))
  if (ended === undefined) {
    const state = { running: { startedAt: timestampOf(life.startedAtMs) } }
    return { ...shared, state, lastState, ready: life.ready, started: true, restartCount: life.restarts }
  }
  const over = exit(ended.exitCode, life.startedAtMs, ended.atMs)
  if (!ended.restarting)
    return { ...shared, state: over, lastState, ready: false, started: false, restartCount: life.restarts }
  const reason = 'CrashLoopBackOff'
  const message = `back-off restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`
  const waiting = { waiting: { reason, message } }
  return { ...shared, state: waiting, lastState: over, ready: false, started: false, restartCount: life.restarts }
}

/** The life that a pod's status tells of, when somebody before us has started it. */
export function lifeSeen({ status }: Pod): PodLife | undefined {
  const first = status.containerStatuses?.[0]
  const startedAt = first?.state?.running?.startedAt
  if (status.phase !== 'Running' || startedAt === undefined) return undefined
  const ready = status.conditions?.some(({ type, status: value }) => type === 'ContainersReady' && value === 'True')
  return { startedAtMs: Date.parse(startedAt), restarts: first?.restartCount ?? 0, ready: ready === true }
}
