import { isNotFound, nameOf } from '../../machinery/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import type { CloudProvider } from '../runtime/cloud-provider.ts'
import type { Controller } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import { isAsked, planOfReady, planOfUnready } from './plan.ts'

/**
 * Takes away nodes whose machine is gone, and marks those whose machine is shut down.
 *
 * Unlike Kubernetes: the cloud is asked when it or a node has changed, not every five seconds.
 */
export function cloudNodeLifecycleController(cloud: CloudProvider): Controller {
  return {
    name: 'cloud-node-lifecycle-controller',
    account: 'node-controller',
    eventSource: 'cloud-node-lifecycle-controller',
    watches: [each(nodes)],
    start({ cached, clock, record, wake, signal }) {
      const all = cached(nodes)
      const subscription = cloud.subscribe(() => {
        for (const node of all.list()) if (isAsked(node)) wake(nameOf(node))
      })
      signal.addEventListener('abort', () => subscription[Symbol.dispose](), { once: true })
      return async function reconcile(name, turn) {
        const node: Node | undefined = all.get(name)
        if (node === undefined || node.metadata.deletionTimestamp !== undefined) return undefined
        const plan = isAsked(node) ? planOfUnready(node, await cloud.instanceOf(node), clock.now()) : planOfReady(node)
        if (plan === undefined) return undefined
        if (plan.does === 'taint') {
          turn.because('says whether its machine is shut down')
          const metadata = { resourceVersion: node.metadata.resourceVersion }
          await turn.client.patch(nodes, name, { type: 'merge', body: { metadata, spec: { taints: plan.taints } } })
          return undefined
        }
        turn.because('its machine is gone')
        const text = `Deleting node ${name.name} because it does not exist in the cloud provider`
        record(node, 'Normal', 'DeletingNode', text)
        try {
          await turn.client.delete(nodes, name, { preconditions: { uid: node.metadata.uid } })
        } catch (error) {
          if (isNotFound(error)) return undefined
          const why = error instanceof Error ? error.message : String(error)
          record(node, 'Warning', 'DeletingNodeFailed', `Failed deleting node ${name.name}: ${why}`)
          throw error
        }
        return undefined
      }
    },
  }
}
