import type { KubeObject } from '../../../machinery/index.ts'
import { type AdmissionPlugin, type Attributes, whileNone } from '../admission.ts'
import { isExempt } from '../matching/matching.ts'
import type { PolicyParts } from './parts.ts'
import type { Bound, PolicyList } from './policy-list.ts'

/** Kubernetes: who asks who they are or what they may is answered, whatever policies say. */
const reviews: ReadonlySet<string> = new Set([
  'authentication.k8s.io/selfsubjectreviews',
  'authentication.k8s.io/tokenreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
])

/** Kubernetes: policies of the API are not asked about webhooks and policies, lest nobody could change them; those of files are. */
function policiesFor<P extends KubeObject, B extends KubeObject>(
  list: PolicyList<P, B>,
  attributes: Attributes,
): readonly Bound<P, B>[] {
  const { group, plural } = attributes.definition
  if (list.all.length === 0 || reviews.has(`${group}/${plural}`)) return []
  return isExempt(attributes) ? list.fixed : list.all
}

/** ValidatingAdmissionPolicy. What evaluates policies is loaded when there first is one. */
export function validatingAdmissionPolicy(parts: PolicyParts): AdmissionPlugin {
  let loaded: Promise<typeof import('./validate.ts')> | undefined
  return {
    name: 'ValidatingAdmissionPolicy',
    standsBy: () => whileNone(parts.validating),
    validate(attributes) {
      const policies = policiesFor(parts.validating, attributes)
      if (policies.length === 0) return
      loaded ??= import('./validate.ts')
      return loaded.then(({ validate }) => validate(attributes, policies, parts))
    },
  }
}

/** MutatingAdmissionPolicy. What evaluates policies is loaded when there first is one. */
export function mutatingAdmissionPolicy(parts: PolicyParts): AdmissionPlugin {
  let loaded: Promise<typeof import('./mutate.ts')> | undefined
  return {
    name: 'MutatingAdmissionPolicy',
    standsBy: () => whileNone(parts.mutating),
    admit(attributes) {
      const policies = attributes.operation === 'DELETE' ? [] : policiesFor(parts.mutating, attributes)
      if (policies.length === 0) return
      loaded ??= import('./mutate.ts')
      return loaded.then(({ mutate }) => mutate(attributes, policies, parts))
    },
  }
}
