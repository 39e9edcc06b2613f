import { type Clock, cloneJson, isAlreadyExists, type KubeObject, unavailable } from '../../machinery/index.ts'
import {
  agreementOf,
  allResources,
  type Draft,
  type ResourceDefinition,
  type StorageVersion,
  storageVersions,
} from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import { apiVersionOf } from '../registry/encoding.ts'
import type { Registry } from '../registry/registry.ts'
import { earlierVersionsOf } from './earlier-versions.ts'

type Server = NonNullable<NonNullable<StorageVersion['status']>['storageVersions']>[number]

export interface StorageVersionParts {
  readonly registry: Registry
  readonly clock: Clock
  /** The built-in resources that this server serves. */
  readonly served: readonly ResourceDefinition<any>[]
  /** What this server's lease is called. */
  readonly serverName: string
  readonly onError: (error: unknown, about: string) => void
}

/** What one server says of how a resource is stored. */
export interface StorageFact {
  /** `GROUP.RESOURCE`. */
  readonly name: string
  readonly encodingVersion: string
  readonly decodableVersions: readonly string[]
  readonly servedVersions: readonly string[]
}

/** How each kept resource is stored, read and served. Kubernetes: groups that share one store are told of under the first. */
export function storageFacts(served: readonly ResourceDefinition<any>[]): readonly StorageFact[] {
  const byStore = Map.groupBy(
    served.filter(({ stored }) => stored),
    ({ storage }) => storage.prefix,
  )
  return [...byStore.values()].map((together) => {
    const [first] = together.toSorted((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0))
    const { group, plural, storage } = first!
    const readable = (one: ResourceDefinition<any>) => one.storage.prefix === storage.prefix
    const known = allResources
      .filter(readable)
      .toSorted((a, b) => Number(b.group === group) - Number(a.group === group))
    const own = known.filter((one) => one.group === group).map(apiVersionOf)
    const others = known.filter((one) => one.group !== group).map(apiVersionOf)
    return {
      name: `${group === '' ? 'core' : group}.${plural}`,
      encodingVersion: apiVersionOf(storage),
      decodableVersions: [...new Set([...own, ...earlierVersionsOf(group, plural), ...others])],
      servedVersions: together.filter((one) => one.group === group).map(apiVersionOf),
    }
  })
}

const retellMs = 600_000
const retryMs = 1000

/** Tells in StorageVersion objects how this server stores what it serves (gate StorageVersionAPI). */
export class StorageVersions {
  readonly #parts: StorageVersionParts
  readonly #facts: readonly StorageFact[]
  readonly #pending: Set<string>
  #lastError: unknown

  constructor(parts: StorageVersionParts) {
    this.#parts = parts
    this.#facts = storageFacts(parts.served)
    this.#pending = new Set(this.#facts.map(({ name }) => name))
  }

  /** Tells once the server's lease is there, and again from time to time. */
  async run(leased: Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, onError } = this.#parts
    await leased
    while (!signal.aborted) {
      for (const fact of this.#facts) {
        await this.#tell(fact).then(
          () => this.#pending.delete(fact.name),
          (error: unknown) => {
            this.#lastError = error
            onError(error, `the storage version of ${fact.name}`)
          },
        )
      }
      await clock.sleep(this.#pending.size > 0 ? retryMs : retellMs, signal).catch(() => {})
    }
  }

  /**
   * Kubernetes: nothing is written before it is known in which version, or nobody could tell what has to be migrated. Throws
   * 503 until this server has told of the resource; what tells of servers and storage may always be written.
   */
  checkWrite({ group, plural }: ResourceDefinition<any>, namespace: string | undefined): void {
    if (!this.#pending.has(`${group === '' ? 'core' : group}.${plural}`)) return
    if (plural === storageVersions.plural && group === storageVersions.group) return
    if (group === 'coordination.k8s.io' && namespace === 'kube-system') return
    const what = group === '' ? plural : `${plural}.${group}`
    const error = this.#lastError === undefined ? '<nil>' : String((this.#lastError as Error).message)
    throw unavailable(
      `wait for storage version registration to complete for resource: ${what}, last seen error: ${error}`,
    )
  }

  async #tell({ name, ...said }: StorageFact): Promise<void> {
    const { registry, clock, serverName } = this.#parts
    const metadata = { name }
    const body = { apiVersion: 'internal.apiserver.k8s.io/v1alpha1', kind: 'StorageVersion', metadata, spec: {} }
    await registry.create(storageVersions, undefined, body, loopbackContext()).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
    const next = (current: KubeObject | undefined): Draft => {
      const draft: Draft = cloneJson(current as KubeObject)
      const mine: Server = { apiServerID: serverName, ...said } as Server
      const servers: readonly Server[] = draft.status?.storageVersions ?? []
      const isMine = ({ apiServerID }: Server) => apiServerID === serverName
      const all = servers.some(isMine) ? servers.map((one) => (isMine(one) ? mine : one)) : [...servers, mine]
      draft.status = agreementOf(current as StorageVersion, all, clock.now())
      return draft
    }
    const change = { subresource: 'status', retry: true, next }
    await registry.update(storageVersions, undefined, name, change, loopbackContext())
  }
}
