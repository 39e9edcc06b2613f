import type { Client } from '../../client/index.ts'
import {
  type Clock,
  isNotFound,
  labelQueryOf,
  labelQueryText,
  msOf,
  parseDuration,
  StatusError,
} from '../../machinery/index.ts'
import type {
  CrossVersionObjectReference,
  MetricIdentifier,
  PodMetrics as PodMetricsObject,
} from '../../resources/index.ts'
import { podMetrics, type ResourceDefinition } from '../../resources/index.ts'
import { millisOf, type PodMetric, type PodMetrics } from './usage.ts'

/** Which kind a reference names, best version first. Rejects when nothing of the kind is served. */
export type ResolveKind = (client: Client, group: string, kind: string) => Promise<readonly ResourceDefinition<any>[]>

const customGroup = 'custom.metrics.k8s.io'
const customVersions = ['v1beta2', 'v1beta1']
const externalMetrics = { group: 'external.metrics.k8s.io', version: 'v1beta1' }
/** Kubernetes: the window of custom metrics that state none. */
const windowDefaultMs = 60_000
const versionKeptMs = 30_000

interface MetricValueList {
  readonly items?: readonly {
    readonly describedObject?: { readonly name?: string }
    readonly timestamp?: string
    readonly windowSeconds?: number
    readonly window?: number
    readonly value: string
  }[]
}

/** Reads the three APIs of metrics. Failures reject with an Error in Kubernetes' words. */
export class MetricsApi {
  readonly #clock: Clock
  readonly #resolve: ResolveKind
  #custom: { readonly version: string; readonly atMs: number } | undefined

  constructor(parts: { readonly clock: Clock; readonly resolve: ResolveKind }) {
    this.#clock = parts.clock
    this.#resolve = parts.resolve
  }

  /** What pods use of a resource: all their containers together, or the one named. */
  async resource(client: Client, { resource, namespace, selector, container }: ResourceQuery): Promise<PodMetrics> {
    const items = await read('resource metrics', async () => {
      const list = await client
        .list(podMetrics, { namespace, labelSelector: selector })
        .catch(explained('pods.metrics.k8s.io'))
      return list.items
    })
    const found = new Map<string, PodMetric>()
    for (const item of items) {
      const value = container === '' ? sumOf(item, resource) : containerValue(item, resource, container)
      if (value === undefined) continue
      found.set(item.metadata.name, { value, atMs: msOf(item.timestamp), windowMs: parseDuration(item.window) })
    }
    return found
  }

  /** A custom metric of each of the selected pods. */
  async pods(client: Client, namespace: string, selector: string, metric: MetricIdentifier): Promise<PodMetrics> {
    const labelSelector = selector === '' ? {} : { labelSelector: selector }
    const items = await read('custom metrics', async () => {
      const query = { ...labelSelector, ...metricSelectorOf(metric) }
      const call = { resource: 'pods', namespace, name: '*', subresource: metric.name, query }
      return (await this.#readCustom(client, call)).items ?? []
    })
    return new Map(
      items.map(({ describedObject, timestamp, windowSeconds, window, value }) => {
        const seconds = windowSeconds ?? window
        const windowMs = seconds === undefined ? windowDefaultMs : seconds * 1000
        return [describedObject?.name ?? '', { value: millisOf(value), atMs: msOf(timestamp), windowMs }]
      }),
    )
  }

  /** A custom metric of one object, in thousandths. */
  async object(
    client: Client,
    namespace: string,
    { apiVersion = '', kind, name }: CrossVersionObjectReference,
    metric: MetricIdentifier,
  ): Promise<bigint> {
    const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : ''
    const items = await read(
      'custom metrics',
      async () => {
        const query = metricSelectorOf(metric)
        if (kind === 'Namespace' && group === '') {
          // Kubernetes: whatever namespace is named, it is the autoscaler's own that is asked about.
          const list = await this.#readCustom(client, { resource: 'metrics', namespace, name: metric.name, query })
          return list.items ?? []
        }
        const [mapped] = await this.#resolve(client, group, kind).catch((error: Error) => {
          throw new Error(
            `unable to map kind ${group === '' ? kind : `${kind}.${group}`} to resource: ${error.message}`,
          )
        })
        const resource = group === '' ? mapped!.plural : `${mapped!.plural}.${group}`
        const call = { resource, namespace, name, subresource: metric.name, query }
        const found = (await this.#readCustom(client, call)).items ?? []
        return found
      },
      (found) =>
        found.length === 1
          ? undefined
          : `unable to fetch metrics from custom metrics API: the custom metrics API server returned ${found.length} results when we asked for exactly one`,
    )
    return millisOf(items[0]!.value)
  }

  /** The values of an external metric that the selector finds, in thousandths. */
  async external(client: Client, namespace: string, metric: MetricIdentifier): Promise<readonly bigint[]> {
    const labelSelector = labelQueryText(labelQueryOf(metric.selector))
    const items = await read('external metrics', async () => {
      const query: Record<string, string> = labelSelector === '' ? {} : { labelSelector }
      const list = await client
        .read<MetricValueList>({ ...externalMetrics, resource: metric.name, namespace, query })
        .catch(explained(`${metric.name}.${externalMetrics.group}`))
      return list.items ?? []
    })
    return items.map(({ value }) => millisOf(value))
  }

  async #readCustom(
    client: Client,
    call: Omit<Parameters<Client['read']>[0], 'group' | 'version'>,
  ): Promise<MetricValueList> {
    const version = await this.#customVersion(client)
    return client
      .read<MetricValueList>({ group: customGroup, version, ...call })
      .catch(explained(`${call.resource}.${customGroup}`))
  }

  /** Kubernetes: the version that the server of custom metrics prefers, as discovery tells it, asked for now and then. */
  async #customVersion(client: Client): Promise<string> {
    const nowMs = this.#clock.monotonic()
    if (this.#custom !== undefined && nowMs - this.#custom.atMs < versionKeptMs) return this.#custom.version
    const { groupVersions } = await client.discover()
    const served = groupVersions.filter(({ group }) => group === customGroup).map(({ version }) => version)
    if (served.length === 0) throw new Error(`no custom metrics API (${customGroup}) registered`)
    const version = served.find((one) => customVersions.includes(one))
    if (version === undefined) throw new Error('no known available metric versions found')
    this.#custom = { version, atMs: nowMs }
    return version
  }
}

export interface ResourceQuery {
  readonly resource: string
  readonly namespace: string
  /** As label selectors are written in queries. */
  readonly selector: string
  readonly container: string
}

async function read<T>(
  api: string,
  ask: () => Promise<readonly T[]>,
  problem: (items: readonly T[]) => string | undefined = (items) =>
    items.length === 0 ? `no metrics returned from ${api} API` : undefined,
): Promise<readonly T[]> {
  const items = await ask().catch((error: Error) => {
    throw new Error(`unable to fetch metrics from ${api} API: ${error.message}`, { cause: error })
  })
  const why = problem(items)
  if (why !== undefined) throw new Error(why)
  return items
}

/** Kubernetes: clients say themselves what it was that the server knows nothing of. */
function explained(what: string): (error: unknown) => never {
  return (error) => {
    const nowhere = 'the server could not find the requested resource'
    if (isNotFound(error) && error instanceof StatusError && error.message === nowhere)
      throw new Error(`${nowhere} (get ${what})`, { cause: error })
    throw error
  }
}

function metricSelectorOf({ selector }: MetricIdentifier): Record<string, string> {
  const text = labelQueryText(labelQueryOf(selector))
  return text === '' ? {} : { metricLabelSelector: text }
}

function sumOf({ containers }: PodMetricsObject, resource: string): bigint | undefined {
  if (containers.length === 0) return undefined
  let sum = 0n
  for (const { usage } of containers) {
    const value = usage[resource]
    if (value === undefined) return undefined
    sum += millisOf(value)
  }
  return sum
}

function containerValue({ containers }: PodMetricsObject, resource: string, container: string): bigint | undefined {
  const value = containers.find(({ name }) => name === container)?.usage[resource]
  return value === undefined ? undefined : millisOf(value)
}
