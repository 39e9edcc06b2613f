import { forbidden } from '../../../machinery/index.ts'
import { type FeatureGates, type PriorityClass, priorityClasses } from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin } from '../admission.ts'

const systemClasses: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2000000000,
  'system-node-critical': 2000001000,
}

/** What a priorityClassName, or its absence, comes to. */
interface Rank {
  readonly name: string
  readonly value: number
  readonly policy: string
}

/** Priority: turns priorityClassName into the number, and keeps at most one class the default. */
export function priority({
  registry,
  gates,
}: {
  readonly registry: () => Registry
  readonly gates: Pick<FeatureGates, 'enabled'>
}): AdmissionPlugin {
  const defaults = () =>
    registry()
      .allCurrent<PriorityClass>(priorityClasses)
      .filter((one) => one.globalDefault === true)

  /** The rank that a class gives, or else the default one; `refused` says that there is no such class. */
  function rankOf(name: string, refused: (why: string) => Error): Rank {
    const policy = 'PreemptLowerPriority'
    if (name === '') {
      // Kubernetes: of several defaults the lowest counts.
      const [lowest] = defaults().toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))
      if (lowest === undefined) return { name: '', value: 0, policy }
      return { name: lowest.metadata.name, value: lowest.value ?? 0, policy: lowest.preemptionPolicy ?? policy }
    }
    const found = registry().current<PriorityClass>(priorityClasses, undefined, name)
    if (found === undefined && systemClasses[name] === undefined)
      throw refused(`no PriorityClass with name ${name} was found`)
    return { name, value: found?.value ?? systemClasses[name]!, policy: found?.preemptionPolicy ?? policy }
  }

  function rankPod(object: any): void {
    const { spec } = object
    const { name: ownName, generateName } = object.metadata
    const refused = (why: string) => forbidden({ group: '', resource: 'pods' }, ownName || generateName || '', why)
    const { name, value, policy } = rankOf(spec.priorityClassName ?? '', refused)
    const notProvided = (what: string, is: string | number, computed: string | number) =>
      refused(
        `the ${what} (${is}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`,
      )
    if (spec.priority !== undefined && spec.priority !== value)
      throw notProvided('integer value of priority', spec.priority, value)
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
      throw notProvided('string value of PreemptionPolicy', spec.preemptionPolicy, policy)
    if (name !== '') spec.priorityClassName = name
    spec.priority = value
    spec.preemptionPolicy = policy
  }

  /** Kubernetes: while WorkloadAwarePreemption is on, a group has a rank of its own. */
  function rankGroup(object: any): void {
    const { spec } = object
    const refused = (why: string) =>
      forbidden({ group: 'scheduling.k8s.io', resource: 'podgroups' }, object.metadata.name ?? '', why)
    const { name, value } = rankOf(spec.priorityClassName ?? '', refused)
    if (spec.priority !== undefined && spec.priority !== value)
      throw refused(
        `priority set in the pod group (${spec.priority}) must match the priority computed (${value}) based on the priority class set in the spec`,
      )
    if (name !== '') spec.priorityClassName = name
    spec.priority = value
  }

  return {
    name: 'Priority',
    standsBy: () => ({ kinds: [priorityClasses] }),
    resources: ['/pods', 'scheduling.k8s.io/priorityclasses', 'scheduling.k8s.io/podgroups'],
    concerns: (_operation, subresource) => subresource === '',
    admit({ operation, definition, subresource, object, previous }) {
      if (subresource !== '') return
      if (definition.plural === 'podgroups') {
        if (operation === 'CREATE' && gates.enabled('WorkloadAwarePreemption')) rankGroup(object)
        return
      }
      if (definition.kind !== 'Pod') return
      if (operation === 'CREATE') return rankPod(object)
      if (operation !== 'UPDATE') return
      const before = (previous as any)?.spec ?? {}
      if (object.spec.priority === undefined && before.priority !== undefined) object.spec.priority = before.priority
      if (object.spec.preemptionPolicy === undefined && before.preemptionPolicy !== undefined)
        object.spec.preemptionPolicy = before.preemptionPolicy
    },
    validate({ operation, definition, object, name }) {
      if (definition.kind !== 'PriorityClass' || operation === 'DELETE' || object?.globalDefault !== true) return
      const others = defaults().filter(({ metadata }) => metadata.name !== name)
      if (others.length > 0) {
        throw forbidden(
          { group: 'scheduling.k8s.io', resource: 'priorityclasses' },
          name,
          `PriorityClass ${others[0]!.metadata.name} is already marked as default. Only one default can exist`,
        )
      }
    },
  }
}
