import { type Clock, durationText, type KubeObject, notFound, timestampOf } from '../../machinery/index.ts'
import {
  type Node,
  nodeMetrics,
  nodes,
  type Pod,
  podMetrics,
  pods,
  type ResourceDefinition,
} from '../../resources/index.ts'
import type { Registry } from '../registry/registry.ts'
import { selectionOf } from '../registry/selection.ts'
import type { RequestContext, Result } from '../request.ts'
import type { HandlerTable, SpecialHandler } from '../subresources/subresources.ts'
import type { Scraper } from './scraper.ts'

export interface ResourceMetricsParts {
  readonly registry: Registry
  readonly scraper: Scraper
  readonly clock: Clock
}

/** metrics.k8s.io: what nodes and pods use, as metrics-server tells it. */
export function resourceMetrics({ registry, scraper, clock }: ResourceMetricsParts): HandlerTable {
  const created = () => timestampOf(clock.now())
  const ofNode = ({ metadata: { name, labels } }: Node): object | undefined => {
    const used = scraper.node(name)
    if (used === undefined) return undefined
    return {
      metadata: { name, creationTimestamp: created(), ...(labels === undefined ? {} : { labels }) },
      timestamp: timestampOf(used.atMs),
      window: durationText(used.windowMs),
      usage: used.usage,
    }
  }
  const ofPod = ({ metadata: { name, namespace = '', labels }, status }: Pod): object | undefined => {
    // Kubernetes: only of pods that run.
    const used = status?.phase === 'Running' ? scraper.pod(namespace, name) : undefined
    if (used === undefined) return undefined
    return {
      metadata: { name, namespace, creationTimestamp: created(), ...(labels === undefined ? {} : { labels }) },
      timestamp: timestampOf(used.atMs),
      window: durationText(used.windowMs),
      containers: used.containers,
    }
  }
  const about = { registry, scraper }
  return {
    'metrics.k8s.io/nodes': handlersOf(about, nodeMetrics, nodes, ofNode),
    'metrics.k8s.io/pods': handlersOf(about, podMetrics, pods, ofPod),
  }
}

function handlersOf<T extends KubeObject>(
  { registry, scraper }: Omit<ResourceMetricsParts, 'clock'>,
  definition: ResourceDefinition<any>,
  of: ResourceDefinition<T>,
  measure: (object: T) => object | undefined,
): { readonly get: SpecialHandler; readonly list: SpecialHandler } {
  const { group, version, kind, listKind, plural } = definition
  const apiVersion = `${group}/${version}`
  return {
    async get({ namespace, name = '' }) {
      const object = await registry.find<T>(of, namespace, name)
      if (object === undefined) throw notFound({ group: of.group, resource: of.plural }, name)
      await scraper.asked()
      const measured = measure(object)
      if (measured === undefined)
        throw notFound({ group, resource: plural }, namespace === undefined ? name : `${namespace}/${name}`)
      const shown = { kind, apiVersion, ...measured } as unknown as KubeObject
      return value(shown, definition, [shown])
    },
    async list({ namespace }, { query }: RequestContext) {
      const selection = selectionOf(definition, query.labelSelector ?? '', query.fieldSelector ?? '')
      await scraper.asked()
      const selected = (await registry.all<T>(of, namespace)).filter((object) => selection.matches(object))
      const items = selected.flatMap((object) => measure(object) ?? []) as unknown as readonly KubeObject[]
      return value({ kind: listKind, apiVersion, metadata: {}, items }, definition, items)
    },
  }
}

function value(body: object, definition: ResourceDefinition<any>, objects: readonly KubeObject[]): Result {
  return { type: 'value', code: 200, body, rows: { definition, objects } }
}
