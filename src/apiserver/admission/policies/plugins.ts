import type { AdmissionPlugin } from '../admission.ts'
import { isExempt } from '../matching/matching.ts'
import type { PolicyParts } from './parts.ts'

/** ValidatingAdmissionPolicy. What evaluates policies is loaded when there first is one. */
export function validatingAdmissionPolicy(parts: PolicyParts): AdmissionPlugin {
  let loaded: Promise<typeof import('./validate.ts')> | undefined
  return {
    name: 'ValidatingAdmissionPolicy',
    async validate(attributes) {
      if (parts.validating.all.length === 0 || isExempt(attributes)) return
      loaded ??= import('./validate.ts')
      await (await loaded).validate(attributes, parts)
    },
  }
}

/** MutatingAdmissionPolicy. What evaluates policies is loaded when there first is one. */
export function mutatingAdmissionPolicy(parts: PolicyParts): AdmissionPlugin {
  let loaded: Promise<typeof import('./mutate.ts')> | undefined
  return {
    name: 'MutatingAdmissionPolicy',
    async admit(attributes) {
      if (parts.mutating.all.length === 0 || isExempt(attributes) || attributes.operation === 'DELETE') return
      loaded ??= import('./mutate.ts')
      await (await loaded).mutate(attributes, parts)
    },
  }
}
