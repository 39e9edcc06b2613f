import { type AdmissionPlugin, type Attributes, whileNone } from '../admission.ts'
import { isExempt } from '../matching/matching.ts'
import type { PolicyParts } from './parts.ts'

/** Kubernetes: who asks who they are or what they may is answered, whatever policies say. */
const reviews: ReadonlySet<string> = new Set([
  'authentication.k8s.io/selfsubjectreviews',
  'authentication.k8s.io/tokenreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
])

function concerns(attributes: Attributes): boolean {
  const { group, plural } = attributes.definition
  return !isExempt(attributes) && !reviews.has(`${group}/${plural}`)
}

/** ValidatingAdmissionPolicy. What evaluates policies is loaded when there first is one. */
export function validatingAdmissionPolicy(parts: PolicyParts): AdmissionPlugin {
  let loaded: Promise<typeof import('./validate.ts')> | undefined
  return {
    name: 'ValidatingAdmissionPolicy',
    standsBy: () => whileNone(parts.validating),
    validate(attributes) {
      if (parts.validating.all.length === 0 || !concerns(attributes)) return
      loaded ??= import('./validate.ts')
      return loaded.then(({ validate }) => validate(attributes, parts))
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
      if (parts.mutating.all.length === 0 || !concerns(attributes) || attributes.operation === 'DELETE') return
      loaded ??= import('./mutate.ts')
      return loaded.then(({ mutate }) => mutate(attributes, parts))
    },
  }
}
