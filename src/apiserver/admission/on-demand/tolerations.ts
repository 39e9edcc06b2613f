import { notFound, qosClassOf, StatusError, sameJson } from '../../../machinery/index.ts'
import { type Namespace, namespaces } from '../../../resources/index.ts'
import type { Registry } from '../../registry/registry.ts'
import type { AdmissionPlugin, Attributes } from '../admission.ts'
import { isOfPod } from './pods.ts'

/** Tolerations as pods have them. */
export type Tolerations = readonly {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}[]
type Toleration = Tolerations[number]

const defaults = 'scheduler.alpha.kubernetes.io/defaultTolerations'
const whitelist = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist'
const memoryPressure = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }

/** PodTolerationRestriction: the pods of a namespace get its tolerations, and have no others than it allows. */
export function podTolerationRestriction(
  { registry }: { readonly registry: () => Registry },
  cluster: { readonly default: Tolerations; readonly whitelist: Tolerations },
): AdmissionPlugin {
  const statedBy = async (name: string, annotation: string): Promise<Tolerations | undefined> => {
    const namespace = await registry().find<Namespace>(namespaces, undefined, name)
    if (namespace === undefined) throw notFound({ group: '', resource: 'namespaces' }, name)
    const text = namespace.metadata.annotations?.[annotation]
    if (text === undefined || text === '') return text === undefined ? undefined : []
    try {
      return JSON.parse(text) as Tolerations
    } catch (error) {
      throw new StatusError(500, undefined, (error as Error).message)
    }
  }
  const validate = async (attributes: Attributes) => {
    if (!isOfPod(attributes)) return
    const asked: Tolerations = attributes.object.spec?.tolerations ?? []
    if (asked.length === 0) return
    const own = await statedBy(attributes.namespace, whitelist)
    const allowed = own ?? cluster.whitelist
    if (allowed.length === 0 || asked.every((one) => allowed.some((wider) => includes(wider, one)))) return
    const scope = own === undefined ? 'cluster' : 'namespace'
    // Kubernetes: this is no Status, and answered 500.
    const why = `pod tolerations (possibly merged with namespace default tolerations) conflict with its ${scope} whitelist`
    throw new StatusError(500, undefined, why)
  }
  return {
    name: 'PodTolerationRestriction',
    resources: ['/pods'],
    async admit(attributes) {
      if (!isOfPod(attributes)) return
      const { object, operation, namespace } = attributes
      const own = operation === 'CREATE' ? ((await statedBy(namespace, defaults)) ?? cluster.default) : []
      const more =
        qosClassOf(object as Parameters<typeof qosClassOf>[0]) === 'BestEffort' ? own : [...own, memoryPressure]
      if (more.length > 0) object.spec.tolerations = mergedTolerations(object.spec.tolerations ?? [], more)
      await validate(attributes)
    },
    validate,
  }
}

/** Both lists together, without those that another one includes. */
export function mergedTolerations(first: Tolerations, second: Tolerations): Tolerations {
  const all = [...first, ...second]
  const merged: Toleration[] = []
  for (const [index, one] of all.entries()) {
    const isRedundant =
      merged.some((wider) => includes(wider, one)) ||
      all.slice(index + 1).some((wider) => !sameJson(one, wider) && includes(wider, one))
    if (!isRedundant) merged.push(one)
  }
  return merged
}

/** Whether one toleration tolerates all that another does. */
function includes(wider: Toleration, one: Toleration): boolean {
  if (sameJson(wider, one)) return true
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = wider
  if ((one.key ?? '') !== key && (key !== '' || operator !== 'Exists')) return false
  if ((one.effect ?? '') !== effect && effect !== '') return false
  if (effect === 'NoExecute' && tolerationSeconds !== undefined)
    if (one.tolerationSeconds === undefined || one.tolerationSeconds > tolerationSeconds) return false
  if (operator === 'Exists') return true
  return one.operator === 'Equal' && (one.value ?? '') === value
}
