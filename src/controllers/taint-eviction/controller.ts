import { isNotFound, isTerminal, keyOf, nameOf } from '../../machinery/index.ts'
import { type Node, nodes, type Pod, pods } from '../../resources/index.ts'
import type { Controller } from '../runtime/controller.ts'
import { markDisrupted } from '../runtime/pod-failure.ts'
import { evictionMs, hasNoExecute } from './plan.ts'

/** Takes pods off nodes whose NoExecute taints they do not tolerate, or no longer. */
export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  account: 'node-controller',
  eventSource: 'taint-eviction-controller',
  workers: 8,
  watches: [
    {
      resource: pods,
      wake(pod: Pod, cached) {
        const node = cached(nodes).get({ name: pod.spec.nodeName ?? '' })
        return node !== undefined && hasNoExecute(node) ? [nameOf(pod)] : []
      },
    },
    {
      resource: nodes,
      wake: (node: Node, cached) => (hasNoExecute(node) ? cached(pods).by('node', node.metadata.name).map(nameOf) : []),
    },
  ],
  start({ cached, clock, record }) {
    const allPods = cached(pods)
    const allNodes = cached(nodes)
    allPods.addIndex('node', ({ spec }) => [spec.nodeName ?? ''])
    /** Pods that will leave, since when that is so. */
    const planned = new Map<string, number>()

    return async function reconcile(name, { client, because }) {
      const pod = allPods.get(name)
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || isTerminal(pod)) {
        planned.delete(keyOf(name))
        return undefined
      }
      const node = allNodes.get({ name: pod.spec.nodeName ?? '' })
      const nowMs = clock.now()
      const atMs = node === undefined ? undefined : evictionMs(pod, node, nowMs, planned.get(keyOf(name)))
      if (atMs === undefined) {
        if (planned.delete(keyOf(name)))
          record(pod, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${keyOf(name)}`)
        return undefined
      }
      if (atMs > nowMs) {
        if (!planned.has(keyOf(name))) planned.set(keyOf(name), nowMs)
        return { againInMs: atMs - nowMs }
      }
      planned.delete(keyOf(name))
      because(`node ${pod.spec.nodeName} has a taint it does not tolerate`)
      record(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(name)}`)
      const message = 'Taint manager: deleting due to NoExecute taint'
      try {
        await markDisrupted(client, pod, { reason: 'DeletionByTaintManager', message, fails: false, nowMs })
        await client.delete(pods, name, { preconditions: { uid: pod.metadata.uid } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
      return undefined
    }
  },
}
