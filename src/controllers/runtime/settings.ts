import type { ControllerConfig } from './controller.ts'

/** What kube-controller-manager's flags are for, so far as somebody may want them otherwise. */
export interface ControllerSettings {
  /** How many names a controller has in hand at once, by its name (`--concurrent-…-syncs`). */
  readonly workers: Readonly<Record<string, number>>
  readonly autoscalerSyncPeriodMs: number
  readonly autoscalerDownscaleStabilizationMs: number
  readonly autoscalerTolerance: number
  readonly autoscalerCpuInitializationMs: number
  readonly autoscalerInitialReadinessDelayMs: number
  /** How long a node may be silent, and how long a new one may take to speak first. */
  readonly nodeMonitorGraceMs: number
  readonly nodeStartupGraceMs: number
  /** How many nodes of a zone are given up a second, and how many of one that is in part disrupted. */
  readonly nodeEvictionRate: number
  readonly secondaryNodeEvictionRate: number
  /** A zone is in part disrupted when so large a part of it is not ready; one no larger than this is then left alone. */
  readonly unhealthyZoneThreshold: number
  readonly largeClusterSizeThreshold: number
  /** So many pods that have ended are kept; with 0 all are. */
  readonly terminatedPodsMax: number
  /** How long a volume that nobody needs may stay mounted on a node that is not Ready; 0: for ever. */
  readonly forceDetachMs: number
  readonly endpointsPerSliceMax: number
  /** How long changes of pods are gathered before a service's Endpoints or slices follow, and those of Endpoints before their mirrors do. */
  readonly endpointsBatchMs: number
  readonly slicesBatchMs: number
  readonly mirrorsBatchMs: number
  readonly mirroredPerSubsetMax: number
  readonly quotaSyncPeriodMs: number
  /** How long certificates hold that are signed for requests, at most. */
  readonly signingMs: number
  /** How long a token that nobody asked for may be unused. */
  readonly unusedTokenMs: number
}

const minuteMs = 60_000
const yearMs = 365 * 24 * 60 * minuteMs

/** Kubernetes' defaults. */
export const defaultSettings: ControllerSettings = {
  workers: {},
  autoscalerSyncPeriodMs: 15_000,
  autoscalerDownscaleStabilizationMs: 5 * minuteMs,
  autoscalerTolerance: 0.1,
  autoscalerCpuInitializationMs: 5 * minuteMs,
  autoscalerInitialReadinessDelayMs: 30_000,
  nodeMonitorGraceMs: 50_000,
  nodeStartupGraceMs: minuteMs,
  nodeEvictionRate: 0.1,
  secondaryNodeEvictionRate: 0.01,
  unhealthyZoneThreshold: 0.55,
  largeClusterSizeThreshold: 50,
  terminatedPodsMax: 12_500,
  forceDetachMs: 6 * minuteMs,
  endpointsPerSliceMax: 100,
  endpointsBatchMs: 0,
  slicesBatchMs: 0,
  mirrorsBatchMs: 0,
  mirroredPerSubsetMax: 1000,
  quotaSyncPeriodMs: 5 * minuteMs,
  signingMs: yearMs,
  unusedTokenMs: yearMs,
}

/** What a controller goes by. */
export const settingsOf = ({ settings }: Pick<ControllerConfig, 'settings'>): ControllerSettings => ({
  ...defaultSettings,
  ...settings,
})
