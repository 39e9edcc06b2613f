import type { Informers } from '../../client/index.ts'
import { isTerminal } from '../../machinery/index.ts'
import { type Pod, type PodGroup, podGroups, pods } from '../../resources/index.ts'

const podsByGroup = 'pod group'
/** The group that a pod says it is of. */
export const groupNameOf = ({ spec }: Pod): string | undefined => spec?.schedulingGroup?.podGroupName

/** Groups of pods that are to be placed together, and which pods they have. */
export class PodGroups {
  readonly #informers: Informers

  constructor(informers: Informers) {
    this.#informers = informers
    informers.of(pods).addIndex(podsByGroup, (pod) => {
      const name = groupNameOf(pod)
      return name === undefined ? [] : [`${pod.metadata.namespace}/${name}`]
    })
    informers.of(podGroups)
  }

  get(namespace: string, name: string): PodGroup | undefined {
    return this.#informers.of(podGroups).get({ namespace, name })
  }

  /** The pods of a group that have not ended. */
  podsOf(namespace: string, name: string): readonly Pod[] {
    return this.#informers
      .of(pods)
      .by(podsByGroup, `${namespace}/${name}`)
      .filter((pod) => !isTerminal(pod as never))
  }

  /** Tells of pods that may be let into the queue now, because their group came. */
  follow(reconsider: (pod: Pod) => void): Disposable {
    return this.#informers.of(podGroups).subscribe((next, previous) => {
      if (next === undefined || previous !== undefined) return
      for (const pod of this.podsOf(next.metadata.namespace ?? '', next.metadata.name)) reconsider(pod)
    })
  }
}
