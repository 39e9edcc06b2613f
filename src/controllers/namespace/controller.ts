import { isNotFound, type KubeObject, type Log, nameOf, type ObjectName } from '../../machinery/index.ts'
import {
  allResources,
  events,
  type Namespace,
  namespaces,
  pods,
  type ResourceDefinition,
  resourceForKind,
} from '../../resources/index.ts'
import type { Cached, Controller, Turn, Watch } from '../runtime/controller.ts'
import { each } from '../runtime/watches.ts'
import { deletionConditions, type Remaining, sameConditions } from './plan.ts'

const finalizer = 'kubernetes'
const foreignPeriodMs = 2_000
/** klog's level of step by step. */
const detail = 4

/** Kinds whose objects go with their namespace, each storage once, pods first. */
const contents: readonly ResourceDefinition<any>[] = contentsOf(allResources)
/** Kubernetes: events are nobody's to watch; they go with the last look. */
const watched = contents.filter((one) => one.storage.prefix !== events.storage.prefix)

/** Empties namespaces that are going, their pods before all else, and then lets them go. */
export const namespaceController: Controller = {
  name: 'namespace-controller',
  account: 'namespace-controller',
  workers: 10,
  watches: [each(namespaces), ...watched.map(contentOf)],
  start({ clock, cached, record, log }) {
    const all = cached(namespaces)
    for (const resource of watched) cached(resource)
    return async function reconcile(name, turn) {
      const namespace = all.get(name)
      if (namespace?.metadata.deletionTimestamp === undefined) return undefined
      if (!(namespace.spec.finalizers ?? []).includes(finalizer)) return undefined
      const nowMs = clock.now()
      const emptying = new Emptying(namespace, cached, turn, log.v(detail))
      const remaining = await emptying.run()
      const conditions = deletionConditions(namespace.status.conditions, remaining, emptying, nowMs)
      const isEmpty = remaining.every(({ objects }) => objects.length === 0)
      let current = namespace
      for (const { kind, objects } of remaining) {
        if (objects.length > 0) log.v(detail).info('waiting for what is left', waitedFor(namespace, kind, objects))
      }
      const failures = [...emptying.failures, ...emptying.undiscovered]
      if (!sameConditions(namespace.status.conditions, conditions) && !(isEmpty && failures.length === 0)) {
        const status = { ...namespace.status, phase: 'Terminating' as const, conditions }
        current = await turn.client.update(namespaces, { ...namespace, status }, 'status')
      }
      if (emptying.undiscovered.length > 0) {
        const why = `Discovery failed for some groups: ${emptying.undiscovered.join(', ')}`
        record(namespace, 'Warning', 'NamespaceDeletionDiscoveryFailure', why)
      }
      if (failures.length > 0) throw new Error(failures.join('; '))
      if (isEmpty) await finalize(current, turn)
      // Nobody tells of changes of kinds that are not built in.
      return isEmpty || !emptying.hasForeign ? undefined : { againInMs: foreignPeriodMs }
    }
  },
}

function waitedFor({ metadata }: Namespace, kind: string, objects: readonly KubeObject[]) {
  const finalizers = [...new Set(objects.flatMap((one) => one.metadata.finalizers ?? []))]
  return { namespace: metadata.name, resource: kind, left: objects.length, finalizers: finalizers.join(',') }
}

/** Lets the namespace go, as far as it is for this controller to say. */
async function finalize(namespace: Namespace, { client, because }: Turn): Promise<void> {
  const finalizers = (namespace.spec.finalizers ?? []).filter((one) => one !== finalizer)
  because('empty, so it may go')
  try {
    await client.update(namespaces, { ...namespace, spec: { finalizers } }, 'finalize')
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

class Emptying {
  readonly failures: string[] = []
  /** Group versions whose server does not answer: nobody knows what of theirs is left. */
  undiscovered: readonly string[] = []
  /** Whether objects are left of kinds that are not built in. */
  hasForeign = false
  readonly #query: { readonly namespace: string }
  readonly #cached: Cached
  readonly #turn: Turn
  readonly #detail: Pick<Log, 'info'>

  constructor(namespace: Namespace, cached: Cached, turn: Turn, detail: Pick<Log, 'info'>) {
    this.#query = { namespace: namespace.metadata.name }
    this.#cached = cached
    this.#turn = turn
    this.#detail = detail
  }

  /** Deletes what is there and answers what is left: as the caches say, until they say nothing; then as the server does. */
  async run(): Promise<readonly Remaining[]> {
    const podsLeft = await this.#empty(pods)
    // Kubernetes: nothing that a pod may need to end well goes before the pods have gone.
    if (podsLeft.objects.length > 0 || this.failures.length > 0) return [podsLeft]
    const left: Remaining[] = []
    for (const resource of watched) if (resource !== pods) left.push(await this.#empty(resource))
    if (left.some(({ objects }) => objects.length > 0) || this.failures.length > 0) return left
    // The caches may be late, so the last word is the server's.
    const foreign = await this.#foreign()
    const last = await Promise.all([...contents, ...foreign].map((resource) => this.#emptyLive(resource)))
    this.hasForeign = last.slice(contents.length).some(({ objects }) => objects.length > 0)
    return last
  }

  /** Kinds that are declared, or served by extension servers, each storage once. */
  async #foreign(): Promise<readonly ResourceDefinition<any>[]> {
    this.#detail.info('asking which groups are served', this.#query)
    const { resources, stale } = await this.#turn.client.discover()
    for (const groupVersion of stale)
      this.#detail.info('a group does not answer, so that nobody knows what of it is left', {
        ...this.#query,
        groupVersion,
      })
    this.undiscovered = stale.map((groupVersion) => `${groupVersion}: stale GroupVersion discovery: ${groupVersion}`)
    return contentsOf(resources).filter((one) => resourceForKind(one) === undefined)
  }

  async #empty(resource: ResourceDefinition<any>): Promise<Remaining> {
    const objects = this.#cached<KubeObject>(resource).list(this.#query.namespace)
    if (objects.some(({ metadata }) => metadata.deletionTimestamp === undefined)) await this.#delete(resource)
    return { kind: kindOf(resource), objects }
  }

  async #emptyLive(resource: ResourceDefinition<any>): Promise<Remaining> {
    try {
      return await this.#emptyNow(resource)
    } catch (error) {
      // A kind that is served no longer holds nothing.
      if (isNotFound(error)) return { kind: kindOf(resource), objects: [] }
      this.failures.push(`${kindOf(resource)}: ${error instanceof Error ? error.message : String(error)}`)
      return { kind: kindOf(resource), objects: [] }
    }
  }

  async #emptyNow(resource: ResourceDefinition<any>): Promise<Remaining> {
    const groupVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
    this.#detail.info('asking what is left', { ...this.#query, groupVersion, resource: resource.plural })
    const there = await this.#turn.client.list<KubeObject>(resource, { ...this.#query, limit: 1 })
    if (there.items.length === 0) return { kind: kindOf(resource), objects: [] }
    await this.#delete(resource)
    const left = await this.#turn.client.list<KubeObject>(resource, this.#query)
    return { kind: kindOf(resource), objects: left.items }
  }

  async #delete(resource: ResourceDefinition<any>): Promise<void> {
    this.#detail.info('deleting what is there', { ...this.#query, resource: kindOf(resource) })
    try {
      if (resource.verbs.includes('deletecollection')) {
        await this.#turn.client.deleteCollection(resource, this.#query, { propagationPolicy: 'Background' })
        return
      }
      const { items } = await this.#turn.client.list<KubeObject>(resource, this.#query)
      for (const object of items)
        await this.#turn.client.delete(resource, nameOf(object), { propagationPolicy: 'Background' })
    } catch (error) {
      this.failures.push(`${kindOf(resource)}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

const kindOf = ({ plural, group }: ResourceDefinition<any>) => `${plural}.${group}`

/** A change of an object wakes its namespace only while that is going. */
function contentOf(resource: ResourceDefinition<any>): Watch {
  return {
    resource,
    wake({ metadata }: KubeObject, cached): readonly ObjectName[] {
      const name = { name: metadata.namespace ?? '' }
      return cached(namespaces).get(name)?.metadata.deletionTimestamp === undefined ? [] : [name]
    },
  }
}

function contentsOf(all: readonly ResourceDefinition<any>[]): readonly ResourceDefinition<any>[] {
  const byStorage = new Map<string, ResourceDefinition<any>>([[pods.storage.prefix, pods]])
  for (const one of all) {
    const isContent = one.scope === 'Namespaced' && one.stored && one.servedByDefault && one.verbs.includes('delete')
    if (!isContent || !one.verbs.includes('list') || !one.verbs.includes('watch')) continue
    const known = byStorage.get(one.storage.prefix)
    const isStored = one.group === one.storage.group && one.version === one.storage.version
    if (known === undefined || (isStored && known !== pods)) byStorage.set(one.storage.prefix, one)
  }
  return [...byStorage.values()]
}
