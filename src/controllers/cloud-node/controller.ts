import { nameOf } from '../../machinery/index.ts'
import { type Node, nodes } from '../../resources/index.ts'
import type { CloudInstance, CloudProvider } from '../runtime/cloud-provider.ts'
import type { Controller, Turn } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import { changedAddresses, initialized, isUninitialized, laggingLabels } from './plan.ts'

const delayBuckets = [1, 4, 16, 64, 256, 1024]

/** Tells new nodes what the cloud knows of them, and keeps their addresses right. */
export function cloudNodeController(cloud: CloudProvider): Controller {
  return {
    name: 'cloud-node-controller',
    queueName: 'Nodes',
    account: 'node-controller',
    eventSource: 'cloud-node-controller',
    watches: [each(nodes)],
    start({ cached, clock, record, metrics, wake, signal }) {
      const all = cached(nodes)
      const taintDelay = metrics.histogram(
        'node_controller_cloud_provider_taint_removal_delay_seconds',
        'Number of seconds after node creation when NodeController removed the cloud-provider taint of a single node.',
        delayBuckets,
      )
      const syncDelay = metrics.histogram(
        'node_controller_initial_node_sync_delay_seconds',
        'Number of seconds after node creation when NodeController finished the initial synchronization of a single node.',
        delayBuckets,
      )
      /** Nodes whose addresses were compared with the cloud's since it last changed. */
      const compared = new Set<string>()
      const subscription = cloud.subscribe(() => {
        compared.clear()
        for (const node of all.list()) wake(nameOf(node))
      })
      signal.addEventListener('abort', () => subscription[Symbol.dispose](), { once: true })

      async function initialize(node: Node, turn: Turn): Promise<void> {
        const { name, creationTimestamp } = node.metadata
        let instance: CloudInstance | undefined
        try {
          instance = await cloud.instanceOf(node)
        } catch (error) {
          throw new Error(`failed to get instance metadata for node ${name}: ${messageOf(error)}`, { cause: error })
        }
        // Nothing is known of it yet: a change in the cloud, or of the node, makes it be looked at again.
        if (instance === undefined) return turn.because('the cloud has no instance for the node')
        const planned = initialized(node, instance)
        if ('problem' in planned)
          throw new Error(`failed to get node modifiers from cloud provider: ${planned.problem}`)
        turn.because(`is instance ${instance.providerId}`)
        const written = await turn.client.update(nodes, planned.node)
        const ageSeconds = () => (clock.now() - Date.parse(creationTimestamp ?? '')) / 1000
        taintDelay.observe(ageSeconds())
        await setAddresses(written, instance, turn)
        record(node, 'Normal', 'Synced', 'Node synced successfully')
        syncDelay.observe(ageSeconds())
      }

      return async function reconcile(name, turn) {
        const node = all.get(name)
        if (node === undefined) {
          compared.delete(name.name)
          return undefined
        }
        if (isUninitialized(node)) {
          await initialize(node, turn)
          return undefined
        }
        const labels = laggingLabels(node)
        if (labels !== undefined)
          await turn.client.patch(nodes, name, { type: 'merge', body: { metadata: { labels } } })
        if (compared.has(name.name)) return undefined
        compared.add(name.name)
        try {
          const instance = await cloud.instanceOf(node)
          if (instance !== undefined) await setAddresses(node, instance, turn)
        } catch (error) {
          compared.delete(name.name)
          throw error
        }
        return undefined
      }
    },
  }
}

async function setAddresses(node: Node, instance: CloudInstance, { client, because }: Turn): Promise<void> {
  const addresses = changedAddresses(node, instance)
  if (addresses === undefined) return
  because(`has the addresses ${addresses.map(({ type, address }) => `${type} ${address}`).join(', ')}`)
  // Whole, so that none of old is left among them.
  const metadata = { resourceVersion: node.metadata.resourceVersion }
  await client.patch(nodes, nameOf(node), { type: 'merge', body: { metadata, status: { addresses } } }, 'status')
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
