import { ageOf, type Cells } from '../cells.ts'
import type {
  AutoscalingV1HorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../generated/types.ts'

const unknown = '<unknown>'

function amounts(target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`
  return `${current?.value ?? unknown}/${target.value ?? '0'}`
}

function utilization(name: string, target: MetricTarget, current: MetricValueStatus | undefined): string {
  if (target.averageValue !== undefined) return `${name}: ${current?.averageValue ?? unknown}/${target.averageValue}`
  const percent = (value: number | undefined, none: string) => (value === undefined ? none : `${value}%`)
  const wanted = percent(target.averageUtilization, '<auto>')
  return `${name}: ${percent(current?.averageUtilization, unknown)}/${wanted}`
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return amounts(spec.external!.target, status?.external?.current)
    case 'Object':
      return amounts(spec.object!.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? unknown}/${spec.pods!.target.averageValue ?? '0'}`
    case 'Resource':
      return utilization(spec.resource!.name, spec.resource!.target, status?.resource?.current)
    case 'ContainerResource':
      return utilization(
        spec.containerResource!.name,
        spec.containerResource!.target,
        status?.containerResource?.current,
      )
    default:
      return '<unknown type>'
  }
}

function metricsText(texts: readonly string[]): string {
  if (texts.length === 0) return '<none>'
  const shown = texts.slice(0, 2).join(', ')
  return texts.length > 2 ? `${shown} + ${texts.length - 2} more...` : shown
}

export const horizontalPodAutoscalerCells: Cells<HorizontalPodAutoscaler> = (autoscaler, nowMs) => {
  const { spec, status, metadata } = autoscaler
  return [
    metadata.name,
    `${spec?.scaleTargetRef.kind}/${spec?.scaleTargetRef.name}`,
    metricsText((spec?.metrics ?? []).map((metric, index) => metricText(metric, status?.currentMetrics?.[index]))),
    spec?.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    ageOf(autoscaler, nowMs),
  ]
}

export const horizontalPodAutoscalerV1Cells: Cells<AutoscalingV1HorizontalPodAutoscaler> = (autoscaler, nowMs) => {
  const { spec, status, metadata } = autoscaler
  const wanted = spec?.targetCPUUtilizationPercentage
  const found = status?.currentCPUUtilizationPercentage
  return [
    metadata.name,
    `${spec?.scaleTargetRef.kind}/${spec?.scaleTargetRef.name}`,
    metricsText(wanted === undefined ? [] : [`cpu: ${found === undefined ? unknown : `${found}%`}/${wanted}%`]),
    spec?.minReplicas === undefined ? '<unset>' : String(spec.minReplicas),
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    ageOf(autoscaler, nowMs),
  ]
}
