import { request } from 'node:https'
import { kinds, pathOf } from './kinds.ts'
import { type Fates, statusOf } from './kubelet.ts'
import { type Answer, type Server, send } from './send.ts'

/** One version of an object, as it was seen. */
export interface Seen {
  readonly plural: string
  readonly gone: boolean
  readonly object: any
}
const mergePatch = { 'content-type': 'application/merge-patch+json' }
const strategicPatch = { 'content-type': 'application/strategic-merge-patch+json' }
const waitMs = 40_000

/** One of the two clusters: follows what is there, and plays the kubelets of its nodes. */
export class Side implements Disposable {
  readonly which: 'ours' | 'theirs'
  /** Every version of every object, in the order in which they were seen. */
  readonly history: Seen[] = []
  readonly #server: Server
  readonly #there = new Map<string, Map<string, any>>()
  readonly #fates = new Map<string, Fates>()
  /** What was done for each pod already, by uid. */
  readonly #done = new Map<string, Set<string>>()
  readonly #changedMs = new Map<string, number>()
  readonly #stop = new AbortController()

  constructor(which: 'ours' | 'theirs', server: Server) {
    this.which = which
    this.#server = server
    for (const plural of kinds.keys()) this.#there.set(plural, new Map())
  }

  /** Follows everything from now on. */
  async follow(): Promise<void> {
    for (const plural of kinds.keys()) {
      const list = JSON.parse((await this.call('GET', pathOf(plural))).text)
      for (const object of list.items) this.#take(plural, object, false)
      this.#watch(plural, list.metadata.resourceVersion)
    }
  }

  call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return send(this.#server, { ask: `${method} ${path}`, headers, ...(body === undefined ? {} : { body }) })
  }
  merge(path: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, body, mergePatch)
  }
  strategic(path: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', path, body, strategicPatch)
  }

  get(plural: string, namespace: string, name: string): any {
    return this.#there.get(plural)?.get(`${kinds.get(plural)?.namespaced === true ? namespace : ''}/${name}`)
  }
  list(plural: string, namespace: string): readonly any[] {
    return [...(this.#there.get(plural)?.values() ?? [])].filter(({ metadata }) => metadata.namespace === namespace)
  }

  /** Says what becomes of the pods of a namespace, those that are there too. */
  decide(namespace: string, fates: Fates): void {
    this.#fates.set(namespace, fates)
    for (const pod of this.list('pods', namespace)) void this.#live(pod)
  }

  /** Until something is so; answers whether it came to be. */
  async until(isSo: () => unknown): Promise<boolean> {
    const deadline = Date.now() + waitMs
    while (Date.now() < deadline) {
      try {
        if (isSo()) return true
      } catch (error) {
        // What is asked for is not there yet.
        if (!(error instanceof TypeError)) throw error
      }
      await pause(50)
    }
    return false
  }
  /** Until nothing has changed in a namespace for a while. */
  async quiet(namespace: string, ms = 2500): Promise<void> {
    await pause(ms / 3)
    await this.until(() => Date.now() - (this.#changedMs.get(namespace) ?? 0) > ms)
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
  }

  #take(plural: string, object: any, gone: boolean): void {
    const { namespace = '', name } = object.metadata
    const there = this.#there.get(plural)!
    if (gone) there.delete(`${namespace}/${name}`)
    else there.set(`${namespace}/${name}`, object)
    this.history.push({ plural, gone, object })
    this.#changedMs.set(namespace, Date.now())
    if (plural === 'pods' && !gone) void this.#live(object)
  }

  #watch(plural: string, resourceVersion: string): void {
    if (this.#stop.signal.aborted) return
    const { token, ...server } = this.#server
    const path = `${pathOf(plural)}?watch=1&resourceVersion=${resourceVersion}&timeoutSeconds=7200`
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const asked = request({ ...server, path, headers, agent: false, signal: this.#stop.signal }, (reply) => {
      let rest = ''
      reply.setEncoding('utf8').on('data', (part: string) => {
        const lines = `${rest}${part}`.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const { type, object } = JSON.parse(line)
          this.#take(plural, object, type === 'DELETED')
        }
      })
      reply.on('error', () => {})
    })
    asked.on('error', () => {}).end()
  }

  /** Does for a pod what its kubelet would. */
  async #live(pod: any): Promise<void> {
    const { namespace, name, uid, deletionTimestamp } = pod.metadata
    const fate = this.#fates.get(namespace)?.(pod)
    if ((pod.spec.nodeName ?? '') === '' || fate === undefined) return
    const done = this.#done.get(uid) ?? new Set()
    this.#done.set(uid, done)
    const path = pathOf('pods', namespace, name)
    const write = (next: object) => this.merge(`${path}/status`, { metadata: { uid }, status: next })
    const isOver = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
    const step = deletionTimestamp === undefined ? JSON.stringify(fate) : 'goes'
    if (done.has(step) || (isOver && deletionTimestamp === undefined)) return
    if (deletionTimestamp !== undefined && fate.stays === true) return
    done.add(step)
    if (deletionTimestamp === undefined) {
      await write(statusOf(pod, fate, addressOf(uid)))
      return
    }
    if (pod.status.phase === 'Running') await write(statusOf(pod, { phase: 'Failed', exitCode: 137 }, addressOf(uid)))
    await this.call('DELETE', path, { gracePeriodSeconds: 0, preconditions: { uid } })
  }
}

const addressOf = (uid: string) =>
  `10.244.${Number.parseInt(uid.slice(0, 2), 16)}.${Number.parseInt(uid.slice(2, 4), 16)}`

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
