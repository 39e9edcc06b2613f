import type { KubeObject } from '../../machinery/index.ts'
import type { Draft, ResourceDefinition } from '../../resources/index.ts'
import { apiVersionOf } from './encoding.ts'

/** How one version of a kind is said in the version it is stored in, and back. */
interface Conversion {
  toStorage(object: Draft): Draft
  fromStorage(object: Draft): Draft
}

/** By `group/version/Kind` of the version that differs from the stored one by more than its name. */
const conversions: Readonly<Record<string, Conversion>> = {
  'events.k8s.io/v1/Event': { toStorage: coreEventOf, fromStorage: eventsV1Of },
  'autoscaling/v1/HorizontalPodAutoscaler': { toStorage: autoscalerV2Of, fromStorage: autoscalerV1Of },
}

export function convertToStorage(definition: ResourceDefinition<any>, object: Draft): KubeObject {
  const conversion = conversions[`${apiVersionOf(definition)}/${definition.kind}`]
  const converted = conversion === undefined ? object : conversion.toStorage(object)
  return { ...converted, apiVersion: apiVersionOf(definition.storage), kind: definition.kind }
}

const shown = new WeakMap<object, Map<string, KubeObject>>()

/** The same stored object gives the same converted object, so caches and renderings stay shared. */
export function convertFromStorage(definition: ResourceDefinition<any>, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(definition)
  if (object.apiVersion === apiVersion) return object
  let versions = shown.get(object)
  if (versions === undefined) shown.set(object, (versions = new Map()))
  let converted = versions.get(apiVersion)
  if (converted === undefined) {
    const conversion = conversions[`${apiVersion}/${definition.kind}`]
    converted = Object.freeze({
      ...(conversion === undefined ? object : conversion.fromStorage(object)),
      apiVersion,
      kind: definition.kind,
    }) as KubeObject
    versions.set(apiVersion, converted)
  }
  return converted
}

/** Kubernetes: the two Event kinds are one object under different field names. */
function coreEventOf({
  regarding,
  note,
  deprecatedSource,
  deprecatedFirstTimestamp,
  deprecatedLastTimestamp,
  deprecatedCount,
  reportingController,
  ...rest
}: Draft): Draft {
  return compact({
    ...rest,
    involvedObject: regarding ?? {},
    message: note,
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    count: deprecatedCount,
    reportingComponent: reportingController ?? '',
    reportingInstance: rest.reportingInstance ?? '',
  })
}

function eventsV1Of({
  involvedObject,
  message,
  source,
  firstTimestamp,
  lastTimestamp,
  count,
  reportingComponent,
  reportingInstance,
  ...rest
}: Draft): Draft {
  return compact({
    ...rest,
    regarding: involvedObject,
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
    reportingController: reportingComponent === '' ? undefined : reportingComponent,
    reportingInstance: reportingInstance === '' ? undefined : reportingInstance,
  })
}

const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics'
const currentAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics'
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions'
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior'

/** Kubernetes: what v1 has no field for travels in annotations, so that nothing is lost on the way there and back. */
function autoscalerV1Of(object: Draft): Draft {
  const { targetCPUUtilizationPercentage: _none, ...spec } = { ...object.spec }
  const { metrics = [], behavior, ...restSpec } = spec
  const cpu = metrics.find(
    (one: any) =>
      one.type === 'Resource' && one.resource?.name === 'cpu' && one.resource.target?.type === 'Utilization',
  )
  const otherMetrics = metrics.filter((one: any) => one !== cpu)
  const { currentMetrics = [], conditions = [], ...status } = { ...object.status }
  const currentCpu = (currentMetrics ?? []).find((one: any) => one?.type === 'Resource' && one.resource?.name === 'cpu')
  const annotations = {
    ...object.metadata.annotations,
    ...(otherMetrics.length === 0 ? {} : { [metricsAnnotation]: JSON.stringify(otherMetrics) }),
    ...(behavior === undefined ? {} : { [behaviorAnnotation]: JSON.stringify(behavior) }),
    ...((conditions ?? []).length === 0 ? {} : { [conditionsAnnotation]: JSON.stringify(conditions) }),
    ...((currentMetrics ?? []).filter((one: any) => one !== currentCpu).length === 0
      ? {}
      : { [currentAnnotation]: JSON.stringify(currentMetrics.filter((one: any) => one !== currentCpu)) }),
  }
  return compact({
    ...object,
    metadata: compact({
      ...object.metadata,
      annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
    }),
    spec: compact({ ...restSpec, targetCPUUtilizationPercentage: cpu?.resource.target.averageUtilization }),
    status: compact({
      currentReplicas: 0,
      desiredReplicas: 0,
      ...status,
      currentCPUUtilizationPercentage: currentCpu?.resource.current?.averageUtilization,
    }),
  })
}

function autoscalerV2Of(object: Draft): Draft {
  const {
    [metricsAnnotation]: metricsText,
    [behaviorAnnotation]: behaviorText,
    [conditionsAnnotation]: conditionsText,
    [currentAnnotation]: currentText,
    ...annotations
  } = { ...object.metadata.annotations }
  const { targetCPUUtilizationPercentage: cpu, ...spec } = { ...object.spec }
  const { currentCPUUtilizationPercentage: currentCpu, ...status } = { ...object.status }
  const utilization = (value: number, of: string, key: string) => ({
    type: 'Resource',
    resource: {
      name: of,
      [key]: key === 'target' ? { type: 'Utilization', averageUtilization: value } : { averageUtilization: value },
    },
  })
  const metrics = [...(cpu === undefined ? [] : [utilization(cpu, 'cpu', 'target')]), ...parsed(metricsText, [])]
  const currentMetrics = [
    ...(currentCpu === undefined ? [] : [utilization(currentCpu, 'cpu', 'current')]),
    ...parsed(currentText, []),
  ]
  return compact({
    ...object,
    metadata: compact({
      ...object.metadata,
      annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
    }),
    spec: compact({
      ...spec,
      metrics: metrics.length === 0 ? undefined : metrics,
      behavior: parsed(behaviorText, undefined),
    }),
    status: compact({
      desiredReplicas: 0,
      ...status,
      currentMetrics: currentMetrics.length === 0 ? null : currentMetrics,
      conditions: parsed(conditionsText, null),
    }),
  })
}

function parsed(text: string | undefined, otherwise: any): any {
  try {
    return text === undefined ? otherwise : JSON.parse(text)
  } catch {
    return otherwise
  }
}

function compact(object: Draft): Draft {
  for (const key of Object.keys(object)) if (object[key] === undefined) delete object[key]
  return object
}
