import { invalid } from '../../../machinery/index.ts'
import type { FeatureGates, ResourceDefinition } from '../../../resources/index.ts'
import { reservedSuffix } from './read.ts'

const kinds: ReadonlySet<string> = new Set([
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
])
const why = `names ending with ${JSON.stringify(reservedSuffix)} are reserved for static manifest-based configurations and cannot be managed via the API`

/** The definition, with no new objects of names that are left to files. While files are not read, and of changes, it only warns. */
export function withReservedNames(definition: ResourceDefinition<any>, gates: FeatureGates): ResourceDefinition<any> {
  if (definition.group !== 'admissionregistration.k8s.io' || !kinds.has(definition.kind)) return definition
  const isRead = gates.enabled('ManifestBasedAdmissionControlConfig')
  const isReserved = (name: string | undefined) => name?.endsWith(reservedSuffix) === true
  return {
    ...definition,
    validate(object) {
      const { name } = object.metadata
      const errors = definition.validate(object)
      return isRead && isReserved(name) ? [...errors, invalid('metadata.name', name, why)] : errors
    },
    warnings(object, previous) {
      const warnings = definition.warnings(object, previous)
      const isSaid = isReserved(object.metadata.name) && !(isRead && previous === undefined)
      return isSaid ? [...warnings, `metadata.name: ${why}`] : warnings
    },
  }
}
