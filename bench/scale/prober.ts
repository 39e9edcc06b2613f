/** Asks the API over HTTPS at a steady rate, from a thread of its own, and tells how long each answer took. */
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { openSession } from '../session.ts'

const { kubeconfig, namespace, perSecond } = workerData as {
  readonly kubeconfig: string
  readonly namespace: string
  readonly perSecond: number
}
const session = openSession(kubeconfig)
const path = `/api/v1/namespaces/${namespace}/configmaps`
let single: number[] = []
let lists: number[] = []
let failed = 0

parentPort!.on('message', () => {
  parentPort!.postMessage({ single, lists, failed })
  single = []
  lists = []
  failed = 0
})

const configMap = (name: string, value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data: { value },
})
const body = { data: { value: 'new' } }
const probe = async (at: number): Promise<void> => {
  const name = `probe-${at}`
  single.push(await session.call('POST', path, configMap(name, 'old')))
  single.push(await session.call('GET', `${path}/${name}`))
  single.push(await session.call('PATCH', `${path}/${name}`, body, 'application/merge-patch+json'))
  single.push(await session.call('DELETE', `${path}/${name}`))
  lists.push(await session.call('GET', `/api/v1/namespaces/${namespace}/pods?limit=500`))
}
for (let at = 0; ; at++) {
  void probe(at).catch(() => failed++)
  await sleep(5000 / perSecond)
}
