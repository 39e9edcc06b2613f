import { deepFreeze, type KubeObject } from '../../machinery/index.ts'
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

/** The object in the version it is kept in. Only kinds that are converted by somebody else answer later. */
export function convertToStorage(definition: ResourceDefinition<any>, object: Draft): KubeObject | Promise<KubeObject> {
  const { custom, storage } = definition
  if (custom !== undefined) {
    if (storage.version === definition.version) return object
    const converted = custom.declaration.convert([object], apiVersionOf(storage))
    return 'then' in converted ? converted.then(([one]) => one!) : converted[0]!
  }
  if (storage.version === definition.version && storage.group === definition.group) return object
  const conversion = conversions[`${apiVersionOf(definition)}/${definition.kind}`]
  const converted = conversion === undefined ? object : conversion.toStorage(object)
  return { ...converted, apiVersion: apiVersionOf(definition.storage), kind: definition.kind }
}

const shown = new WeakMap<object, Map<string, KubeObject>>()

/**
 * Has objects converted to the definition's version where somebody else converts, so that `convertFromStorage` has them at
 * hand; undefined when there is nothing to wait for.
 */
export function convertAhead(
  definition: ResourceDefinition<any>,
  objects: readonly KubeObject[],
): Promise<void> | undefined {
  const declaration = definition.custom?.declaration
  if (declaration?.convertsElsewhere !== true) return undefined
  const apiVersion = apiVersionOf(definition)
  const missing = objects.filter((one) => one.apiVersion !== apiVersion && shown.get(one)?.has(apiVersion) !== true)
  if (missing.length === 0) return undefined
  return Promise.resolve(declaration.convert(missing, apiVersion)).then((converted) => {
    for (const [index, one] of missing.entries()) remember(one, apiVersion, deepFreeze(converted[index]!))
  })
}

/** An object of one version of a kind in another version of it. */
export async function objectInVersion(
  from: ResourceDefinition<any>,
  to: ResourceDefinition<any>,
  object: Draft,
): Promise<KubeObject> {
  if (from === to) return object
  const { custom } = to
  if (custom !== undefined) {
    const [converted] = await custom.declaration.convert([object], apiVersionOf(to))
    return converted!
  }
  return convertFromStorage(to, await convertToStorage(from, object))
}

function remember(object: KubeObject, apiVersion: string, converted: KubeObject): void {
  const versions = shown.get(object)
  if (versions === undefined) shown.set(object, new Map([[apiVersion, converted]]))
  else versions.set(apiVersion, converted)
}

/** The same stored object gives the same converted object, so caches and renderings stay shared. */
export function convertFromStorage(definition: ResourceDefinition<any>, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(definition)
  if (object.apiVersion === apiVersion) return object
  const known = shown.get(object)?.get(apiVersion)
  if (known !== undefined) return known
  const converted =
    definition.custom === undefined ? builtInVersion(definition, object) : customVersion(definition, object)
  remember(object, apiVersion, converted)
  return converted
}

function builtInVersion(definition: ResourceDefinition<any>, object: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(definition)
  const conversion = conversions[`${apiVersion}/${definition.kind}`]
  const said = conversion === undefined ? object : conversion.fromStorage(object)
  return Object.freeze({ ...said, apiVersion, kind: definition.kind }) as KubeObject
}

function customVersion(definition: ResourceDefinition<any>, object: KubeObject): KubeObject {
  const converted = definition.custom!.declaration.convert([object], apiVersionOf(definition))
  if ('then' in converted) throw new Error(`${definition.plural} were not converted ahead of use`)
  return deepFreeze(converted[0]!)
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

/** The members that are there; copied, since an object that members were deleted from is slow ever after. */
function compact(object: Draft): Draft {
  const made: Draft = {}
  for (const key in object) if (object[key] !== undefined) made[key] = object[key]
  return made
}
