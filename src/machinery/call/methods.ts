import type { ApiVerb, PatchType } from './call.ts'

/** The HTTP method that each verb goes by over the wire. */
export const httpMethods = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
} as const satisfies Readonly<Record<ApiVerb, string>>

/** The media type that each kind of patch goes by over the wire. */
export const patchMediaTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const satisfies Readonly<Record<PatchType, string>>
