import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '../generated/types.ts'

export const localSubjectAccessReviews = defineResource<LocalSubjectAccessReview>(
  'localsubjectaccessreviews.v1.authorization.k8s.io',
)
export const selfSubjectAccessReviews = defineResource<SelfSubjectAccessReview>(
  'selfsubjectaccessreviews.v1.authorization.k8s.io',
)
export const selfSubjectRulesReviews = defineResource<SelfSubjectRulesReview>(
  'selfsubjectrulesreviews.v1.authorization.k8s.io',
)
export const subjectAccessReviews = defineResource<SubjectAccessReview>('subjectaccessreviews.v1.authorization.k8s.io')

/** Every resource of this group, in the order discovery would list them. */
export const authorizationResources: readonly ResourceDefinition<any>[] = [
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
]
