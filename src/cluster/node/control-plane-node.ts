import { type Client, createClient } from '../../client/index.ts'
import { type Clock, isNotFound } from '../../machinery/index.ts'
import { nodes } from '../../resources/index.ts'

const labels = {
  'node-role.kubernetes.io/control-plane': '',
  'node.kubernetes.io/exclude-from-external-load-balancers': '',
}
const untilThereMs = 100
const checkMs = 10_000

/** Sees to it that the node which runs the control plane says so. A node may not say that of itself. */
export async function markControlPlane(
  transport: Parameters<typeof createClient>[0],
  name: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const client = createClient(transport)
  while (!signal.aborted) {
    const isThere = await mark(client, name)
    await clock.sleep(isThere ? checkMs : untilThereMs, signal).catch(() => {})
  }
}

async function mark(client: Client, name: string): Promise<boolean> {
  try {
    const { metadata } = await client.get(nodes, { name })
    if (Object.keys(labels).every((label) => metadata.labels?.[label] !== undefined)) return true
    await client.patch(nodes, { name }, { type: 'merge', body: { metadata: { labels } } })
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}
