import { isNotFound, isTerminal, type Metrics, nameOf, type ObjectName } from '../../machinery/index.ts'
import { nodes, type Pod, pods } from '../../resources/index.ts'
import type { Cached, Controller, Tools, Turn } from '../runtime/controller.ts'
import { markDisrupted } from '../runtime/pod-failure.ts'
import { settingsOf } from '../runtime/settings.ts'
import { forAll } from '../runtime/slow-start.ts'
import { each } from '../runtime/watches.ts'
import { excessTerminated, outOfServicePods } from './plan.ts'

/** Kubernetes: a node must be missed for this long before its pods are given up. */
const quarantineMs = 40_000
/** Stands for all the ended pods; no node can have this name. */
const terminated: ObjectName = { name: '#terminated' }

/** Removes the pods that nobody else will: of nodes that are gone, ended long ago, or never placed and already going. */
export const podGcController: Controller = {
  name: 'pod-garbage-collector-controller',
  account: 'pod-garbage-collector',
  watches: [each(nodes), { resource: pods, wake: (pod: Pod, cached) => concernsOf(pod, cached) }],
  start(tools) {
    const { cached, clock, config } = tools
    const { terminatedPodsMax } = settingsOf(config)
    const allPods = cached(pods)
    const allNodes = cached(nodes)
    allPods.addIndex('node', ({ spec }) => [spec.nodeName ?? ''])
    allPods.addIndex('ended', (pod) => (isTerminal(pod) ? ['yes'] : []))
    const missedSinceMs = new Map<string, number>()
    const measured = measuredDeletes(tools.metrics)

    return async function reconcile(name, turn) {
      if (name.namespace !== undefined) return unplaced(allPods.get(name), measured('unscheduled', tools), turn)
      if (name.name === terminated.name) {
        const excess = excessTerminated(allPods.by('ended', 'yes'), terminatedPodsMax)
        const terminating = measured('terminated', tools)
        await forAll(excess, (pod) => terminating.counting(pod, () => remove(pod, turn)))
        return undefined
      }
      const onNode = allPods.by('node', name.name)
      const node = allNodes.get(name)
      if (node !== undefined || onNode.length === 0) {
        missedSinceMs.delete(name.name)
        const message = 'PodGC: node is out-of-service'
        const leaving = measured('out-of-service', tools)
        if (node !== undefined) await forAll(outOfServicePods(node, onNode), (pod) => fail(pod, message, leaving, turn))
        return undefined
      }
      const nowMs = clock.monotonic()
      const sinceMs = missedSinceMs.get(name.name) ?? nowMs
      missedSinceMs.set(name.name, sinceMs)
      if (nowMs - sinceMs < quarantineMs) return { againInMs: quarantineMs - (nowMs - sinceMs) }
      if (await isThere(name, turn)) return undefined
      const orphaned = measured('orphaned', tools)
      await forAll(onNode, (pod) => fail(pod, 'PodGC: node no longer exists', orphaned, turn))
      return undefined
    }
  },
}

function concernsOf(pod: Pod, cached: Cached): readonly ObjectName[] {
  const { nodeName } = pod.spec
  const ended = isTerminal(pod) ? [terminated] : []
  const isGoing = pod.metadata.deletionTimestamp !== undefined
  if (nodeName === undefined || nodeName === '') return isGoing ? [...ended, nameOf(pod)] : ended
  const node = cached(nodes).get({ name: nodeName })
  const isConcerned = node === undefined || (isGoing && (node.spec.taints?.length ?? 0) > 0)
  return isConcerned ? [...ended, { name: nodeName }] : ended
}

async function unplaced(pod: Pod | undefined, tools: CountingTools, turn: Turn): Promise<undefined> {
  if (pod?.metadata.deletionTimestamp !== undefined && (pod.spec.nodeName ?? '') === '')
    await fail(pod, undefined, tools, turn)
  return undefined
}

/** The tools, with a way to count what is deleted by force, and for which reason. */
type CountingTools = Tools & { counting(pod: Pod, act: () => Promise<void>): Promise<void> }

function measuredDeletes(metrics: Metrics): (reason: string, tools: Tools) => CountingTools {
  const total = metrics.counter(
    'pod_gc_collector_force_delete_pods_total',
    'Number of pods that are being forcefully deleted since the Pod GC Controller started.',
  )
  const errors = metrics.counter(
    'pod_gc_collector_force_delete_pod_errors_total',
    'Number of errors encountered when forcefully deleting the pods since the Pod GC Controller started.',
  )
  return (reason, tools) => ({
    ...tools,
    async counting({ metadata }, act) {
      const labels = { namespace: metadata.namespace ?? '', reason }
      total.inc(labels)
      await act().catch((error: unknown) => {
        if (!isNotFound(error)) errors.inc(labels)
        throw error
      })
    },
  })
}

async function isThere(name: ObjectName, { client }: Turn): Promise<boolean> {
  try {
    await client.get(nodes, name)
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** Kubernetes: a pod that is taken from a lost node fails first, so that Jobs count it. */
async function fail(
  pod: Pod,
  message: string | undefined,
  { clock, counting }: CountingTools,
  turn: Turn,
): Promise<void> {
  try {
    if (message !== undefined) {
      turn.because(message)
      await markDisrupted(turn.client, pod, { reason: 'DeletionByPodGC', message, fails: true, nowMs: clock.now() })
    }
    await counting(pod, () => remove(pod, turn))
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

async function remove(pod: Pod, { client }: Turn): Promise<void> {
  await client.delete(pods, nameOf(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } })
}
