import type { Client } from '../../client/index.ts'
import {
  type ContainerLimitRange,
  controllerOf,
  isNotFound,
  type LabelQuery,
  labelQueryText,
  milliValueOf,
  msOf,
  nameOf,
  type ObjectName,
  StatusError,
  sameJson,
  timestampOf,
  wholeValueOf,
} from '../../machinery/index.ts'
import {
  type CustomResourceDefinition,
  customResourceDefinitions,
  limitRanges,
  type Pod,
  podMetrics,
  pods,
  replicaSets,
  statefulSets,
  type VerticalPodAutoscaler,
  type VerticalPodAutoscalerCheckpoint,
  type VpaCondition,
  verticalPodAutoscalerCheckpoints,
  verticalPodAutoscalers,
} from '../../resources/index.ts'
import type { Controller, Tools, Turn } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import { ContainerHistory, ContainerUse } from './history.ts'
import { recommendationsFor } from './recommend.ts'
import { podsOfTarget, UnsupportedTarget } from './target.ts'
import { planUpdates, type UpdatePlan, updateModeOf } from './update.ts'

/** Kubernetes: --recommender-interval and --updater-interval. */
const periodMs = 60_000
/** Unlike Kubernetes, which writes them all the time: what is not kept yet is little beside half-lives of a day. */
const checkpointMs = 10 * 60_000
const whatIsServed = { name: 'what is served' }
const ours = `${verticalPodAutoscalers.plural}.${verticalPodAutoscalers.group}`
const isOurs = ({ metadata }: CustomResourceDefinition) => metadata.name === ours

/** Kubernetes: who names recommenders is left to them, unless the default one is among them. */
const isForUs = ({ spec }: VerticalPodAutoscaler) =>
  (spec.recommenders ?? []).length === 0 || spec.recommenders!.some(({ name }) => name === 'default')

/** What is known of one autoscaler between its turns. */
interface Memory {
  readonly histories: Map<string, ContainerHistory>
  readonly uses: Map<string, ContainerUse>
  readonly kills: Set<string>
  readonly resized: Map<string, number>
  dueMs: number
  keptMs: number
}

/**
 * Recommends what the pods of workloads should ask for, from what they use, and gives it to pods that run. It does so where the
 * API knows VerticalPodAutoscalers, which are custom resources.
 */
export function verticalPodAutoscalerController(): Controller {
  return {
    name: 'vertical-pod-autoscaler-controller',
    queueName: 'verticalpodautoscaler',
    account: 'vertical-pod-autoscaler',
    eventSource: 'vpa-updater',
    about: ({ namespace }) => (namespace === undefined ? 'CustomResourceDefinition' : verticalPodAutoscalers.kind),
    watches: [{ resource: customResourceDefinitions, wake: (one) => (isOurs(one) ? [whatIsServed] : []) }],
    start(tools) {
      const { clock, cached, follow } = tools
      for (const kind of [pods, replicaSets, statefulSets, limitRanges]) cached<any>(kind)
      const memories = new Map<string, Memory>()
      let following: Disposable | undefined
      return async function reconcile(name, turn) {
        if (name.namespace === undefined) {
          const definition = cached(customResourceDefinitions).list().find(isOurs)
          const isServed = definition?.status?.conditions?.some(
            ({ type, status }) => type === 'Established' && status === 'True',
          )
          if (isServed === true) following ??= follow(each(verticalPodAutoscalers))
          else {
            following?.[Symbol.dispose]()
            following = undefined
            memories.clear()
          }
          return undefined
        }
        const key = `${name.namespace}/${name.name}`
        const autoscaler = following && (cached(verticalPodAutoscalers).get(name) as VerticalPodAutoscaler | undefined)
        if (autoscaler === undefined || autoscaler.metadata.deletionTimestamp !== undefined || !isForUs(autoscaler)) {
          memories.delete(key)
          return undefined
        }
        const nowMs = clock.monotonic()
        let memory = memories.get(key)
        if (memory === undefined) {
          memory = await remembered(turn.client, autoscaler, nowMs)
          memories.set(key, memory)
        }
        // Its own writes among other things do not make a turn come sooner.
        if (nowMs < memory.dueMs) return { againInMs: memory.dueMs - nowMs }
        memory.dueMs = nowMs + periodMs
        await tend(tools, turn, autoscaler, memory)
        return { againInMs: periodMs }
      }
    },
  }
}

async function remembered(client: Client, { metadata }: VerticalPodAutoscaler, nowMs: number): Promise<Memory> {
  const kept = await client
    .list(verticalPodAutoscalerCheckpoints, { namespace: metadata.namespace ?? '' })
    .catch((error: unknown) => {
      if (isNotFound(error)) return { items: [] }
      throw error
    })
  const own = (kept.items as readonly VerticalPodAutoscalerCheckpoint[]).filter(
    ({ spec }) => spec.vpaObjectName === metadata.name,
  )
  const histories = new Map(own.map(({ spec, status }) => [spec.containerName, new ContainerHistory(status)]))
  return { histories, uses: new Map(), kills: new Set(), resized: new Map(), dueMs: nowMs, keptMs: nowMs }
}

/** One turn: what was used since the last one, what follows from it, and who is given it now. */
async function tend(tools: Tools, turn: Turn, autoscaler: VerticalPodAutoscaler, memory: Memory): Promise<void> {
  const { clock, cached } = tools
  const namespace = autoscaler.metadata.namespace ?? ''
  let query: LabelQuery
  try {
    query = await podsOfTarget(turn.client, autoscaler)
  } catch (error) {
    if (!(error instanceof UnsupportedTarget)) throw error
    const condition = { type: 'ConfigUnsupported', status: 'True', reason: '', message: error.message }
    await tell(tools, turn, autoscaler, autoscaler.status?.recommendation, [condition])
    return
  }
  const live = cached(pods)
    .list(namespace)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && query.matches(metadata.labels ?? {}))
  await takeIn(turn.client, namespace, labelQueryText(query), live, memory)
  const names = new Set(live.flatMap(({ spec }) => spec.containers.map(({ name }) => name)))
  const known = new Map([...memory.histories].filter(([name]) => names.size === 0 || names.has(name)))
  const containers = recommendationsFor(known, autoscaler.spec.resourcePolicy?.containerPolicies)
  const isMatched = live.length > 0
  const nobody = { reason: 'NoPodsMatched', message: 'No pods match this VPA object' }
  const conditions: VpaCondition[] = [
    ...(isMatched ? [] : [{ type: 'NoPodsMatched', status: 'True', ...nobody }]),
    containers.length > 0
      ? { type: 'RecommendationProvided', status: 'True' }
      : { type: 'RecommendationProvided', status: 'False', ...(isMatched ? {} : nobody) },
  ]
  const recommendation = containers.length === 0 ? undefined : { containerRecommendations: containers }
  const told = await tell(tools, turn, autoscaler, recommendation, conditions)
  if (clock.monotonic() - memory.keptMs >= checkpointMs) {
    memory.keptMs = clock.monotonic()
    for (const [name, history] of known) await keep(turn.client, autoscaler, name, history, clock.now())
  }
  const plan = planUpdates({
    autoscaler: told,
    pods: live,
    nowMs: clock.now(),
    range: rangeOf(tools, namespace),
    replicasOf: (pod) => replicasOf(tools, pod),
    resizedAt: (uid) => memory.resized.get(uid),
  })
  await carryOut(tools, turn, told, plan, memory)
}

/** Adds what metrics and states tell of containers. */
async function takeIn(
  client: Client,
  namespace: string,
  labelSelector: string,
  live: readonly Pod[],
  memory: Memory,
): Promise<void> {
  if (live.length === 0) return
  const useOf = (pod: string, container: string) => {
    const key = `${pod}/${container}`
    const known = memory.uses.get(key)
    if (known !== undefined) return known
    const history = memory.histories.get(container) ?? new ContainerHistory()
    memory.histories.set(container, history)
    const made = new ContainerUse(history)
    memory.uses.set(key, made)
    return made
  }
  const { items } = await client.list(podMetrics, { namespace, labelSelector }).catch((error: unknown) => {
    // Nobody has measured anything yet, or nobody is there who could be asked.
    if (error instanceof StatusError && (error.code === 404 || error.code === 503)) return { items: [] }
    throw error
  })
  const names = new Set(live.map(({ metadata }) => metadata.name))
  for (const { metadata, timestamp, containers = [] } of items) {
    if (!names.has(metadata.name)) continue
    const atMs = msOf(timestamp)
    for (const { name, usage } of containers) {
      const use = useOf(metadata.name, name)
      if (usage?.['cpu'] !== undefined) use.addCpu(milliValueOf(usage['cpu']) / 1000, atMs)
      if (usage?.['memory'] !== undefined) use.addMemory(wholeValueOf(usage['memory']), atMs)
    }
  }
  for (const { metadata, spec, status } of live)
    for (const { name, lastState, state } of status.containerStatuses ?? [])
      for (const ended of [lastState?.terminated, state?.terminated]) {
        const kill = `${metadata.uid}/${name}/${ended?.finishedAt}`
        if (ended?.reason !== 'OOMKilled' || memory.kills.has(kill)) continue
        memory.kills.add(kill)
        const asked = spec.containers.find((one) => one.name === name)?.resources?.requests?.['memory'] ?? '0'
        useOf(metadata.name, name).addKill(wholeValueOf(asked), msOf(ended.finishedAt))
      }
  for (const key of memory.uses.keys()) if (!names.has(key.slice(0, key.lastIndexOf('/')))) memory.uses.delete(key)
  const uids = new Set(live.map(({ metadata }) => metadata.uid))
  for (const key of memory.kills) if (!uids.has(key.slice(0, key.indexOf('/')))) memory.kills.delete(key)
}

/** Writes the status where anything of it has changed, and answers the autoscaler with it. */
async function tell(
  { clock }: Tools,
  { client }: Turn,
  autoscaler: VerticalPodAutoscaler,
  recommendation: NonNullable<VerticalPodAutoscaler['status']>['recommendation'],
  conditions: readonly VpaCondition[],
): Promise<VerticalPodAutoscaler> {
  const before = autoscaler.status?.conditions ?? []
  const stamped = conditions.map((condition) => {
    const known = before.find(({ type }) => type === condition.type)
    const isSame = known?.status === condition.status && known.lastTransitionTime !== undefined
    return { ...condition, lastTransitionTime: isSame ? known.lastTransitionTime! : timestampOf(clock.now()) }
  })
  const status = { conditions: stamped, ...(recommendation === undefined ? {} : { recommendation }) }
  const next = { ...autoscaler, status }
  if (sameJson(status, autoscaler.status ?? {})) return next
  try {
    await client.update(verticalPodAutoscalers, next, 'status')
  } catch (error) {
    // Older definitions have no status apart.
    if (!isNotFound(error)) throw error
    await client.update(verticalPodAutoscalers, next)
  }
  return next
}

async function keep(
  client: Client,
  { metadata, apiVersion, kind }: VerticalPodAutoscaler,
  containerName: string,
  history: ContainerHistory,
  nowMs: number,
): Promise<void> {
  const name = `${metadata.name}-${containerName}`
  const at = { namespace: metadata.namespace ?? '', name }
  const owner = {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: false,
    blockOwnerDeletion: false,
  }
  const made = {
    ...{ apiVersion, kind: verticalPodAutoscalerCheckpoints.kind, metadata: { ...at, ownerReferences: [owner] } },
    spec: { vpaObjectName: metadata.name, containerName },
    status: history.checkpoint(nowMs),
  }
  try {
    await client.patch(verticalPodAutoscalerCheckpoints, at, { type: 'merge', body: { status: null } })
    await client.patch(verticalPodAutoscalerCheckpoints, at, { type: 'merge', body: { status: made.status } })
  } catch (error) {
    if (!isNotFound(error)) throw error
    await client.create(verticalPodAutoscalerCheckpoints, made as never)
  }
}

function rangeOf({ cached }: Tools, namespace: string): ContainerLimitRange | undefined {
  const all = cached(limitRanges).list(namespace)
  return all.flatMap(({ spec }) => spec?.limits ?? []).find(({ type }) => type === 'Container') as
    | ContainerLimitRange
    | undefined
}

function replicasOf({ cached }: Tools, pod: Pod): number | undefined {
  const owner = controllerOf(pod)
  const at: ObjectName = { namespace: pod.metadata.namespace ?? '', name: owner?.name ?? '' }
  if (owner?.kind === replicaSets.kind) return cached(replicaSets).get(at)?.spec.replicas
  return owner?.kind === statefulSets.kind ? cached(statefulSets).get(at)?.spec.replicas : undefined
}

async function carryOut(
  { clock, record }: Tools,
  { client, because }: Turn,
  autoscaler: VerticalPodAutoscaler,
  plan: UpdatePlan,
  memory: Memory,
): Promise<void> {
  const evict = async (pod: Pod) => {
    const at = nameOf(pod)
    try {
      await client.post(pods, at, 'eviction', {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { ...at },
        deleteOptions: { preconditions: { uid: pod.metadata.uid } },
      })
    } catch (error) {
      // A budget says no for now, or the pod has gone: the next turn sees.
      if (error instanceof StatusError && [404, 409, 429].includes(error.code)) return
      throw error
    }
    because(`evicted ${at.name}`)
    record(pod, 'Normal', 'EvictedByVPA', 'Pod was evicted by VPA Updater to apply resource recommendation.')
    const message = `VPA Updater evicted Pod ${at.name} to apply resource recommendation.`
    record(autoscaler, 'Normal', 'EvictedPod', message)
  }
  for (const { pod, containers } of plan.resize) {
    const resized = containers.map(({ index, requests, limits }) => {
      const resources = { requests, ...(Object.keys(limits).length === 0 ? {} : { limits }) }
      return { name: pod.spec.containers[index]!.name, resources }
    })
    const body = { metadata: { uid: pod.metadata.uid }, spec: { containers: resized } }
    try {
      await client.patch(pods, nameOf(pod), { type: 'strategic', body }, 'resize')
      memory.resized.set(pod.metadata.uid, clock.now())
      because(`resized ${pod.metadata.name}`)
      record(pod, 'Normal', 'InPlaceResizedByVPA', 'Pod was resized in place by VPA Updater.')
    } catch (error) {
      if (!(error instanceof StatusError) || [404, 409].includes(error.code)) continue
      if (updateModeOf(autoscaler) === 'InPlaceOrRecreate') await evict(pod)
    }
  }
  for (const pod of plan.evict) await evict(pod)
}
