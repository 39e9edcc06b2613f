import type { Pod } from '../../resources/index.ts'
import { fits, refuseAlways, type SchedulerPlugin } from '../framework/framework.ts'

const notDeclared = refuseAlways("node(s) didn't match Pod's required features")

/** What a pod needs that not every kubelet of this release can do, by the name that those declare which can. */
const features: readonly (readonly [name: string, isNeeded: (pod: Pod) => boolean])[] = [
  [
    'RestartAllContainersOnContainerExits',
    ({ spec }) =>
      [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].some(
        ({ restartPolicyRules }) =>
          restartPolicyRules?.some(({ action }) => (action as string) === 'RestartAllContainers') === true,
      ),
  ],
  ['UserNamespacesHostNetworkSupport', ({ spec }) => spec?.hostNetwork === true && spec.hostUsers === false],
]

const neededBy = (pod: Pod) => features.flatMap(([name, isNeeded]) => (isNeeded(pod) ? [name] : []))

/** NodeDeclaredFeatures: a pod goes where the kubelet says that it can do what the pod needs. */
export const nodeDeclaredFeatures: SchedulerPlugin = {
  name: 'NodeDeclaredFeatures',
  wakeOn: ['Node/Add', 'Node/UpdateDeclaredFeature', 'Pod/Update'],
  prepare({ pod }, columns) {
    const needed = neededBy(pod)
    if (needed.length === 0) return undefined
    const missingAt = (place: number) => {
      const declared = columns.nodes[place]!.status?.declaredFeatures ?? []
      return needed.filter((name) => !declared.includes(name))
    }
    return {
      filter: (place) => (missingAt(place).length === 0 ? fits : notDeclared),
      remedy: (place) => `the kubelet of the node does not declare ${missingAt(place).join(', ')}`,
    }
  },
}
