import {
  type Clock,
  type Counter,
  cloneJson,
  isNotFound,
  type KubeObject,
  type Metrics,
  timestampOf,
} from '../../machinery/index.ts'
import {
  type APIService,
  apiServices,
  type Draft,
  type EndpointSlice,
  endpointSlices,
  type Service,
  services,
} from '../../resources/index.ts'
import { loopbackContext } from '../authn/loopback.ts'
import { discoveredVersion } from '../discovery/remote.ts'
import type { ServedResources } from '../discovery/served.ts'
import type { Section } from '../openapi/document.ts'
import { type ExtensionSections, sectionOfExtension } from '../openapi/extension.ts'
import { objectOf } from '../registry/encoding.ts'
import type { WatchHub } from '../watch/hub.ts'
import { type Availability, passed, unavailability } from './availability.ts'
import { type ExtensionParts, readDocument } from './extension.ts'

export interface AggregatorParts extends ExtensionParts {
  readonly hub: WatchHub
  readonly clock: Clock
  readonly served: ServedResources
  readonly metrics: Metrics
  readonly onError: (error: unknown, about: string) => void
  /** Told that nobody else is to serve the group version of an APIService any more. */
  readonly onReturned: (name: string) => void
}

const checkPeriodMs = 30_000
const retryMs = 1_000
const checkTimeoutMs = 5_000
/** One group version that another server serves. */
export interface Remote {
  readonly service: APIService
  readonly available: boolean
  /** Where its part of OpenAPI v3 is, with its hash, as it told. */
  readonly openApi: Readonly<Record<string, unknown>>
  /** Its part of OpenAPI v2, once somebody wanted it, with the place of v3 it was read beside. */
  readonly older?: { readonly beside: string; readonly section: Section }
}

/**
 * Group versions that APIServices hand to extension servers: whether each is available, what it serves, and where its
 * requests go. One that does not answer is shown as stale, and the rest goes on working.
 */
export class Aggregator {
  readonly #parts: AggregatorParts
  readonly #remotes = new Map<string, Remote>()
  readonly #checking = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  readonly #lost: Counter

  constructor(parts: AggregatorParts) {
    this.#parts = parts
    parts.metrics.readings(
      'aggregator_unavailable_apiservice',
      'gauge',
      'Gauge of APIServices which are marked as unavailable broken down by APIService name.',
      () =>
        [...this.#remotes.values()].map(({ service, available }) => ({
          labels: { name: service.metadata.name },
          value: available ? 0 : 1,
        })),
    )
    this.#lost = parts.metrics.counter(
      'aggregator_unavailable_apiservice_total',
      'Counter of APIServices which are marked as unavailable broken down by APIService name and reason.',
    )
  }

  /** The server behind a group version, when it is not this one. */
  remote(group: string, version: string): Remote | undefined {
    return this.#remotes.size === 0 ? undefined : this.#remotes.get(`${group}/${version}`)
  }

  get remotes(): Iterable<Remote> {
    return this.#remotes.values()
  }

  /** The parts of OpenAPI v2 that other servers serve, read when somebody wants them. */
  readonly olderSections: ExtensionSections = {
    key: () =>
      [...this.#remotes]
        .filter(([, { available }]) => available)
        .map(([key, { openApi }]) => `${key} ${JSON.stringify(openApi)}`)
        .join(),
    read: async () => {
      const sections = await Promise.all([...this.#remotes].map(([key, remote]) => this.#olderSection(key, remote)))
      return sections.flatMap((section) => section ?? [])
    },
  }

  async #olderSection(key: string, remote: Remote): Promise<Section | undefined> {
    if (!remote.available) return undefined
    const beside = JSON.stringify(remote.openApi)
    if (remote.older?.beside === beside) return remote.older.section
    const stop = new AbortController()
    using _timer = this.#parts.clock.after(checkTimeoutMs, () => stop.abort())
    try {
      const { group = '', version = '' } = remote.service.spec
      const document = await readDocument(remote.service, '/openapi/v2', this.#parts, stop.signal)
      const section = sectionOfExtension(document, group, version)
      const known = this.#remotes.get(key)
      if (known !== undefined) this.#remotes.set(key, { ...known, older: { beside, section } })
      return section
    } catch {
      return undefined
    }
  }

  /** Follows APIServices and what they need until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { hub, registry, clock } = this.#parts
    using _services = hub.onChange(apiServices, ({ type, entry }) => {
      const name = entry.key.slice(entry.key.lastIndexOf('/') + 1)
      this.#take(name, type === 'put' ? (objectOf(apiServices, entry) as APIService) : undefined, signal)
    })
    const concerned = () => {
      if (this.#remotes.size > 0) for (const { service } of this.#remotes.values()) this.#check(service, signal)
    }
    using _endpoints = hub.onChange(endpointSlices, concerned)
    using _services2 = hub.onChange(services, concerned)
    for (const one of await registry().all<APIService>(apiServices)) this.#take(one.metadata.name, one, signal)
    while (!signal.aborted) {
      await clock.sleep(checkPeriodMs, signal).catch(() => {})
      concerned()
    }
    await Promise.allSettled(this.#checking.values())
  }

  #take(name: string, service: APIService | undefined, signal: AbortSignal): void {
    const [version = '', ...rest] = name.split('.')
    const group = rest.join('.')
    const key = `${group}/${version}`
    if (service?.spec.service === undefined) {
      if (!this.#remotes.delete(key)) return
      this.#parts.served.setRemote(key, undefined)
      if (service === undefined) this.#parts.onReturned(name)
      return
    }
    const known = this.#remotes.get(key)
    this.#remotes.set(key, { service, available: isAvailable(service), openApi: known?.openApi ?? {} })
    const changed = JSON.stringify(known?.service.spec) !== JSON.stringify(service.spec)
    if (changed) this.#show(service, undefined)
    if (changed || known === undefined) this.#check(service, signal)
  }

  #check(service: APIService, signal: AbortSignal): void {
    const { name } = service.metadata
    if (this.#checking.has(name)) {
      this.#again.add(name)
      return
    }
    const checking = this.#checkNow(service, signal)
      .catch((error: unknown) => {
        if (!isNotFound(error)) this.#parts.onError(error, `apiservice ${name}`)
      })
      .finally(() => {
        this.#checking.delete(name)
        const { group = '', version = '' } = service.spec
        const current = this.#remotes.get(`${group}/${version}`)
        if (this.#again.delete(name) && current !== undefined && !signal.aborted) this.#check(current.service, signal)
      })
    this.#checking.set(name, checking)
  }

  async #checkNow(service: APIService, signal: AbortSignal): Promise<void> {
    const { group = '', version = '' } = service.spec
    const availability = (await this.#unavailability(service)) ?? (await this.#ask(service, signal))
    if (signal.aborted) return
    const key = `${group}/${version}`
    const known = this.#remotes.get(key)
    if (known === undefined) return
    const available = availability.status === 'True'
    this.#remotes.set(key, { ...known, available })
    if (!available) {
      this.#show(known.service, undefined)
      if (known.available) this.#lost.inc({ name: service.metadata.name, reason: availability.reason })
    }
    await this.#writeStatus(service.metadata.name, availability)
    if (available || availability.reason !== 'FailedDiscoveryCheck') return
    // Kubernetes: one that does not answer is asked again soon, whatever else happens.
    void this.#parts.clock
      .sleep(retryMs, signal)
      .then(() => this.#check(known.service, signal))
      .catch(() => {})
  }

  async #unavailability(service: APIService): Promise<Availability | undefined> {
    const { name = '', namespace = '' } = service.spec.service ?? {}
    const registry = this.#parts.registry()
    const found = await registry.find<Service>(services, namespace, name)
    const slices = found === undefined ? [] : await registry.all<EndpointSlice>(endpointSlices, namespace)
    return unavailability(service.spec, found, slices)
  }

  /** Asks the server for what it serves; that it answers is all that availability means. */
  async #ask(service: APIService, signal: AbortSignal): Promise<Availability> {
    const { group = '', version = '' } = service.spec
    const stop = new AbortController()
    using _timer = this.#parts.clock.after(checkTimeoutMs, () => stop.abort())
    const either = AbortSignal.any([signal, stop.signal])
    try {
      const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
      const list = await readDocument(service, root, this.#parts, either)
      const openApi = await readDocument(service, '/openapi/v3', this.#parts, either).catch(() => ({}))
      const key = `${group}/${version}`
      const known = this.#remotes.get(key)
      const path = root.slice(1)
      const place = openApi?.paths?.[path]
      if (known !== undefined)
        this.#remotes.set(key, { ...known, openApi: place === undefined ? {} : { [path]: place } })
      this.#show(service, list)
      return passed
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { status: 'False', reason: 'FailedDiscoveryCheck', message }
    }
  }

  #show({ spec }: APIService, list: any): void {
    const { group = '', version = '', groupPriorityMinimum, versionPriority } = spec
    const key = `${group}/${version}`
    const known = this.#parts.served.remote(key)
    const resources = list === undefined ? (known?.resources ?? []) : discoveredVersion(group, version, list)
    const stale = list === undefined
    this.#parts.served.setRemote(key, { group, version, groupPriorityMinimum, versionPriority, resources, stale })
  }

  async #writeStatus(name: string, { status, reason, message }: Availability): Promise<void> {
    const now = timestampOf(this.#parts.clock.now())
    await this.#parts.registry().update(
      apiServices,
      undefined,
      name,
      {
        subresource: 'status',
        retry: true,
        next(current) {
          const draft = cloneJson(current as KubeObject) as Draft
          const conditions: readonly any[] = draft.status?.conditions ?? []
          const before = conditions.find(({ type }) => type === 'Available')
          const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now
          const condition = { lastTransitionTime, message, reason, status, type: 'Available' }
          const others = conditions.filter(({ type }) => type !== 'Available')
          draft.status = { ...draft.status, conditions: [...others, condition] }
          return draft
        },
      },
      loopbackContext(),
    )
  }
}

function isAvailable({ status }: APIService): boolean {
  return status?.conditions?.some((one) => one.type === 'Available' && one.status === 'True') === true
}
