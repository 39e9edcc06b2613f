import { timestampOf } from '../../machinery/index.ts'
import type { Pod, PodCondition } from '../../resources/index.ts'
import { isSidecar } from './containers.ts'
import type { PodPhase, StatusesByName } from './phase.ts'
import { restartingAllType } from './restart-all.ts'

interface Verdict {
  readonly status: 'True' | 'False'
  readonly reason?: string
  readonly message?: string
}
const holds: Verdict = { status: 'True' }

/** Kubernetes: the conditions that are the kubelet's to write, in this order, behind everybody else's. */
const ownTypes = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  restartingAllType,
] as const

/** There only while they hold. */
export const resizeTypes: readonly string[] = ['PodResizePending', 'PodResizeInProgress']

export interface ConditionsInput {
  readonly pod: Pod
  readonly statuses: StatusesByName
  readonly phase: PodPhase
  readonly sandboxReady: boolean
  /** Conditions of a resize, complete. */
  readonly resize: readonly PodCondition[]
  /** Whether all containers are being started anew; undefined when nothing of the pod asks for that. */
  readonly restartingAll?: boolean
  /** Why the kubelet ends the pod through no fault of its own. */
  readonly disruption?: string
  readonly nowMs: number
}

/** All of the pod's conditions; a transition time moves only when a condition's status flips. */
export function conditionsOf(input: ConditionsInput): readonly PodCondition[] {
  const { pod, nowMs } = input
  const before = pod.status.conditions ?? []
  const foreign = before.filter(({ type }) => !ownTypes.some((own) => own === type) && !resizeTypes.includes(type))
  const containersReady = containersReadyOf(input)
  const verdicts: Record<(typeof ownTypes)[number], Verdict> = {
    PodReadyToStartContainers: { status: input.sandboxReady ? 'True' : 'False' },
    Initialized: initializedOf(input),
    Ready: readyOf(pod, containersReady),
    ContainersReady: containersReady,
    PodScheduled: holds,
    [restartingAllType]: restartingAllOf(input),
  }
  const types = ownTypes.filter((type) => type !== restartingAllType || input.restartingAll !== undefined)
  const own = types.map((type) => {
    const previous = before.find((condition) => condition.type === type)
    const verdict = verdicts[type]
    const flipped = previous?.status !== verdict.status || previous.lastTransitionTime === undefined
    const generation = pod.metadata.generation
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      ...verdict,
      lastTransitionTime: flipped ? timestampOf(nowMs) : previous.lastTransitionTime!,
    }
  })
  return [...withDisruption(foreign, input), ...input.resize, ...own]
}

function withDisruption(
  conditions: readonly PodCondition[],
  { pod, disruption, nowMs }: ConditionsInput,
): readonly PodCondition[] {
  const before = conditions.find(({ type }) => type === 'DisruptionTarget')
  // Who marked it first has said why it goes.
  if (disruption === undefined || before?.status === 'True') return conditions
  const { generation } = pod.metadata
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: 'True',
    reason: 'TerminationByKubelet',
    message: disruption,
    lastTransitionTime: timestampOf(nowMs),
  }
  return [...conditions.filter((one) => one !== before), condition]
}

/** Kubernetes: lists are printed as Go prints slices. */
const goList = (names: readonly string[]) => `[${names.join(' ')}]`
function unless(reason: string, texts: readonly (string | undefined)[]): Verdict {
  const message = texts.filter((text) => text !== undefined).join(', ')
  return message === '' ? holds : { status: 'False', reason, message }
}
const named = (what: string, names: readonly string[]) =>
  names.length === 0 ? undefined : `containers with ${what} status: ${goList(names)}`

function initializedOf({ pod, statuses, phase }: ConditionsInput): Verdict {
  const unknown: string[] = []
  const incomplete: string[] = []
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.get(container.name)
    if (status === undefined) unknown.push(container.name)
    else if (isSidecar(container) ? status.started !== true : !status.ready) incomplete.push(container.name)
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' }
  // Kubernetes: once a main container has started the pod stays initialized, whatever its sidecars do.
  const started = pod.spec.containers.some(({ name }) => {
    const status = statuses.get(name)
    const { running, terminated } = status?.state ?? {}
    return running !== undefined || terminated !== undefined || status?.lastState?.terminated !== undefined
  })
  if (started) return holds
  return unless('ContainersNotInitialized', [named('unknown', unknown), named('incomplete', incomplete)])
}

function containersReadyOf({ pod, statuses, phase }: ConditionsInput): Verdict {
  const unknown: string[] = []
  const unready: string[] = []
  for (const container of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]) {
    const status = statuses.get(container.name)
    if (status === undefined) unknown.push(container.name)
    else if (!status.ready) unready.push(container.name)
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  return unless('ContainersNotReady', [named('unknown', unknown), named('unready', unready)])
}

function restartingAllOf({ phase, restartingAll }: ConditionsInput): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' }
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' }
  if (restartingAll !== true) return { status: 'False' }
  return { status: 'True', reason: 'RestartAllContainersStarted', message: 'container exited with restart policy rule' }
}

function readyOf(pod: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady
  const texts = (pod.spec.readinessGates ?? []).map(({ conditionType }) => {
    const condition = pod.status.conditions?.find(({ type }) => type === conditionType)
    if (condition === undefined)
      return `corresponding condition of pod readiness gate "${conditionType}" does not exist.`
    return condition.status === 'True'
      ? undefined
      : `the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`
  })
  return unless('ReadinessGatesNotReady', texts)
}
