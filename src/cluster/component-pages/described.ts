import { type Clock, describeSelf, type LogLevels, type Metrics, type SelfDescription } from '../../machinery/index.ts'
import { chooseGates, defaultGates } from '../../resources/index.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { versionInfo } from '../version.ts'
import type { ComponentParts } from './pages.ts'

/** Where components listen: nobody but who is on the node. */
export const host = '127.0.0.1'

/** What a component's description of itself is made of. */
export interface DescribedParts {
  readonly settings: ClusterSettings
  readonly clock: Clock
  /** Those of the process that the component runs in. */
  readonly metrics: Metrics
  readonly levels: LogLevels
}

/** What all components say alike of themselves. */
export function described(
  context: DescribedParts,
  {
    component,
    logName,
    own,
  }: { readonly component: string; readonly logName: string; readonly own: ComponentParts['metrics']['own'] },
  flags: Readonly<Record<string, string>>,
): Pick<ComponentParts, 'self' | 'clock' | 'metrics' | 'levels' | 'logName'> {
  const { clock, settings, metrics, levels } = context
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
