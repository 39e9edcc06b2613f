import { msOf, type NodeVerdict, type PodVerdicts } from '../../machinery/index.ts'
import {
  claimNamesOf,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  pods,
} from '../../resources/index.ts'
import { explainClaim } from './claim.ts'
import { deviceClaimFindings } from './device-claim.ts'
import { ageText, type Finding } from './finding.ts'
import { nodeTrouble } from './node.ts'
import { aboutText, eventsAbout, orNothing, type World } from './world.ts'

/** Of many nodes that give the same reason, so many are named. */
const nodesNamed = 3

/** Why a pod is as it is; undefined when there is no such pod. */
export async function whyPod(world: World, namespace: string, name: string): Promise<Finding | undefined> {
  const pod = await orNothing(world.client.get<Pod>(pods, { namespace, name }))
  return pod && explainPod(world, pod)
}

/** Why a pod is as it is. */
export async function explainPod(world: World, pod: Pod): Promise<Finding> {
  const about = aboutText('Pod', pod.metadata)
  if (pod.metadata.deletionTimestamp !== undefined) return going(world, pod, about)
  const { phase } = pod.status ?? {}
  if (phase === 'Succeeded') return { about, says: 'has done its work and ended well' }
  if (phase === 'Failed') return failed(pod, about)
  if ((pod.spec?.nodeName ?? '') === '') return waiting(world, pod, about)
  const trouble = await nodeTrouble(world, pod.spec!.nodeName!)
  const because = [
    ...containerFindings(pod, about),
    ...(await eventFindings(world, pod, about)),
    ...(trouble ? [trouble] : []),
  ]
  const gates = (pod.spec?.readinessGates ?? []).filter(
    ({ conditionType }) =>
      pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True') !== true,
  )
  for (const { conditionType } of gates)
    because.push({ about, says: `waits for somebody to set its condition ${conditionType} (a readiness gate)` })
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status === 'True') return { about, says: `runs on ${pod.spec!.nodeName} and is ready`, because }
  return {
    about,
    says:
      phase === 'Running'
        ? `runs on ${pod.spec!.nodeName}, but is not ready`
        : `is on ${pod.spec!.nodeName} and has not started`,
    because,
  }
}

async function going(world: World, pod: Pod, about: string): Promise<Finding> {
  const { deletionTimestamp, finalizers = [] } = pod.metadata
  const overMs = world.nowMs - msOf(deletionTimestamp!)
  const because: Finding[] = finalizers.map((finalizer) => ({
    about,
    says: `is held by the finalizer ${finalizer}`,
    remedy: 'whoever put it there must take it away once it is done',
  }))
  const { nodeName = '' } = pod.spec ?? {}
  if (nodeName !== '') {
    const trouble = await nodeTrouble(world, nodeName)
    if (trouble !== undefined) because.push(trouble)
    else if (finalizers.length === 0) because.push({ about, says: `is being stopped by the kubelet of ${nodeName}` })
  }
  return {
    about,
    says:
      overMs > 0
        ? `is being deleted, and should have been gone ${ageText(overMs)} ago`
        : `is being deleted, and has ${ageText(-overMs)} left to stop`,
    because,
  }
}

function failed(pod: Pod, about: string): Finding {
  const { reason, message } = pod.status ?? {}
  const words = [reason, message].filter((one) => one !== undefined && one !== '')
  return {
    about,
    says: words.length === 0 ? 'failed' : `failed: ${words.join(': ')}`,
    because: containerFindings(pod, about),
  }
}

async function waiting(world: World, pod: Pod, about: string): Promise<Finding> {
  const gates = pod.spec?.schedulingGates ?? []
  if (gates.length > 0)
    return {
      about,
      says: `is not to be placed yet: it has the scheduling gates ${gates.map(({ name }) => name).join(', ')}`,
      remedy: 'whoever put them there must take them away',
    }
  const claims = [
    ...(await claimFindings(world, pod)),
    ...(await deviceClaimFindings(world, pod)),
    ...(await scalingFindings(world, pod)),
  ]
  const { namespace = '', name } = pod.metadata
  const verdicts = await orNothing(world.client.page<PodVerdicts>(`/debug/verdicts/${namespace}/${name}`))
  if (verdicts === undefined) {
    const condition = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
    return {
      about,
      says:
        condition?.message === undefined
          ? `waits for a node, and no scheduler named ${pod.spec?.schedulerName ?? 'default-scheduler'} has said anything about it`
          : `waits for a node: ${condition.message}`,
      because: claims,
    }
  }
  const able = verdicts.nodes.filter(({ plugin }) => plugin === '')
  if (able.length > 0)
    return {
      about,
      says: `waits for a node; ${able.length} of ${verdicts.nodes.length} could take it now, so it will be tried again ${verdicts.waits === 'backoff' ? 'after its back-off' : 'soon'}`,
      because: claims,
    }
  return {
    about,
    says:
      verdicts.nodes.length === 0
        ? 'waits for a node, and there is none'
        : `waits for a node: none of ${verdicts.nodes.length} can take it`,
    because: [...byReason(verdicts.nodes), ...claims],
  }
}

/** The nodes by what they say, most of them first, some of them named with what would help there. */
export function byReason(verdicts: readonly NodeVerdict[]): readonly Finding[] {
  const groups = new Map<string, NodeVerdict[]>()
  for (const verdict of verdicts) {
    const key = `${verdict.plugin}: ${verdict.reason}`
    groups.set(key, [...(groups.get(key) ?? []), verdict])
  }
  return [...groups.values()]
    .toSorted((a, b) => b.length - a.length)
    .map((group) => {
      const { plugin, reason } = group[0]!
      const more = group.length - nodesNamed
      return {
        about: plugin,
        says: `refuses ${group.length === 1 ? 'one node' : `${group.length} nodes`}: ${reason}`,
        because: [
          ...group.slice(0, nodesNamed).map(({ node, remedy, preemption }) => ({
            about: `Node/${node}`,
            says: `${remedy === '' ? reason : remedy}${preemption === 'helps' ? ' (or pods of lower priority go)' : ''}`,
          })),
          ...(more > 0 ? [{ about: `${more} more`, says: 'say the same' }] : []),
        ],
      }
    })
}

/** What the node autoscaler said about a pod that waits, the newest first. */
async function scalingFindings(world: World, pod: Pod): Promise<readonly Finding[]> {
  const told = (await eventsAbout(world, pod)).find(
    ({ reason }) => reason === 'NotTriggerScaleUp' || reason === 'TriggeredScaleUp',
  )
  return told === undefined ? [] : [{ about: 'cluster-autoscaler', says: `says: ${told.message}` }]
}

async function claimFindings(world: World, pod: Pod): Promise<readonly Finding[]> {
  const { client } = world
  const { namespace = '' } = pod.metadata
  const findings: Finding[] = []
  for (const name of claimNamesOf(pod)) {
    const about = aboutText('PersistentVolumeClaim', { namespace, name })
    const claim = await orNothing(client.get<PersistentVolumeClaim>(persistentVolumeClaims, { namespace, name }))
    if (claim === undefined) findings.push({ about, says: 'does not exist', remedy: 'create it' })
    else if (claim.status?.phase !== 'Bound') findings.push(await explainClaim(world, claim))
  }
  return findings
}

type Status = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number]

function containerFindings(pod: Pod, about: string): Finding[] {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {}
  return [...initContainerStatuses, ...containerStatuses].flatMap(
    (status) => containerFinding(pod, status, about) ?? [],
  )
}

function containerFinding(pod: Pod, status: Status, about: string): Finding | undefined {
  const { name, state = {}, lastState = {}, restartCount = 0, ready } = status
  const logs = `kubectl logs -n ${pod.metadata.namespace} ${pod.metadata.name} -c ${name}`
  const { waiting: waits, terminated, running } = state
  if (waits !== undefined) {
    const { reason = '', message = '' } = waits
    if (reason === 'ContainerCreating' || reason === 'PodInitializing') return undefined
    const text = `container ${name} waits: ${reason}${message === '' ? '' : `: ${message}`}`
    if (reason === 'CrashLoopBackOff')
      return {
        about,
        says: `${text} (restarted ${restartCount} times)`,
        remedy: `read what it said last: ${logs} --previous`,
        because: lastState.terminated === undefined ? [] : [endOf(about, name, lastState.terminated)],
      }
    if (reason === 'ImagePullBackOff' || reason === 'ErrImagePull' || reason === 'InvalidImageName')
      return { about, says: text, remedy: 'see that the image exists under this name, and that the node may pull it' }
    return { about, says: text }
  }
  if (terminated !== undefined && terminated.exitCode !== 0)
    return { ...endOf(about, name, terminated), remedy: `read what it said: ${logs}` }
  if (running !== undefined && !ready) return { about, says: `container ${name} runs, but is not ready` }
  return undefined
}

function endOf(
  about: string,
  name: string,
  { exitCode, reason = '', message = '', signal }: NonNullable<NonNullable<Status['state']>['terminated']>,
): Finding {
  const by = signal === undefined || signal === 0 ? `exit code ${exitCode}` : `signal ${signal}`
  const why = reason === 'OOMKilled' ? 'OOMKilled: it used more memory than its limit allows' : reason
  return { about, says: `container ${name} ended with ${by} (${why})${message === '' ? '' : `: ${message.trim()}`}` }
}

/** Reasons of events that only say how a pod gets on. */
const plain = new Set(['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started', 'Killing'])

async function eventFindings(world: World, pod: Pod, about: string): Promise<readonly Finding[]> {
  const found = (await eventsAbout(world, pod)).filter(
    ({ type, reason = '' }) => type === 'Warning' && !plain.has(reason),
  )
  const seen = new Set<string>()
  return found
    .filter(({ reason = '' }) => !seen.has(reason) && seen.add(reason))
    .slice(0, 3)
    .map(({ reason, message }) => ({ about, says: `${reason}: ${message}` }))
}
