/** Creates pods over HTTPS, from a thread of its own as a client would be, and says when all are accepted. */
import { parentPort, workerData } from 'node:worker_threads'
import { openSession } from '../session.ts'

const { kubeconfig, callsAtOnce } = workerData as { readonly kubeconfig: string; readonly callsAtOnce: number }
const session = openSession(kubeconfig)

interface Order {
  readonly namespace: string
  readonly names: readonly string[]
  readonly template: { readonly metadata: object; readonly spec: object }
}

parentPort!.on('message', async ({ namespace, names, template }: Order) => {
  const path = `/api/v1/namespaces/${namespace}/pods`
  let at = 0
  const one = async () => {
    while (at < names.length) {
      const metadata = { ...template.metadata, generateName: undefined, name: names[at++]!, namespace }
      await session.call('POST', path, { ...template, metadata })
    }
  }
  await Promise.all(Array.from({ length: callsAtOnce }, one))
  parentPort!.postMessage('created')
})
