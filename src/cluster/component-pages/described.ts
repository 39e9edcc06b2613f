import {
  type Clock,
  describeSelf,
  type HealthCheck,
  type LogLevels,
  type Metrics,
  type SelfDescription,
} from '../../machinery/index.ts'
import { chooseGates, defaultGates } from '../../resources/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { versionInfo } from '../version.ts'
import type { ComponentParts } from './pages.ts'

/** What every component's pages are made from. */
export interface Describing {
  readonly settings: ClusterSettings
  readonly clock: Clock
  /** Of the process that the component runs in. */
  readonly metrics: Metrics
  readonly levels: LogLevels
}

/** Kubernetes: the check that only says that somebody answers. */
export const ping: HealthCheck = { name: 'ping', check: () => '' }

/** What all components say alike of themselves. */
export function described(
  { clock, settings, metrics, levels }: Describing,
  { component, logName, own }: { readonly component: string; readonly logName: string; readonly own: Metrics },
  flags: Readonly<Record<string, string>>,
): Pick<ComponentParts, 'self' | 'clock' | 'metrics' | 'levels' | 'logName'> {
  const chosen = chooseGates(settings.features?.gates ?? {})
  const gates = Object.entries(settings.features?.gates ?? {}).map(([name, isOn]) => `${name}=${isOn}`)
  const all = { 'feature-gates': gates.sort().join(','), ...flags, v: String(settings.verbosity) }
  const about = { clock, version: versionInfo(), flags: () => all }
  const self: Omit<SelfDescription, 'paths'> = describeSelf(
    component,
    about,
    'gates' in chosen ? chosen.gates : defaultGates,
  )
  return { self, clock, metrics: { own, process: metrics }, levels, logName }
}
