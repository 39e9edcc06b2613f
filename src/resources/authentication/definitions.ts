import { defineResource } from '../define.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { SelfSubjectReview, TokenReview } from '../generated/types.ts'

export const selfSubjectReviews = defineResource<SelfSubjectReview>('selfsubjectreviews.v1.authentication.k8s.io')
export const tokenReviews = defineResource<TokenReview>('tokenreviews.v1.authentication.k8s.io')

/** Every resource of this group, in the order discovery would list them. */
export const authenticationResources: readonly ResourceDefinition<any>[] = [selfSubjectReviews, tokenReviews]
