import type { Clock } from '../machinery/index.ts'
import type { FeatureGates } from '../resources/index.ts'
import { extenderOf, profileOf, profilesOf, type SchedulerChoices, type SchedulerParts } from '../scheduler/index.ts'
import { postTo } from './connections/extenders.ts'

/** What a scheduler's configuration makes of it: profiles, back-off, and programs outside that have a say. */
export function schedulerPartsOf(
  choices: SchedulerChoices,
  gates: FeatureGates,
  clock: Clock,
): Required<Pick<SchedulerParts, 'profiles' | 'backoff' | 'extenders' | 'gates'>> {
  const { percentageOfNodesToScore, extenders = [] } = choices
  const { podInitialBackoffSeconds: first = 1, podMaxBackoffSeconds: last = 10 } = choices
  const ignoredResources = extenders.flatMap(({ managedResources = [] }) =>
    managedResources.flatMap(({ name = '', ignoredByScheduler }) => (ignoredByScheduler === true ? [name] : [])),
  )
  // Kubernetes: those that need not answer are asked last.
  const inOrder = [
    ...extenders.filter(({ ignorable }) => ignorable !== true),
    ...extenders.filter(({ ignorable }) => ignorable === true),
  ]
  return {
    gates,
    profiles: profilesOf(choices).map((profile) =>
      profileOf(profile, {
        gates,
        ignoredResources,
        ...(percentageOfNodesToScore === undefined ? {} : { percentageOfNodesToScore }),
      }),
    ),
    backoff: { minMs: first * 1000, maxMs: last * 1000 },
    extenders: inOrder.map((choice) => extenderOf(choice, postTo(choice, clock))),
  }
}
