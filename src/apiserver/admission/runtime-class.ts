import { cloneJson, sameJson } from '../../machinery/index.ts'
import { pods, type RuntimeClass, runtimeClasses, type Toleration } from '../../resources/index.ts'
import type { AdmissionPlugin, Attributes } from './admission.ts'
import type { AdmissionParts } from './plugins.ts'
import { forbiddenBy } from './policies/selecting.ts'

const otherOverhead = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

/** RuntimeClass: a pod's class must be there; its overhead, node selector and tolerations become the pod's. */
export function runtimeClass({ registry }: AdmissionParts): AdmissionPlugin {
  const isOurs = ({ operation, definition, subresource }: Attributes) =>
    operation === 'CREATE' && definition.plural === pods.plural && definition.group === '' && subresource === ''
  const refused = (attributes: Attributes, why: string) => forbiddenBy(why, attributes)

  function classOf(attributes: Attributes): RuntimeClass | undefined {
    const name = attributes.object.spec.runtimeClassName as string | undefined
    if (name === undefined) return undefined
    const found = registry().current<RuntimeClass>(runtimeClasses, undefined, name)
    if (found === undefined) throw refused(attributes, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
    return found
  }

  return {
    name: 'RuntimeClass',
    standsBy: () => ({ kinds: [runtimeClasses] }),
    resources: ['/pods'],
    concerns: (operation, subresource) => operation === 'CREATE' && subresource === '',
    admit(attributes) {
      if (!isOurs(attributes)) return
      const found = classOf(attributes)
      const { spec } = attributes.object
      const overhead = found?.overhead?.podFixed
      if (found?.overhead !== undefined) {
        const stated = Object.keys(spec.overhead ?? {}).length > 0
        if (stated && !sameJson(spec.overhead, overhead)) throw refused(attributes, otherOverhead)
        if (overhead === undefined) delete spec.overhead
        else spec.overhead = cloneJson(overhead)
      }
      if (found?.scheduling === undefined) return
      for (const [key, value] of Object.entries(found.scheduling.nodeSelector ?? {})) {
        const own = spec.nodeSelector?.[key]
        if (own !== undefined && own !== value) {
          const pair = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`
          throw refused(attributes, `conflict: ${pair}`)
        }
        spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
      }
      const tolerations = mergedTolerations([...(spec.tolerations ?? []), ...(found.scheduling.tolerations ?? [])])
      if (tolerations.length > 0) spec.tolerations = cloneJson(tolerations)
    },
    validate(attributes) {
      if (!isOurs(attributes)) return
      const found = classOf(attributes)
      const { overhead } = attributes.object.spec
      if (found?.overhead !== undefined) {
        if (!sameJson(found.overhead.podFixed ?? {}, overhead ?? {})) throw refused(attributes, otherOverhead)
      } else if (overhead !== undefined) {
        const why = 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'
        throw refused(attributes, why)
      }
    },
  }
}

/** Kubernetes: of two tolerations of which one covers the other, the wider is kept; of two equal ones, the first. */
export function mergedTolerations(all: readonly Toleration[]): readonly Toleration[] {
  const kept: Toleration[] = []
  for (const [index, one] of all.entries()) {
    const isCovered =
      kept.some((other) => covers(other, one)) ||
      all.slice(index + 1).some((other) => !sameJson(other, one) && covers(other, one))
    if (!isCovered) kept.push(one)
  }
  return kept
}

function covers(wide: Toleration, narrow: Toleration): boolean {
  if (sameJson(wide, narrow)) return true
  const text = (value: string | undefined) => value ?? ''
  if (text(wide.key) !== text(narrow.key) && (text(wide.key) !== '' || wide.operator !== 'Exists')) return false
  if (text(wide.effect) !== text(narrow.effect) && text(wide.effect) !== '') return false
  if (wide.effect === 'NoExecute' && wide.tolerationSeconds !== undefined) {
    if (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds) return false
  }
  if (wide.operator === 'Exists') return true
  // Kubernetes: a narrower one that names no operator is not taken for Equal.
  const isEqual = wide.operator === undefined || wide.operator === 'Equal'
  return isEqual && narrow.operator === 'Equal' && text(wide.value) === text(narrow.value)
}
