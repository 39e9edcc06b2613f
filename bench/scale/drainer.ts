/** Drains nodes as kubectl does, over HTTPS and from a thread of its own; tells when all of them are empty. */
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { openSession } from '../session.ts'

const { kubeconfig, namespace, nodes } = workerData as {
  readonly kubeconfig: string
  readonly namespace: string
  readonly nodes: readonly string[]
}
/** kubectl: how long it waits after a budget said no, and between looks at pods that are going. */
const refusedMs = 5000
const lookMs = 1000
const session = openSession(kubeconfig)
const pods = `/api/v1/namespaces/${namespace}/pods`

async function podsOn(node: string): Promise<readonly string[]> {
  const { items } = JSON.parse(await session.text(`${pods}?fieldSelector=spec.nodeName%3D${node}`))
  return items.map(({ metadata }: { readonly metadata: { readonly name: string } }) => metadata.name)
}

async function evict(name: string): Promise<void> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } }
  for (;;) {
    const refused = await session.call('POST', `${pods}/${name}/eviction`, eviction).then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (refused === undefined || refused.endsWith('404')) return
    if (!refused.endsWith('429')) throw new Error(refused)
    await sleep(refusedMs)
  }
}

for (const node of nodes) {
  const cordon = { spec: { unschedulable: true } }
  await session.call('PATCH', `/api/v1/nodes/${node}`, cordon, 'application/merge-patch+json')
  const names = await podsOn(node)
  await Promise.all(names.map(evict))
  const going = new Set(names)
  while ((await podsOn(node)).some((name) => going.has(name))) await sleep(lookMs)
}
parentPort!.postMessage('drained')
session.http2.destroy()
