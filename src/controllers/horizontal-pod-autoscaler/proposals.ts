import type { Client } from '../../client/index.ts'
import { type LabelSelector, labelQueryOf, quantityOfMillis, quantityText } from '../../machinery/index.ts'
import type {
  CrossVersionObjectReference,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  Pod,
} from '../../resources/index.ts'
import type { MetricsApi } from './metrics-api.ts'
import {
  replicasByAverage,
  replicasByShare,
  replicasByUtilization,
  replicasByValue,
  type Situation,
  sumOfValues,
  type Tolerances,
} from './replicas.ts'
import { millisOf, type Periods } from './usage.ts'

/** What one metric asks for. */
export interface Proposal {
  readonly replicas: number
  /** How conditions and events name the metric. */
  readonly metric: string
  readonly status: MetricStatus
}
/** A metric that asks for nothing, since it could not be had. */
export interface NoProposal {
  /** The reason of the event and the condition, and what they say. */
  readonly reason: string
  readonly message: string
  /** What is said of the whole turn. */
  readonly error: string
  /** Whether the autoscaler's own spec is at fault. */
  readonly bySpec: boolean
}

/** What every metric of one turn goes by. */
export interface Asked {
  readonly client: Client
  readonly api: MetricsApi
  readonly namespace: string
  readonly selector: string
  readonly pods: readonly Pod[]
  readonly specReplicas: number
  readonly statusReplicas: number
  readonly tolerances: Tolerances
  readonly periods: Periods
  readonly podLevelRequests: boolean
  readonly nowMs: () => number
}

/** What a metric proposes, or why it proposes nothing. Never rejects. */
export async function proposalOf(spec: MetricSpec, asked: Asked): Promise<Proposal | NoProposal> {
  switch (spec.type) {
    case 'Object':
      return refusedAs('FailedGetObjectMetric', 'failed to get object metric value: ', () =>
        byObject(spec.object!, asked),
      )
    case 'Pods':
      return refusedAs('FailedGetPodsMetric', 'failed to get pods metric value: ', () => byPods(spec.pods!, asked))
    case 'Resource': {
      const { name, target } = spec.resource!
      return refusedAs('FailedGetResourceMetric', `failed to get ${name} resource metric value: `, async () => {
        const { current, ...rest } = await byResource({ resource: name, container: '', target }, asked)
        return { ...rest, status: { type: 'Resource', resource: { name, current } } }
      })
    }
    case 'ContainerResource': {
      const { name, container, target } = spec.containerResource!
      const context = `failed to get ${container} container metric value: `
      return refusedAs('FailedGetContainerResourceMetric', context, async () => {
        const { current, ...rest } = await byResource({ resource: name, container, target }, asked)
        return { ...rest, status: { type: 'ContainerResource', containerResource: { name, container, current } } }
      })
    }
    case 'External': {
      const context = `failed to get ${spec.external!.metric.name} external metric value: `
      return refusedAs('FailedGetExternalMetric', context, () => byExternal(spec.external!, asked))
    }
    default: {
      const message = `unknown metric source type ${JSON.stringify(spec.type)}`
      return { reason: 'InvalidMetricSourceType', message, error: message, bySpec: true }
    }
  }
}

/** An error whose words differ between the condition and the turn as a whole. */
class Unavailable extends Error {
  readonly context: string

  constructor(message: string, context: string) {
    super(message)
    this.context = context
  }
}

async function refusedAs(
  reason: string,
  context: string,
  propose: () => Promise<Proposal>,
): Promise<Proposal | NoProposal> {
  try {
    return await propose()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const more = error instanceof Unavailable ? error.context : ''
    return { reason, message, error: `${context}${more}${message}`, bySpec: false }
  }
}

/** Runs a step whose failure is told with a prefix. */
async function within<T>(prefix: string, step: () => Promise<T> | T, context = ''): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw new Unavailable(`${prefix}${error instanceof Error ? error.message : String(error)}`, context)
  }
}

const situationOf = ({ pods, specReplicas, tolerances, periods, nowMs }: Asked): Situation => ({
  current: specReplicas,
  pods,
  tolerances,
  periods,
  nowMs: nowMs(),
})
const textOf = (millis: bigint) => quantityText(quantityOfMillis(millis))
/** Kubernetes: memory is shown as metrics-server writes it. */
const amountText = (resource: string, millis: bigint) =>
  quantityText(quantityOfMillis(millis, resource === 'memory' ? 'BinarySI' : 'DecimalSI'))

interface ResourceWish {
  readonly resource: string
  readonly container: string
  readonly target: MetricTarget
}

async function byResource({ resource, container, target }: ResourceWish, asked: Asked) {
  const { client, api, namespace, selector, podLevelRequests } = asked
  const metricsOf = () =>
    within(`unable to get metrics for resource ${resource}: `, () =>
      api.resource(client, { resource, namespace, selector, container }),
    )
  if (target.averageValue !== undefined) {
    const averageValue = millisOf(target.averageValue)
    const { replicas, average } = await within(`failed to get ${resource} usage: `, async () =>
      replicasByAverage(situationOf(asked), { metrics: await metricsOf(), resource, target: averageValue }),
    )
    const current: MetricValueStatus = { averageValue: amountText(resource, average) }
    return { replicas, metric: `${resource} resource`, current }
  }
  const { averageUtilization: targetPercent } = target
  if (targetPercent === undefined)
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    )
  const { replicas, percent, average } = await within(`failed to get ${resource} utilization: `, async () => {
    const metrics = await metricsOf()
    return replicasByUtilization(situationOf(asked), { metrics, resource, container, targetPercent, podLevelRequests })
  })
  const what = container === '' ? 'resource' : 'container resource'
  const current: MetricValueStatus = { averageUtilization: percent, averageValue: amountText(resource, average) }
  return { replicas, metric: `${resource} ${what} utilization (percentage of request)`, current }
}

async function byPods({ metric, target }: NonNullable<MetricSpec['pods']>, asked: Asked): Promise<Proposal> {
  labelQueryOf(metric.selector)
  const { client, api, namespace, selector } = asked
  const metrics = await within(`unable to get metric ${metric.name}: `, () =>
    api.pods(client, namespace, selector, metric),
  )
  const wanted = millisOf(target.averageValue ?? '0')
  const { replicas, average } = replicasByAverage(situationOf(asked), { metrics, resource: '', target: wanted })
  const status: MetricStatus = { type: 'Pods', pods: { metric, current: { averageValue: textOf(average) } } }
  return { replicas, metric: `pods metric ${metric.name}`, status }
}

async function byObject(source: NonNullable<MetricSpec['object']>, asked: Asked): Promise<Proposal> {
  const { describedObject, metric, target } = source
  labelQueryOf(metric.selector)
  const { client, api, namespace, specReplicas, statusReplicas, tolerances, pods } = asked
  const statusOf = (current: MetricValueStatus): MetricStatus => ({
    type: 'Object',
    object: { describedObject, metric, current },
  })
  const usageOf = (context: string) =>
    usageOfObject(
      describedObject,
      metric.name,
      context,
      () => api.object(client, namespace, describedObject, metric),
      namespace,
    )
  if (target.type === 'Value' && target.value !== undefined) {
    const usage = await usageOf('')
    const replicas = replicasByValue({ current: specReplicas, pods, tolerances }, usage, millisOf(target.value))
    return {
      replicas,
      metric: `${describedObject.kind} metric ${metric.name}`,
      status: statusOf({ value: textOf(usage) }),
    }
  }
  if (target.type === 'AverageValue' && target.averageValue !== undefined) {
    const usage = await usageOf(`failed to get ${metric.name} object metric: `)
    const { replicas, share } = replicasByShare(statusReplicas, tolerances, usage, millisOf(target.averageValue))
    const status = statusOf({ averageValue: textOf(share) })
    return { replicas, metric: `external metric ${metric.name}(${selectorText(metric.selector)})`, status }
  }
  throw new Error('invalid object metric source: neither a value target nor an average value target was set')
}

/** Kubernetes: the words of this failure are in an order of their own. */
async function usageOfObject(
  { kind, name }: CrossVersionObjectReference,
  metric: string,
  context: string,
  ask: () => Promise<bigint>,
  namespace: string,
): Promise<bigint> {
  return within(`unable to get metric ${metric}: ${kind} on ${namespace} ${name}/`, ask, context)
}

async function byExternal({ metric, target }: NonNullable<MetricSpec['external']>, asked: Asked): Promise<Proposal> {
  const { client, api, namespace, specReplicas, statusReplicas, tolerances, pods } = asked
  const { name, selector } = metric
  const usageOf = async (context: string) => {
    const about = `unable to get external metric ${namespace}/${name}/${selectorText(selector)}: `
    return sumOfValues(await within(about, () => api.external(client, namespace, metric), context))
  }
  const described = `external metric ${name}(${selectorText(selector)})`
  const statusOf = (current: MetricValueStatus): MetricStatus => ({ type: 'External', external: { metric, current } })
  if (target.averageValue !== undefined) {
    const usage = await usageOf(`failed to get ${name} external metric: `)
    const { replicas, share } = replicasByShare(statusReplicas, tolerances, usage, millisOf(target.averageValue))
    return { replicas, metric: described, status: statusOf({ averageValue: textOf(share) }) }
  }
  if (target.value !== undefined) {
    const usage = await usageOf(`failed to get external metric ${name}: `)
    const replicas = replicasByValue({ current: specReplicas, pods, tolerances }, usage, millisOf(target.value))
    return { replicas, metric: described, status: statusOf({ value: textOf(usage) }) }
  }
  throw new Error('invalid external metric source: neither a value target nor an average value target was set')
}

/** A label selector as Go prints it, which is how messages have it. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil'
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
    .join('')
  const expressions = (selector.matchExpressions ?? [])
    .map(
      ({ key, operator, values = [] }) =>
        `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
    )
    .join('')
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`
}
