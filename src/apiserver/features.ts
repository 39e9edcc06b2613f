import type { Metrics } from '../machinery/index.ts'
import {
  chooseGates,
  chooseServed,
  type FeatureGates,
  gatedDefinition,
  type ResourceDefinition,
  type RuntimeConfig,
} from '../resources/index.ts'

/** What somebody chose above the defaults, as `--feature-gates` and `--runtime-config` say it. */
export interface FeatureChoice {
  readonly gates?: Readonly<Record<string, boolean>>
  readonly runtimeConfig?: RuntimeConfig
}

/** What a server does with its features. */
export interface Features {
  readonly gates: FeatureGates
  /** The built-in resources that are served. */
  readonly served: readonly ResourceDefinition<any>[]
  /** The definition without the fields of features that are off. */
  gated(definition: ResourceDefinition<any>): ResourceDefinition<any>
}

/** Puts a choice into effect and counts it. Throws in Kubernetes' words when it cannot be. */
export function featuresOf(choice: FeatureChoice | undefined, metrics: Metrics): Features {
  const chosen = chooseGates(choice?.gates ?? {})
  if ('problem' in chosen) throw new Error(chosen.problem)
  const { gates } = chosen
  const enabled = chooseServed(choice?.runtimeConfig ?? {}, gates)
  if ('problem' in enabled) throw new Error(enabled.problem)
  const gauge = metrics.gauge(
    'kubernetes_feature_enabled',
    'This metric records the data about the stage and enablement of a k8s feature.',
  )
  for (const { name, stage, enabled: isOn } of gates.all) gauge.set(isOn ? 1 : 0, { name, stage })
  return { gates, served: enabled.served, gated: (definition) => gatedDefinition(definition, gates) }
}
