import type { Pod } from '../../resources/index.ts'
import type { ObservedContainer } from '../runtime/runtime.ts'
import { type AnyContainer, newestOf, type PodView } from './containers.ts'
import { ruleFor } from './restart.ts'

/** The reason in the statuses of containers that were ended since another of their pod did. */
export const restartingAll = 'RestartingAllContainers'
/** The condition of a pod whose containers are all being started anew. */
export const restartingAllType = 'AllContainersRestarting'

/** The containers that start anew together: all but the ephemeral ones. */
function restartable({ spec }: Pod): readonly AnyContainer[] {
  return [...(spec.initContainers ?? []), ...spec.containers]
}

/** Whether any of the pod's containers has a rule by which all are started anew. */
export function mayRestartAll(pod: Pod): boolean {
  return restartable(pod).some(({ restartPolicyRules = [] }) =>
    restartPolicyRules.some(({ action }) => action === 'RestartAllContainers'),
  )
}

/** Whether the pod's status says that its containers are being started anew. */
export function isRestartingAll({ status }: Pod): boolean {
  return status.conditions?.some((one) => one.type === restartingAllType && one.status === 'True') === true
}

/**
 * What has to go before all containers start anew, the one that ended for it last, so that the reason is there for as long
 * as there is anything to do; none when they are not to start anew, or everything has gone.
 */
export function instancesToReset(pod: Pod, view: PodView): readonly ObservedContainer[] {
  const isSource = (container: AnyContainer, instance: ObservedContainer | undefined) =>
    instance?.state === 'exited' && ruleFor(container, instance.exitCode ?? 0)?.action === 'RestartAllContainers'
  const all = restartable(pod)
  if (!isRestartingAll(pod) && !all.some((container) => isSource(container, newestOf(view, container.name)))) return []
  const instances = all.flatMap((container) =>
    (view.instances.get(container.name) ?? []).map((instance) => ({ instance, last: isSource(container, instance) })),
  )
  return instances.sort((a, b) => Number(a.last) - Number(b.last)).map(({ instance }) => instance)
}
